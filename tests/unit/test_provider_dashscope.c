#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "dashscope", model)

#define NATIVE \
	.api = GT_API_DASHSCOPE_GENERATE, .provider = "dashscope", .target = "/api/v1/services/aigc/text-generation/generation"

static void test_dashscope_native_form_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ NATIVE,
		  .request =
			  "{'model':'qwen-max','input':{'messages':[]},'parameters':{'max_tokens':9,'temperature':0.5,'top_p':0.9,'top_k':3,'seed':7,'stop':['x'],"
			  "'response_format':{'type':'json_object'}}}",
		  .response =
			  "{'request_id':'r1','output':{'choices':[{'finish_reason':'stop','message':{}}]},'usage':{'input_tokens':3,'output_tokens':4,'total_tokens':7,"
			  "'prompt_tokens_details':{'cached_tokens':1}}}",
		  .want = "chat qwen-max\noperation.name=chat\nprovider.name=dashscope\nrequest.model=qwen-max\noutput.type=json\nrequest.seed=7\nrequest.top_k=3\n"
			  "request.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\nrequest.stop_sequences=[x]\nresponse.id=r1\nresponse.finish_reasons=[stop]\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\nusage.cache_read.input_tokens=1\n" OK },
		{ NATIVE, .request = "{'model':'qwen-max','input':{'prompt':'Hi'}}",
		  .response = "{'output':{'text':'x','finish_reason':'length'}}",
		  .want = SPAN("text_completion", "qwen-max") "response.finish_reasons=[length]\n" OK },
		{ NATIVE, .request = "{'model':'qwen-max','input':{'messages':[]}}", .status = 400,
		  .response = "{'code':'InvalidParameter','message':'no','request_id':'r'}",
		  .want = SPAN("chat",
			       "qwen-max") "error.type=InvalidParameter\nhttp.response.status_code=400\nerror \"no\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_dashscope_a_header_asks_for_the_stream_and_null_is_a_word_there(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ NATIVE, .request_fields = "X-DashScope-SSE: enable\r\n",
		  .request = "{'model':'qwen-max','input':{'messages':[]}}", .type = "text/event-stream",
		  .response =
			  "id:1\nevent:result\ndata:{'request_id':'r1','output':{'choices':[{'finish_reason':'null'}]},'usage':{'input_tokens':3,'output_tokens':1}}\n\n"
			  "id:2\nevent:result\ndata:{'request_id':'r1','output':{'choices':[{'finish_reason':'stop'}]},'usage':{'input_tokens':3,'output_tokens':4}}\n\n",
		  .want = SPAN(
			  "chat",
			  "qwen-max") "request.stream=true\nresponse.id=r1\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ .api = GT_API_DASHSCOPE_EMBED,
		  .provider = "dashscope",
		  .target = "/api/v1/services/embeddings/text-embedding/text-embedding",
		  .request = "{'model':'e','input':{'texts':['a']},'parameters':{'dimension':2}}",
		  .response = "{'output':{'embeddings':[{'embedding':[1,2]}]},'usage':{'total_tokens':5},'request_id':'r'}",
		  .want = SPAN("embeddings", "e") "embeddings.dimension.count=2\nresponse.id=r\nusage.input_tokens=5\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_dashscope_native_form_is_read),
		GT_TEST(test_dashscope_a_header_asks_for_the_stream_and_null_is_a_word_there),
	};

	return GT_TESTS(tests);
}
