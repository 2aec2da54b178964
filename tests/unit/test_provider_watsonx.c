#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "ibm.watsonx.ai", model)

#define GENERATE \
	.api = GT_API_WATSONX_GENERATE, .provider = "ibm.watsonx.ai", .target = "/ml/v1/text/generation?version=2024-02-15"

static void test_watsonx_generation_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ GENERATE,
		  .request =
			  "{'model_id':'ibm/granite','input':'Hi','project_id':'p','parameters':{'max_new_tokens':9,'temperature':0.5,'top_p':0.9,'top_k':3,"
			  "'random_seed':7,'stop_sequences':['x']}}",
		  .fields = "x-global-transaction-id: t1\r\n",
		  .response =
			  "{'model_id':'ibm/granite','results':[{'generated_text':'x','generated_token_count':2,'input_token_count':7,'stop_reason':'eos_token'}]}",
		  .want = SPAN(
			  "text_completion",
			  "ibm/granite") "request.seed=7\nrequest.top_k=3\nrequest.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\n"
					 "request.stop_sequences=[x]\nresponse.model=ibm/granite\nresponse.finish_reasons=[eos_token]\nusage.input_tokens=7\nusage.output_tokens=2\n" OK
					 "http.response.header.x-global-transaction-id=[t1]\n" },
		{ GENERATE, .request = "{'model_id':'m','input':'Hi'}", .status = 404,
		  .response = "{'errors':[{'code':'model_not_supported','message':'no'}],'trace':'t','status_code':404}",
		  .want = SPAN("text_completion",
			       "m") "error.type=model_not_supported\nhttp.response.status_code=404\nerror \"no\"\n" },
		{ .api = GT_API_WATSONX_GENERATE,
		  .provider = "ibm.watsonx.ai",
		  .target = "/ml/v1/deployments/dep-1/text/generation?version=1",
		  .request = "{'input':'Hi'}",
		  .response = "{}",
		  .want = SPAN("text_completion", "dep-1") OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_watsonx_stream_counts_are_cumulative_and_the_highest_counts(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_WATSONX_GENERATE,
		  .provider = "ibm.watsonx.ai",
		  .target = "/ml/v1/text/generation_stream?version=1",
		  .request = "{'model_id':'m','input':'Hi'}",
		  .type = "text/event-stream",
		  .response =
			  "id: 1\nevent: message\ndata: {'model_id':'m','results':[{'generated_token_count':0,'input_token_count':8,'stop_reason':'not_finished'}]}\n\n"
			  "id: 2\nevent: message\ndata: {'model_id':'m','results':[{'generated_token_count':3,'input_token_count':0,'stop_reason':'max_tokens'}]}\n\n",
		  .want = SPAN(
			  "text_completion",
			  "m") "request.stream=true\nresponse.model=m\nresponse.finish_reasons=[max_tokens]\nusage.input_tokens=8\nusage.output_tokens=3\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_watsonx_chat_and_embeddings_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "ibm.watsonx.ai",
		  .target = "/ml/v1/text/chat?version=1",
		  .request = "{'model_id':'m','messages':[]}",
		  .response =
			  "{'id':'c','model_id':'m','model':'m','choices':[{'index':0,'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}",
		  .want = SPAN(
			  "chat",
			  "m") "response.id=c\nresponse.model=m\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ .api = GT_API_WATSONX_EMBED,
		  .provider = "ibm.watsonx.ai",
		  .target = "/ml/v1/text/embeddings?version=1",
		  .request = "{'model_id':'m','inputs':['a']}",
		  .response = "{'model_id':'m','results':[{'embedding':[1,2]}],'input_token_count':5}",
		  .want = SPAN("embeddings", "m") "embeddings.dimension.count=2\nresponse.model=m\nusage.input_tokens=5\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_watsonx_generation_is_read),
		GT_TEST(test_watsonx_stream_counts_are_cumulative_and_the_highest_counts),
		GT_TEST(test_watsonx_chat_and_embeddings_are_read),
	};

	return GT_TESTS(tests);
}
