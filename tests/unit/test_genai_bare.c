/* Calls to unknown hosts of which no bytes were copied, because memory was short. The header that they carry names a span,
 * so there is one. It claims what an earlier call to the same peer showed. */
#include "support/feed.h"
#include "support/test.h"

#include "exporter/metrics/instrument.h"
#include "exporter/span/peer_memory.h"
#include "exporter/span/span.h"

#define OK(body_len) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " #body_len "\r\n\r\n"
#define CHAT	     "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 27\r\n\r\n{\"model\":\"m\",\"messages\":[]}"
#define USAGE	     "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}"

static struct gt_begin begin_of(enum gt_api api)
{
	struct gt_begin b = gt_feed_plain_begin(api);

	b.is_certain = false;
	return b;
}

static void start(struct gt_feed *f)
{
	assert_true(gt_feed_init(f, 1 << 20));
	f->run.peers = gt_peer_memory_new();
	assert_non_null(f->run.peers);
}

static void stop(struct gt_feed *f)
{
	gt_peer_memory_free(f->run.peers);
	gt_feed_free(f);
}

static void whole_call(struct gt_feed *f, const char *host)
{
	struct gt_begin b = begin_of(GT_API_OPENAI_CHAT);
	struct gt_span *s;

	gt_feed_begin(f, 1, &b, host, "openai");
	gt_feed_text(f, 1, GT_EVENT_REQUEST, CHAT);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE, OK(51) USAGE);
	s = gt_feed_take(f);
	assert_non_null(s);
	gt_span_free(s);
}

/* The span of a bare call. `answer`: NULL: its bytes are dropped as well. */
static struct gt_span *bare_call(struct gt_feed *f, struct gt_begin b, const char *host, const char *answer)
{
	struct gt_begin next = b;
	struct gt_span *s;

	b.is_bare = true;
	gt_feed_begin(f, 1, &b, host, "openai");
	if (answer)
		gt_feed_text(f, 1, GT_EVENT_RESPONSE, answer);
	else {
		next.is_bare = next.is_after_gap = true;
		gt_feed_begin(f, 1, &next, host, "openai");
	}
	s = gt_feed_take(f);
	gt_feed_end(f, 1, GT_END_NEVER, 0);
	return s;
}

static void test_bare_a_peer_that_showed_the_api_has_spans_of_it(void **state)
{
	struct gt_feed f;
	struct gt_span *s;

	(void)state;
	start(&f);
	whole_call(&f, "h");
	s = bare_call(&f, begin_of(GT_API_OPENAI_CHAT), "h", NULL);
	assert_non_null(s);
	assert_str(s->name, "chat");
	assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), "dropped");
	assert_int_not_equal(gt_measured_as(s), 0);
	gt_span_free(s);
	/* the answer is read when it was copied */
	s = bare_call(&f, begin_of(GT_API_OPENAI_CHAT), "h", OK(51) USAGE);
	assert_non_null(s);
	assert_int_equal(gt_span_get(s, GT_ATTR_USAGE_OUTPUT_TOKENS)->i, 5);
	assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), "dropped");
	gt_span_free(s);
	stop(&f);
}

static void test_bare_the_answer_of_a_model_shows_the_api(void **state)
{
	struct gt_feed f;
	struct gt_span *s;

	(void)state;
	start(&f);
	gt_span_free(bare_call(&f, begin_of(GT_API_OPENAI_CHAT), "h", OK(51) USAGE));
	s = bare_call(&f, begin_of(GT_API_OPENAI_CHAT), "h", NULL);
	assert_non_null(s);
	assert_str(s->name, "chat");
	gt_span_free(s);
	stop(&f);
}

static void test_bare_other_peers_and_apis_have_spans_of_an_http_client(void **state)
{
	struct gt_begin other_port = begin_of(GT_API_OPENAI_CHAT);
	const struct {
		struct gt_begin b;
		const char *host, *answer;
	} rows[] = {
		{ begin_of(GT_API_OPENAI_CHAT), "g", NULL },
		{ begin_of(GT_API_OPENAI_RESPONSES), "h", NULL },
		{ begin_of(GT_API_MCP), "h", NULL },
		{ other_port, "h", NULL },
		{ begin_of(GT_API_OPENAI_CHAT), "h", OK(2) "{}" }, /* whole, and not the answer of a model */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_begin b = rows[i].b;
		struct gt_feed f;
		struct gt_span *s;

		if (i == 3)
			b.port = 8080;
		start(&f);
		whole_call(&f, "h");
		s = bare_call(&f, b, rows[i].host, rows[i].answer);
		assert_non_null(s);
		assert_str(s->name, "HTTP"); /* HTTP conventions: the method is not known */
		assert_str(gt_span_get_str(s, GT_ATTR_HTTP_REQUEST_METHOD), "_OTHER");
		assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), "dropped");
		assert_null(gt_span_get(s, GT_ATTR_OPERATION_NAME));
		assert_int_equal(gt_measured_as(s), 0);
		gt_span_free(s);
		stop(&f);
	}
}

static void test_bare_without_a_header_and_a_known_peer_there_is_no_span(void **state)
{
	struct gt_begin b = begin_of(GT_API_OPENAI_CHAT);
	struct gt_feed f;

	(void)state;
	b.is_injected = false;
	start(&f);
	assert_null(bare_call(&f, b, "h", NULL));
	stop(&f);
}

static void test_peer_memory_keeps_what_was_noted(void **state)
{
	struct gt_peer_memory *m = gt_peer_memory_new();
	int kept = 0;
	char host[24];

	(void)state;
	assert_non_null(m);
	assert_false(gt_peer_memory_has(m, GT_API_OPENAI_CHAT, GT_STR_NONE, 0));
	for (int i = 0; i < 32; i++) {
		snprintf(host, sizeof(host), "host-%d", i);
		gt_peer_memory_note(m, GT_API_OPENAI_CHAT, gt_str_of(host), 443);
		assert_true(gt_peer_memory_has(m, GT_API_OPENAI_CHAT, gt_str_of(host), 443));
		assert_false(gt_peer_memory_has(m, GT_API_OPENAI_CHAT, gt_str_of(host), 444));
		assert_false(gt_peer_memory_has(m, GT_API_OPENAI_EMBEDDINGS, gt_str_of(host), 443));
	}
	for (int i = 0; i < 32; i++) {
		snprintf(host, sizeof(host), "host-%d", i);
		kept += gt_peer_memory_has(m, GT_API_OPENAI_CHAT, gt_str_of(host), 443);
	}
	assert_in_range(kept, 24, 32);
	gt_peer_memory_note(NULL, GT_API_OPENAI_CHAT, GT_STR("h"), 1);
	assert_false(gt_peer_memory_has(NULL, GT_API_OPENAI_CHAT, GT_STR("h"), 1));
	gt_peer_memory_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_bare_a_peer_that_showed_the_api_has_spans_of_it),
		GT_TEST(test_bare_the_answer_of_a_model_shows_the_api),
		GT_TEST(test_bare_other_peers_and_apis_have_spans_of_an_http_client),
		GT_TEST(test_bare_without_a_header_and_a_known_peer_there_is_no_span),
		GT_TEST(test_peer_memory_keeps_what_was_noted),
	};

	return GT_TESTS(tests);
}
