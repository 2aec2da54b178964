/*
 * Requests that looked like calls until their bodies came. The header that they carry names a span, so there is one: of an
 * HTTP client, without anything of the GenAI conventions.
 */
#include "support/exchange_case.h"
#include "support/test.h"

#include "exporter/metrics/instrument.h"

#define CANDIDATE(path) .api = GT_API_OPENAI_RESPONSES, .provider = "openai", .candidate = true, .target = path
#define SURVEY		CANDIDATE("/surveys/12/responses?key=s3cret#x"), .request = "{'answers':[1,2]}"
#define PLAIN(path)	"POST\nhttp.request.method=POST\nurl.full=https://llm.example" path "\n"

static void test_plain_a_request_with_a_header_has_a_span(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ SURVEY, .injected = true, .response = "{'id':1}",
		  .want = "POST\nhttp.request.method=POST\nurl.full=https://llm.example/surveys/12/responses\n"
			  "http.response.status_code=200\n" },
		{ SURVEY, .response = "{'id':1}", .want = "no span\n" },
		{ SURVEY, .injected = true, .status = 404, .response = "{}",
		  .want = "POST\nerror.type=404\nhttp.request.method=POST\nurl.full=https://llm.example/surveys/12/responses\n"
			  "http.response.status_code=404\nerror \"\"\n" },
		{ SURVEY, .injected = true, .response = "{'id'", .end = GT_CASE_RESET, .code = 104,
		  .want = "POST\nerror.type=connection_reset\nhttp.request.method=POST\nurl.full=https://llm.example/surveys/12/responses\n"
			  "http.response.status_code=200\nerror \"\"\n" },
		{ SURVEY, .injected = true, .end = GT_CASE_CURL, .code = 28,
		  .want = "POST\nerror.type=timeout\nhttp.request.method=POST\nurl.full=https://llm.example/surveys/12/responses\nerror \"\"\n" },
		/* a stream, and bodies that gentap cannot read, do not matter */
		{ SURVEY, .injected = true, .type = "text/event-stream", .response = "data: {'usage':{'input_tokens':3}}\n\n",
		  .want = "POST\nhttp.request.method=POST\nurl.full=https://llm.example/surveys/12/responses\n"
			  "http.response.status_code=200\n" },
		/* segments that look like keys */
		{ CANDIDATE("/hooks/8f14e45fceea167a5a36dedd4bea2543/responses"), .injected = true, .request = "{}",
		  .response = "", .want = PLAIN("/hooks/***/responses") "http.response.status_code=200\n" },
		{ .api = GT_API_MCP,
		  .candidate = true,
		  .injected = true,
		  .target = "/rpc",
		  .response = "{}",
		  .request = "{'jsonrpc':'2.0','id':1,'method':'eth_call'}",
		  .want = PLAIN("/rpc") "http.response.status_code=200\n" },
	};

	(void)state;
	gt_exchange_case_check_all(cases, GT_ROWS(cases));
}

static void test_plain_it_is_measured_as_nothing(void **state)
{
	static const struct gt_exchange_case c = { SURVEY, .injected = true, .response = "{'id':1}" };
	struct gt_span *s = gt_exchange_case_span(&c);

	(void)state;
	assert_non_null(s);
	assert_int_equal(gt_measured_as(s), 0);
	gt_span_free(s);
}

static void test_plain_not_for_what_is_not_sampled_nor_received(void **state)
{
	static const char head[] = "POST /v1/responses HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct gt_begin b = gt_feed_plain_begin(GT_API_OPENAI_RESPONSES);
		struct gt_span *s;
		struct gt_feed f;

		assert_true(gt_feed_init(&f, 1 << 16));
		f.run.is_measured = true;
		b.is_certain = false;
		if (i == 1)
			b.context.flags = 0;
		if (i == 2) {
			b.is_inbound = true;
			b.is_injected = false;
		}
		gt_feed_begin(&f, 1, &b, "h", "openai");
		gt_feed_text(&f, 1, GT_EVENT_REQUEST, head);
		gt_feed_text(&f, 1, GT_EVENT_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		gt_feed_end(&f, 1, GT_END_CLOSED, 0);
		s = gt_feed_take(&f);
		assert_int_equal(s != NULL, i == 0);
		gt_span_free(s);
		gt_feed_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_plain_a_request_with_a_header_has_a_span),
		GT_TEST(test_plain_it_is_measured_as_nothing),
		GT_TEST(test_plain_not_for_what_is_not_sampled_nor_received),
	};

	return GT_TESTS(tests);
}
