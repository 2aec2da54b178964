#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "cloudflare", model)

#define RUN .api = GT_API_CLOUDFLARE_RUN, .provider = "cloudflare", .target = "/client/v4/accounts/a/ai/run/@cf/meta/llama-3"

static void test_cloudflare_a_model_is_recognised_by_the_path_and_what_it_does_by_the_body(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ RUN, .request = "{'messages':[],'max_tokens':9,'temperature':0.5}",
		  .response =
			  "{'result':{'response':'x','usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}},'success':true,'errors':[]}",
		  .want = SPAN(
			  "chat",
			  "@cf/meta/llama-3") "request.max_tokens=9\nrequest.temperature=0.5\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ RUN, .request = "{'prompt':'Hi','stream':true}", .type = "text/event-stream",
		  .response =
			  "data: {'response':'x'}\n\ndata: {'response':'','usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}\n\ndata: [DONE]\n\n",
		  .want = SPAN("text_completion",
			       "@cf/meta/llama-3") "request.stream=true\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ RUN, .request = "{'text':['a']}", .response = "{'result':{'shape':[1,2],'data':[[1,2]]},'success':true}",
		  .want = SPAN("embeddings", "@cf/meta/llama-3") "embeddings.dimension.count=2\n" OK },
		{ RUN, .request = "{'image':[1,2]}", .response = "{}", .want = SPAN("run_model", "@cf/meta/llama-3") OK },
		{ RUN, .request = "{'prompt':'Hi'}", .status = 400,
		  .response = "{'errors':[{'message':'bad input','code':8001}],'success':false}",
		  .want = SPAN("text_completion",
			       "@cf/meta/llama-3") "error.type=400\nhttp.response.status_code=400\nerror \"bad input\"\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_cloudflare_a_model_is_recognised_by_the_path_and_what_it_does_by_the_body),
	};

	return GT_TESTS(tests);
}
