#include "support/span_lines.h"
#include "support/test.h"

#define LLAMA .api = GT_API_LLAMA_CPP, .provider = "llama.cpp", .target = "/completion"

static void test_llama_cpp_counts_stand_in_the_last_document(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ LLAMA, .candidate = true, .request = "{'prompt':'Hi','n_predict':9,'temperature':0.5,'top_k':3,'stop':['x']}",
		  .response =
			  "{'content':'x','model':'llama.gguf','stop':true,'stop_type':'eos','tokens_evaluated':3,'tokens_predicted':4,'timings':{}}",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=llama.cpp\nrequest.top_k=3\nrequest.max_tokens=9\nrequest.temperature=0.5\n"
			  "request.stop_sequences=[x]\nresponse.model=llama.gguf\nresponse.finish_reasons=[eos]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ LLAMA, .request = "{'prompt':'Hi','n_predict':-1,'stream':true}", .type = "text/event-stream",
		  .response =
			  "data: {'content':'x','stop':false,'tokens_predicted':1,'tokens_evaluated':3}\n\ndata: {'content':'','stop':true,'stop_type':'limit','tokens_predicted':4,'tokens_evaluated':3}\n\n",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=llama.cpp\nrequest.stream=true\nresponse.finish_reasons=[limit]\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ LLAMA, .candidate = true, .request = "{'prompt':'Are you sure?'}", .response = "{}", .want = "no span\n" },
		{ LLAMA, .candidate = true, .request = "{'n_predict':3}", .response = "{}", .want = "no span\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_aleph_alpha_is_read(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_ALEPH_ALPHA,
		  .provider = "aleph_alpha",
		  .target = "/complete",
		  .request = "{'model':'luminous-base','prompt':[],'maximum_tokens':9,'top_k':0,'n':2}",
		  .response =
			  "{'completions':[{'finish_reason':'maximum_tokens'},{'finish_reason':'end_of_text'}],'model_version':'2022-04','num_tokens_prompt_total':3,'num_tokens_generated':4}",
		  .want = "text_completion luminous-base\noperation.name=text_completion\nprovider.name=aleph_alpha\nrequest.model=luminous-base\nrequest.choice.count=2\n"
			  "request.top_k=0\nrequest.max_tokens=9\nresponse.model=2022-04\nresponse.finish_reasons=[maximum_tokens, end_of_text]\n"
			  "usage.input_tokens=3\nusage.output_tokens=4\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_llama_cpp_counts_stand_in_the_last_document),
		GT_TEST(test_aleph_alpha_is_read),
	};

	return GT_TESTS(tests);
}
