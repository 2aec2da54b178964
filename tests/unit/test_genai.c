/*
 * What all providers share outside of their bodies: ids, retries, deployments in the path, the reason for missing
 * usage, and the finish reason "error" of the newest conventions.
 */
#include "support/span_lines.h"
#include "support/test.h"

#define CHAT  .api = GT_API_OPENAI_CHAT, .provider = "openai", .target = "/v1/chat/completions"
#define AZURE .api = GT_API_OPENAI_CHAT, .provider = "azure.ai.openai"
#define ASK   .request = "{'model':'m','messages':[]}"
#define NAME  SPAN_OF("chat", "openai", "m")
#define API   "openai.api.type=chat_completions\n"

static void test_genai_ids_of_the_providers_records_and_retries_are_kept(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ CHAT, ASK, .request_fields = "x-stainless-retry-count: 2\r\n", .status = 429,
		  .fields =
			  "X-Request-Id: req_1\r\nopenai-processing-ms: 17\r\nRetry-After: 20\r\nretry-after-ms: 19500\r\nopenai-organization: secret\r\n"
			  "Set-Cookie: secret\r\n",
		  .response = "{'error':{'message':'slow','code':'rate_limit_exceeded'}}",
		  .want = NAME API
		  "error.type=rate_limit_exceeded\nhttp.response.status_code=429\nhttp.request.resend_count=2\n"
		  "http.response.header.x-request-id=[req_1]\nhttp.response.header.openai-processing-ms=[17]\n"
		  "http.response.header.retry-after=[20]\nhttp.response.header.retry-after-ms=[19500]\nerror \"slow\"\n" },
		/* the first attempt is not a retry */
		{ CHAT, ASK, .request_fields = "x-stainless-retry-count: 0\r\n", .response = "{}", .want = NAME API OK },
		{ CHAT, ASK, .request_fields = "x-stainless-retry-count: many\r\n", .response = "{}", .want = NAME API OK },
	};

	(void)state;
	CHECK(cases);
}

static void test_genai_a_deployment_stands_for_a_model_that_is_not_named(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ AZURE, .target = "/openai/deployments/my%20gpt/chat/completions?api-version=1", .request = "{'messages':[]}",
		  .response = "{'model':'gpt-4o-1'}",
		  .want = "chat my gpt\noperation.name=chat\nprovider.name=azure.ai.openai\nrequest.model=my gpt\nresponse.model=gpt-4o-1\n" API
			  "azure.resource_provider.namespace=Microsoft.CognitiveServices\n" OK },
		{ AZURE, .target = "/openai/deployments/d/chat/completions", .request = "{'model':'gpt-4o','messages':[]}",
		  .response = "{}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=azure.ai.openai\nrequest.model=gpt-4o\n" API
			  "azure.resource_provider.namespace=Microsoft.CognitiveServices\n" OK },
	};

	(void)state;
	CHECK(cases);
}

#define SAID "data: {'id':'c','choices':[{'index':0,'finish_reason':'stop'}]}\n\ndata: [DONE]\n\n"
#define STREAMED(request_, response_, want_) \
	{ CHAT, .request = request_, .type = "text/event-stream", .response = response_, .want = want_ }

static void test_genai_a_stream_without_usage_says_why(void **state)
{
	static const struct gt_exchange_case cases[] = {
		STREAMED("{'model':'m','messages':[],'stream':true}", SAID,
			 NAME "request.stream=true\nresponse.id=c\nresponse.finish_reasons=[stop]\n" API OK
			      "gentap.usage_absent=not_requested\n"),
		STREAMED("{'model':'m','messages':[],'stream':true,'stream_options':{'include_usage':false}}", SAID,
			 NAME "request.stream=true\nresponse.id=c\nresponse.finish_reasons=[stop]\n" API OK
			      "gentap.usage_absent=not_requested\n"),
		STREAMED("{'model':'m','messages':[],'stream':true,'stream_options':{'include_usage':true}}", SAID,
			 NAME "request.stream=true\nresponse.id=c\nresponse.finish_reasons=[stop]\n" API OK
			      "gentap.usage_absent=not_sent\n"),
		/* sent although not requested */
		STREAMED(
			"{'model':'m','messages':[],'stream':true}",
			"data: {'id':'c','choices':[],'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}\n\n" SAID,
			NAME
			"request.stream=true\nresponse.id=c\nresponse.finish_reasons=[stop]\nusage.input_tokens=1\nusage.output_tokens=2\n" API
				OK),
	};

	(void)state;
	CHECK(cases);
}

struct found {
	const char *name, *value;
	int n;
};

static void find(void *ctx, const char *name, const struct gt_value *value)
{
	struct found *f = ctx;

	if (strcmp(name, f->name))
		return;
	f->n++;
	assert_int_equal(value->type, GT_VALUE_STRS);
	assert_int_equal(value->strs.n, 1);
	assert_str(value->strs.items[0], f->value);
}

static void check_reason(const struct gt_exchange_case *c, enum gt_generation generation, const char *value)
{
	const struct gt_naming naming = { generation, 0 };
	struct found f = { .name = "gen_ai.response.finish_reasons", .value = value };
	struct gt_span *s = gt_exchange_case_span(c);

	gt_span_each(s, &naming, find, &f);
	assert_int_equal(f.n, value ? 1 : 0);
	gt_span_free(s);
}

static void test_genai_the_newest_conventions_put_error_where_no_reason_came(void **state)
{
	static const struct gt_exchange_case refused = { CHAT, ASK, .status = 429, .response = "{}" };
	static const struct gt_exchange_case said = { CHAT, ASK,
						      .response = "{'choices':[{'index':0,'finish_reason':'stop'}]}" };
	static const struct gt_exchange_case embedding = {
		.api = GT_API_OPENAI_EMBEDDINGS, .provider = "openai", .status = 429, ASK, .response = "{}"
	};

	(void)state;
	check_reason(&refused, GT_N2, NULL);
	check_reason(&refused, GT_N3, "error");
	check_reason(&said, GT_N2, "stop");
	check_reason(&said, GT_N3, "stop");
	check_reason(&embedding, GT_N3, NULL); /* this operation has no finish reason */
}

static void test_genai_compaction_is_reported_when_it_happened(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_RESPONSES,
		  .provider = "openai",
		  .request = "{'model':'m','input':'x'}",
		  .response = "{'output':[{'type':'compaction'}]}",
		  .want = "chat m\noperation.name=chat\nprovider.name=openai\nrequest.model=m\nconversation.compacted=true\nopenai.api.type=responses\n" OK },
		{ .api = GT_API_ANTHROPIC_MESSAGES,
		  .provider = "anthropic",
		  .request = "{'model':'m','messages':[]}",
		  .response = "{'content':[{'type':'compaction','content':'x'}]}",
		  .want = "chat m\noperation.name=chat\nprovider.name=anthropic\nrequest.model=m\nconversation.compacted=true\n" OK },
	};

	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_genai_ids_of_the_providers_records_and_retries_are_kept),
		GT_TEST(test_genai_a_deployment_stands_for_a_model_that_is_not_named),
		GT_TEST(test_genai_a_stream_without_usage_says_why),
		GT_TEST(test_genai_the_newest_conventions_put_error_where_no_reason_came),
		GT_TEST(test_genai_compaction_is_reported_when_it_happened),
	};

	return GT_TESTS(tests);
}
