#include "support/span_lines.h"
#include "support/test.h"

#define PLACE		"/v1/projects/p/locations/l/publishers/"
#define RAW(path)	.api = GT_API_VERTEX_RAW, .provider = "gcp.vertex_ai", .target = PLACE path
#define PREDICT(m)	.api = GT_API_VERTEX_PREDICT, .provider = "gcp.vertex_ai", .target = PLACE "google/models/" m ":predict"
#define SPAN(op, model) SPAN_OF(op, "gcp.vertex_ai", model)

static void test_vertex_raw_predict_carries_the_publishers_format(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ RAW("anthropic/models/claude-sonnet-4-5@20250929:rawPredict"),
		  .request = "{'anthropic_version':'vertex-2023-10-16','max_tokens':64,'messages':[]}",
		  .response =
			  "{'id':'msg_vrtx_1','model':'claude-sonnet-4-5-20250929','stop_reason':'end_turn','usage':{'input_tokens':3,'cache_creation_input_tokens':4,'output_tokens':2}}",
		  .want = SPAN(
			  "chat",
			  "claude-sonnet-4-5@20250929") "request.max_tokens=64\nresponse.id=msg_vrtx_1\nresponse.model=claude-sonnet-4-5-20250929\n"
							"response.finish_reasons=[end_turn]\nusage.input_tokens=7\nusage.output_tokens=2\nusage.cache_creation.input_tokens=4\n" OK },
		{ RAW("anthropic/models/claude@1:streamRawPredict"),
		  .request = "{'anthropic_version':'vertex-2023-10-16','max_tokens':64,'messages':[]}",
		  .type = "text/event-stream",
		  .response =
			  "event: message_start\ndata: {'type':'message_start','message':{'id':'m','usage':{'input_tokens':3,'output_tokens':1}}}\n\n"
			  "event: message_delta\ndata: {'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':9}}\n\n"
			  "event: message_stop\ndata: {'type':'message_stop'}\n\n",
		  .want = SPAN(
			  "chat",
			  "claude@1") "request.stream=true\nrequest.max_tokens=64\nresponse.id=m\nresponse.finish_reasons=[end_turn]\n"
				      "usage.input_tokens=3\nusage.output_tokens=9\n" OK },
		{ RAW("mistralai/models/mistral-large:rawPredict"),
		  .request = "{'model':'mistral-large','messages':[],'random_seed':3}",
		  .response =
			  "{'id':'c','choices':[{'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}",
		  .want = SPAN(
			  "chat",
			  "mistral-large") "request.seed=3\nresponse.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		/* a method in the place of a model; its count is not usage */
		{ RAW("anthropic/models/count-tokens:rawPredict"), .request = "{'model':'claude','messages':[]}",
		  .response = "{'input_tokens':14}", .want = SPAN("count_tokens", "claude") OK },
		{ RAW("anthropic/models/claude:rawPredict"), .request = "{}", .status = 404,
		  .response = "[{'error':{'code':404,'message':'no such model','status':'NOT_FOUND'}}]",
		  .want = SPAN("chat",
			       "claude") "error.type=NOT_FOUND\nhttp.response.status_code=404\nerror \"no such model\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_vertex_predict_is_recognised_by_its_instances(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ PREDICT("text-embedding-005"),
		  .request = "{'instances':[{'content':'a'},{'content':'b'}],'parameters':{'outputDimensionality':256}}",
		  .response =
			  "{'predictions':[{'embeddings':{'values':[1,2],'statistics':{'token_count':3.0}}},{'embeddings':{'values':[1,2],'statistics':{'token_count':4}}}]}",
		  .want = SPAN("embeddings",
			       "text-embedding-005") "embeddings.dimension.count=256\nusage.input_tokens=7\n" OK },
		{ PREDICT("imagen-4"), .request = "{'instances':[{'prompt':'a bus'}],'parameters':{'sampleCount':2}}",
		  .response = "{'predictions':[]}",
		  .want = "image_generation imagen-4\noperation.name=image_generation\nprovider.name=gcp.vertex_ai\nrequest.model=imagen-4\noutput.type=image\n"
			  "request.choice.count=2\n" OK },
		{ PREDICT("m"), .request = "{'instances':[[1,2]]}", .response = "{'predictions':[1]}",
		  .want = SPAN("predict", "m") OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_google_counting(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_GEMINI_COUNT,
		  .provider = "gcp.gemini",
		  .target = "/v1beta/models/g:countTokens",
		  .request = "{'contents':[]}",
		  .response = "{'totalTokens':8}",
		  .want = "count_tokens g\noperation.name=count_tokens\nprovider.name=gcp.gemini\nrequest.model=g\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_vertex_raw_predict_carries_the_publishers_format),
		GT_TEST(test_vertex_predict_is_recognised_by_its_instances),
		GT_TEST(test_google_counting),
	};

	return GT_TESTS(tests);
}
