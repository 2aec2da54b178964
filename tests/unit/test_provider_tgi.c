#include "support/span_lines.h"
#include "support/test.h"

#define SPAN(op, model) SPAN_OF(op, "huggingface", model)

#define TGI	  .api = GT_API_TGI_GENERATE, .provider = "huggingface", .target = "/models/org/name"
#define SAGEMAKER .api = GT_API_SAGEMAKER, .provider = "aws.sagemaker", .target = "/endpoints/my-endpoint/invocations"
#define AWS(op)	  op " my-endpoint\noperation.name=" op "\nprovider.name=aws.sagemaker\nrequest.model=my-endpoint\n"

static void test_tgi_a_reply_is_an_object_or_a_list_of_one(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ TGI,
		  .request =
			  "{'inputs':'Hi','parameters':{'max_new_tokens':9,'temperature':0.5,'top_p':0.9,'top_k':3,'seed':7,'stop':['x']}}",
		  .fields = "x-prompt-tokens: 16\r\nx-generated-tokens: 75\r\n",
		  .response =
			  "[{'generated_text':'x','details':{'finish_reason':'eos_token','generated_tokens':75,'seed':10337522019019826656}}]",
		  .want = SPAN(
			  "text_completion",
			  "org/name") "request.seed=7\nrequest.top_k=3\nrequest.max_tokens=9\nrequest.temperature=0.5\nrequest.top_p=0.9\n"
				      "request.stop_sequences=[x]\nresponse.finish_reasons=[eos_token]\nusage.input_tokens=16\nusage.output_tokens=75\n" OK },
		{ TGI, .request = "{'inputs':'Hi'}", .response = "{'generated_text':'x'}",
		  .want = SPAN("text_completion", "org/name") OK },
		{ TGI, .request = "{'inputs':'Hi'}", .status = 404, .type = "text/plain", .response = "Not Found",
		  .want = SPAN("text_completion", "org/name") "error.type=404\nhttp.response.status_code=404\nerror \"\"\n" },
		{ TGI, .request = "{'inputs':'Hi'}", .status = 422,
		  .response = "{'error':'too long','error_type':'validation'}",
		  .want = SPAN("text_completion",
			       "org/name") "error.type=validation\nhttp.response.status_code=422\nerror \"too long\"\n" },
	};

	(void)state;
	CHECK(cases);
}

static void test_tgi_a_stream_ends_with_the_whole_text(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_TGI_GENERATE,
		  .provider = "huggingface",
		  .target = "/generate_stream",
		  .request = "{'inputs':'Hi'}",
		  .type = "text/event-stream",
		  .response =
			  "data:{'index':1,'token':{'id':1,'text':'x'},'generated_text':null,'details':null}\n\n"
			  "data:{'index':2,'token':{'id':2,'text':'y'},'generated_text':'xy','details':{'finish_reason':'length','generated_tokens':2,'input_length':3}}\n\n",
		  .want = "text_completion\noperation.name=text_completion\nprovider.name=huggingface\nrequest.stream=true\nresponse.finish_reasons=[length]\n"
			  "usage.input_tokens=3\nusage.output_tokens=2\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_tgi_what_its_hosts_do_beside_is_distinguished_by_the_body(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ TGI, .candidate = true, .request = "{'inputs':'Hi'}", .response = "{}",
		  .want = SPAN("text_completion", "org/name") OK },
		{ TGI, .candidate = true, .request = "{'inputs':'Hi','parameters':{'candidate_labels':['a','b']}}",
		  .response = "{}", .want = "no span\n" },
		{ TGI, .candidate = true, .request = "{'inputs':{'image':'x'}}", .response = "{}", .want = "no span\n" },
		{ TGI, .candidate = true, .request = "{'report':7}", .response = "{}", .want = "no span\n" },
		{ .api = GT_API_TGI_EMBED,
		  .provider = "huggingface",
		  .target = "/hf-inference/models/org/name/pipeline/feature-extraction",
		  .request = "{'inputs':['a']}",
		  .response = "[[1,2,3]]",
		  .want = SPAN("embeddings", "org/name") "embeddings.dimension.count=3\n" OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_sagemaker_endpoints_are_what_they_are_given(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ SAGEMAKER, .candidate = true, .request = "{'inputs':'Hi','parameters':{'max_new_tokens':9}}",
		  .response = "[{'generated_text':'x'}]", .want = AWS("text_completion") "request.max_tokens=9\n" OK },
		{ SAGEMAKER, .candidate = true, .request = "{'messages':[],'max_tokens':9}",
		  .response =
			  "{'id':'c','choices':[{'finish_reason':'stop'}],'usage':{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7}}",
		  .want = AWS(
			  "chat") "request.max_tokens=9\nresponse.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=3\nusage.output_tokens=4\n" OK },
		{ SAGEMAKER, .candidate = true, .request = "{'instances':[[1,2]]}", .response = "{}", .want = "no span\n" },
		{ SAGEMAKER, .candidate = true, .request = "{'inputs':'Hi'}", .status = 424,
		  .fields = "x-amzn-errortype: ModelError\r\n", .response = "{'Message':'it died'}",
		  .want = AWS("text_completion") "error.type=ModelError\nhttp.response.status_code=424\nerror \"it died\"\n" },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_tgi_a_reply_is_an_object_or_a_list_of_one),
		GT_TEST(test_tgi_a_stream_ends_with_the_whole_text),
		GT_TEST(test_tgi_what_its_hosts_do_beside_is_distinguished_by_the_body),
		GT_TEST(test_sagemaker_endpoints_are_what_they_are_given),
	};

	return GT_TESTS(tests);
}
