/*
 * gentap reports no cost where tokens times price would be wrong. In each table the first row has a cost; the others differ from
 * it in what forbids one. Bodies write ' for ".
 */
#include "support/exchange_case.h"
#include "support/test.h"

#include <math.h>

#include "exporter/cost/price_list.h"

#define USAGE	       "'usage':{'prompt_tokens':1000,'completion_tokens':100,'total_tokens':1100}"
#define ANSWER	       "{'model':'gpt','choices':[{'index':0,'finish_reason':'stop'}]," USAGE "}"
#define STREAM	       "data: " ANSWER "\n\ndata: [DONE]\n\n"
#define AT(api_, path) .api = GT_API_##api_, .target = path
#define CHAT	       AT(OPENAI_CHAT, "/v1/chat/completions"), .request = "{'model':'gpt','messages':[]}"
#define FORM                                                                              \
	.request_type = "multipart/form-data; boundary=b",                                \
	.request = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt\r\n" \
		   "--b--\r\n"
#define RUN(api_, path) AT(api_, path), .request = "{'model':'gpt','inputs':'x'}"

/* In millionths of a dollar: 1000 tokens at 1, 100 at 10. */
#define PRICED 2000.0
#define NONE   -1.0

struct row {
	const char *provider; /* openai */
	const char *host;     /* api.openai.com */
	enum gt_api api;
	const char *method, *target, *request, *request_type;
	int status;	    /* 200 */
	const char *type;   /* of the response; application/json */
	const char *fields; /* more fields of it */
	const char *response;
	size_t dropped; /* so many bytes of its end find no room in the hand-off */
	int64_t lasts_s;
	double micro;
};

static struct gt_price_lists lists;

static int read_lists(void **state)
{
	struct gt_prices_bad bad;

	(void)state;
	assert_int_equal(gt_prices_parse(&lists.ours,
					 GT_STR("openai,mistral_ai,azure.ai.openai gpt in=1 out=10\n"
						"openai hourly in=1 out=10 hours=15:00-15:07\n"
						"openai hourly in=2 out=20 hours=15:07-16:00\n"
						"openai ends in=1 out=10 hours=15:00-15:07\n"),
					 &bad),
			 0);
	assert_int_equal(bad.n, 0);
	return 0;
}

static int free_lists(void **state)
{
	(void)state;
	gt_prices_free(&lists.ours);
	return 0;
}

static void feed(struct gt_feed *f, const struct row *row)
{
	struct gt_begin b = gt_feed_plain_begin(row->api);
	char *request = gt_exchange_case_json(row->request ? row->request : ""),
	     *response = gt_exchange_case_json(row->response);
	size_t len = strlen(response), kept = len - row->dropped;
	char head[600];

	gt_feed_begin(f, 1, &b, row->host ? row->host : "api.openai.com", row->provider ? row->provider : "openai");
	snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		 row->method ? row->method : "POST", row->target, row->request_type ? row->request_type : "application/json",
		 strlen(request));
	gt_feed_text(f, 1, GT_EVENT_REQUEST, head);
	gt_feed_text(f, 1, GT_EVENT_REQUEST, request);
	f->now.ns += row->lasts_s * GT_NS_PER_S;
	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
		 row->status ? row->status : 200, row->type ? row->type : "application/json", row->fields ? row->fields : "",
		 len);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE, head);
	gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, response, kept, 16000);
	if (row->dropped)
		gt_feed_put(f, 1, GT_EVENT_GAP, &(struct gt_gap){ row->dropped }, sizeof(struct gt_gap));
	gt_feed_end(f, 1, GT_END_CLOSED, 0);
	free(request);
	free(response);
}

static double cost_of(const struct row *row)
{
	const struct gt_value *v;
	struct gt_span *s;
	struct gt_feed f;
	double micro;

	assert_true(gt_feed_init(&f, 1 << 20));
	f.run.prices = &lists;
	feed(&f, row);
	s = gt_feed_take(&f);
	assert_non_null(s);
	v = gt_span_get(s, GT_ATTR_USAGE_COST);
	micro = v ? v->d * 1e6 : NONE;
	gt_span_free(s);
	gt_feed_free(&f);
	return micro;
}

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double micro = cost_of(&rows[i]);

		if (fabs(micro - rows[i].micro) > 1e-6)
			fail_msg("row %zu (%s): %g, not %g", i, rows[i].target, micro, rows[i].micro);
	}
}

#define CHECK(rows) check(rows, GT_ROWS(rows))

