/* The span of a connection that gentap could not read. */
#include "support/feed.h"
#include "support/test.h"

#include "exporter/genai.h"
#include "exporter/span/semconv.h"

static const char nio[] = "/usr/lib/jvm/lib/libnio.so";

/* NULL: no span. */
static struct gt_span *span_of(struct gt_feed *f, const struct gt_opaque_facts *facts, const char *object, uint8_t flags)
{
	struct gt_begin b = gt_feed_plain_begin(GT_API_OPAQUE);
	char data[sizeof(*facts) + 200];
	size_t len = strlen(object);

	b.source = GT_SOURCE_MESSAGE;
	b.context.flags = flags;
	memcpy(data, facts, sizeof(*facts));
	memcpy(data + sizeof(*facts), object, len);
	gt_feed_begin(f, 1, &b, "api.openai.com", "");
	gt_feed_put(f, 1, GT_EVENT_REQUEST, data, sizeof(*facts) + len);
	gt_feed_end(f, 1, GT_END_CURL, 0);
	return gt_feed_take(f);
}

static void test_opaque_span_has_server_times_and_bytes_and_no_call(void **state)
{
	struct gt_opaque_facts facts = { .sent = 700, .received = 1234, .has_bytes = true, .is_end_seen = true };
	struct gt_feed f;
	struct gt_span *s;

	(void)state;
	assert_true(gt_feed_init(&f, 1000));
	s = span_of(&f, &facts, nio, GT_TRACE_SAMPLED);
	assert_non_null(s);
	assert_str(s->name, "gentap.blind api.openai.com");
	assert_int_equal(s->kind, GT_KIND_CLIENT);
	assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_BLIND), "java");
	assert_str(gt_span_get_str(s, GT_ATTR_SERVER_ADDRESS), "api.openai.com");
	assert_int_equal(gt_span_get(s, GT_ATTR_SERVER_PORT)->i, 443);
	assert_int_equal(gt_span_get(s, GT_ATTR_GENTAP_BLIND_SENT)->i, 700);
	assert_int_equal(gt_span_get(s, GT_ATTR_GENTAP_BLIND_RECEIVED)->i, 1234);
	assert_int_equal(s->n, 5);
	assert_int_equal(s->start_unix_ns, GT_FEED_STARTED);
	assert_true(s->end_unix_ns > s->start_unix_ns);
	assert_false(s->is_error);
	gt_span_free(s);
	gt_feed_free(&f);
}

static void test_opaque_span_reasons(void **state)
{
	static const struct {
		const char *object, *reason;
		bool is_quic;
	} rows[] = {
		{ "", "quic", true },
		{ nio, "quic", true },
		{ nio, "java", false },
		{ "/jre/lib/libnet.so", "java", false },
		{ "/does/not/exist", "unknown_library", false },
		{ "", "unknown_library", false }, /* this test */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_opaque_facts facts = { .is_quic = rows[i].is_quic };
		struct gt_feed f;
		struct gt_span *s;

		assert_true(gt_feed_init(&f, 1000));
		s = span_of(&f, &facts, rows[i].object, GT_TRACE_SAMPLED);
		assert_non_null(s);
		if (rows[i].object[0] || rows[i].is_quic)
			assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_BLIND), rows[i].reason);
		else
			assert_true(gt_span_get_str(s, GT_ATTR_GENTAP_BLIND).len > 0);
		assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_INCOMPLETE), "end_not_seen");
		assert_false(gt_span_has(s, GT_ATTR_GENTAP_BLIND_SENT));
		gt_span_free(s);
		gt_feed_free(&f);
	}
}

static void test_opaque_span_that_is_not_sampled_is_none(void **state)
{
	struct gt_opaque_facts facts = { .sent = 1 };
	struct gt_feed f;

	(void)state;
	assert_true(gt_feed_init(&f, 1000));
	assert_null(span_of(&f, &facts, nio, 0));
	gt_feed_free(&f);
}

static void test_opaque_span_of_a_spool_may_lack_its_facts(void **state)
{
	struct gt_begin b = gt_feed_plain_begin(GT_API_OPAQUE);
	struct gt_feed f;
	struct gt_span *s;

	(void)state;
	b.source = GT_SOURCE_MESSAGE;
	assert_true(gt_feed_init(&f, 1000));
	gt_feed_begin(&f, 1, &b, "api.openai.com", "");
	gt_feed_put(&f, 1, GT_EVENT_REQUEST, "short", 5);
	gt_feed_end(&f, 1, GT_END_CURL, 0);
	s = gt_feed_take(&f);
	assert_non_null(s);
	assert_str(gt_span_get_str(s, GT_ATTR_SERVER_ADDRESS), "api.openai.com");
	assert_false(gt_span_has(s, GT_ATTR_GENTAP_BLIND_SENT));
	gt_span_free(s);
	gt_feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_opaque_span_has_server_times_and_bytes_and_no_call),
		GT_TEST(test_opaque_span_reasons),
		GT_TEST(test_opaque_span_that_is_not_sampled_is_none),
		GT_TEST(test_opaque_span_of_a_spool_may_lack_its_facts),
	};

	return GT_TESTS(tests);
}
