#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "replicate", model)

static void test_replicate_predictions_are_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_REPLICATE,
		  .provider = "replicate",
		  .target = "/v1/models/meta/llama-3/predictions",
		  .request = "{'input':{'prompt':'Hi','max_tokens':9,'temperature':0.5}}",
		  .status = 201,
		  .response =
			  "{'id':'p1','model':'meta/llama-3','version':'v','status':'succeeded','metrics':{'predict_time':1,'input_token_count':3,'output_token_count':4}}",
		  .want = SPAN(
			  "text_completion",
			  "meta/llama-3") "request.max_tokens=9\nrequest.temperature=0.5\nresponse.id=p1\nresponse.model=meta/llama-3\n"
					  "usage.input_tokens=3\nusage.output_tokens=4\nhttp.response.status_code=201\n" },
		{ .api = GT_API_REPLICATE,
		  .provider = "replicate",
		  .target = "/v1/predictions",
		  .request = "{'version':'abc','input':{}}",
		  .status = 201,
		  .response = "{'id':'p1','status':'failed','error':'out of memory'}",
		  .want = SPAN(
			  "text_completion",
			  "abc") "response.id=p1\nerror.type=failed\nhttp.response.status_code=201\nerror \"out of memory\"\n" },
		/* fetching a failed prediction succeeds */
		{ .api = GT_API_REPLICATE,
		  .provider = "replicate",
		  .target = "/v1/predictions/p1",
		  .method = "GET",
		  .response = "{'id':'p1','status':'failed','error':'x'}",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=replicate\nresponse.id=p1\n" OK },
		{ .api = GT_API_REPLICATE,
		  .provider = "replicate",
		  .target = "/v1/predictions",
		  .request = "{'version':'abc'}",
		  .status = 422,
		  .response = "{'detail':'no input','status':422}",
		  .want = SPAN("text_completion",
			       "abc") "error.type=422\nhttp.response.status_code=422\nerror \"no input\"\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_replicate_predictions_are_read),
	};

	return GT_TESTS(tests);
}