static void test_cost_hosts_of_a_region_have_prices_that_the_list_does_not_know(void **state)
{
	static const struct row rows[] = {
		{ CHAT, .response = ANSWER, .host = "api.openai.com", .micro = PRICED },
		{ CHAT, .response = ANSWER, .host = "eu.api.openai.com", .micro = NONE },
		{ CHAT, .response = ANSWER, .host = "us.api.openai.com", .micro = NONE },
		{ CHAT, .response = ANSWER, .host = "ap-south-1.api.openai.com", .micro = NONE },
		{ CHAT, .response = STREAM, .type = "text/event-stream", .host = "eu.api.openai.com", .micro = NONE },
		{ RUN(OPENAI_RESPONSES, "/v1/responses"), .host = "eu.api.openai.com", .micro = NONE,
		  .response = "{'model':'gpt','status':'completed','usage':{'input_tokens':1000,'output_tokens':100}}" },
		/* the rule is for OpenAI's own hosts */
		{ CHAT, .response = ANSWER, .host = "eu.example.org", .micro = PRICED },
		{ CHAT, .response = ANSWER, .host = "notapi.openai.com", .micro = PRICED },
		{ CHAT, .response = ANSWER, .host = "eu.api.openai.com", .provider = "azure.ai.openai", .micro = PRICED },
	};

	(void)state;
	CHECK(rows);
}

static void test_cost_of_an_api_that_charges_for_more_than_tokens_is_not_known(void **state)
{
#define USED "'usage':{'input_tokens':1000,'output_tokens':100,'total_tokens':1100}"
	static const struct row rows[] = {
		{ CHAT, .response = ANSWER, .micro = PRICED },
		{ AT(OPENAI_ASSISTANTS, "/v1/threads/t/runs/r"), .method = "GET", .micro = NONE,
		  .response = "{'id':'r','object':'thread.run','model':'gpt','status':'completed'," USAGE "}" },
		{ RUN(MISTRAL_CONVERSATIONS, "/v1/conversations"), .provider = "mistral_ai", .micro = NONE,
		  .response =
			  "{'object':'conversation.response','outputs':[{'type':'message.output','model':'gpt'}]," USAGE "}" },
		{ AT(OPENAI_AUDIO, "/v1/audio/transcriptions"), FORM, .micro = NONE,
		  .response =
			  "{'text':'x','usage':{'type':'tokens','input_tokens':1000,'output_tokens':100,'total_tokens':1100}}" },
		{ AT(OPENAI_IMAGES, "/v1/images/generations"), .request = "{'model':'gpt','prompt':'x'}", .micro = NONE,
		  .response = "{'created':1,'data':[]," USED "}" },
	};

	(void)state;
	CHECK(rows);
}

/* The counts arrived, but not every byte before or after them. */
static void test_cost_of_a_damaged_answer_is_not_known(void **state)
{
#define LITELLM "x-litellm-response-cost: 0.002\r\n"
	static const struct row rows[] = {
		{ CHAT, .response = STREAM ": bye\n\n", .type = "text/event-stream", .micro = PRICED },
		{ CHAT, .response = STREAM ": bye\n\n", .type = "text/event-stream", .dropped = 3, .micro = NONE },
		{ CHAT, .response = STREAM, .type = "text/event-stream", .dropped = 14, .micro = NONE },
		/* a proxy reports the cost in the head */
		{ CHAT, .response = ANSWER, .fields = LITELLM, .micro = 2000 },
		{ CHAT, .response = ANSWER, .fields = LITELLM, .dropped = 1, .micro = NONE },
		{ CHAT, .response = "?", .fields = LITELLM "Content-Encoding: odd\r\n", .micro = NONE },
	};

	(void)state;
	CHECK(rows);
}

static void test_cost_of_a_refused_request_is_not_known(void **state)
{
	static const struct row rows[] = {
		{ CHAT, .response = ANSWER, .fields = LITELLM, .micro = 2000 },
		{ CHAT, .response = ANSWER, .fields = LITELLM, .status = 400, .micro = NONE },
		{ CHAT, .response = ANSWER, .fields = LITELLM, .status = 529, .micro = NONE },
	};

	(void)state;
	CHECK(rows);
}

/* Each exchange begins at 15:06:40. */
static void test_cost_of_a_call_that_outlasts_its_price_is_not_known(void **state)
{
#define ANSWER_OF(model) "{'model':'" model "','choices':[{'index':0,'finish_reason':'stop'}]," USAGE "}"
	static const struct row rows[] = {
		{ CHAT, .response = ANSWER_OF("hourly"), .lasts_s = 19, .micro = PRICED },
		{ CHAT, .response = ANSWER_OF("hourly"), .lasts_s = 20, .micro = NONE },
		{ CHAT, .response = ANSWER_OF("ends"), .lasts_s = 19, .micro = PRICED },
		{ CHAT, .response = ANSWER_OF("ends"), .lasts_s = 20, .micro = NONE },
		{ CHAT, .response = ANSWER_OF("gpt"), .lasts_s = 5000, .micro = PRICED },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_cost_hosts_of_a_region_have_prices_that_the_list_does_not_know),
		GT_TEST(test_cost_of_an_api_that_charges_for_more_than_tokens_is_not_known),
		GT_TEST(test_cost_of_a_damaged_answer_is_not_known),
		GT_TEST(test_cost_of_a_refused_request_is_not_known),
		GT_TEST(test_cost_of_a_call_that_outlasts_its_price_is_not_known),
	};

	return cmocka_run_group_tests(tests, read_lists, free_lists);
}
