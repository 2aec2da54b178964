/* What all providers share: the effect of the limits on attributes on a span. */
#include "support/feed.h"
#include "support/test.h"

#include "exporter/span/span.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

/* The span of one exchange under limits. */
static struct gt_span *exchange(struct gt_feed *f, enum gt_api api, struct gt_span_limits limits, const char *request,
				const char *reply)
{
	struct gt_begin b = gt_feed_plain_begin(api);
	struct gt_span *s;

	assert_true(gt_feed_init(f, 1 << 20));
	f->run.limits = limits;
	f->run.event_limits = (struct gt_span_limits){ 128, 5 };
	b.source = GT_SOURCE_MESSAGE;
	gt_feed_begin(f, 1, &b, "h", "openai");
	gt_feed_text(f, 1, GT_EVENT_REQUEST_HEAD, "POST / HTTP/1.1\r\n\r\n");
	gt_feed_text(f, 1, GT_EVENT_REQUEST, request);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE_HEAD, OK);
	gt_feed_text(f, 1, GT_EVENT_RESPONSE, reply);
	gt_feed_end(f, 1, GT_END_CURL, 0);
	s = gt_feed_take(f);
	assert_non_null(s);
	return s;
}

static void test_genai_limits_of_attributes_leave_the_name_alone(void **state)
{
	static const char request[] = "{\"model\":\"gpt-4o\",\"messages\":[]}", reply[] = "{\"id\":\"c-1\"}";
	struct gt_feed f;
	struct gt_span *s;

	(void)state;
	s = exchange(&f, GT_API_OPENAI_CHAT, (struct gt_span_limits){ 0, UINT32_MAX }, request, reply);
	assert_str(s->name, "chat gpt-4o");
	assert_true(gt_span_dropped(s) > 4);
	assert_int_equal(gt_span_dropped(s), s->n);
	gt_span_free(s);
	gt_feed_free(&f);
	s = exchange(&f, GT_API_OPENAI_CHAT, (struct gt_span_limits){ 128, 3 }, request, reply);
	assert_str(s->name, "chat gpt-4o");
	assert_int_equal(s->limits.value_length, 3);
	assert_int_equal(s->event_limits.value_length, 5); /* the run's, for events */
	/* metrics, which have no limits, read the whole value */
	assert_str(gt_span_get_str(s, GT_ATTR_REQUEST_MODEL), "gpt-4o");
	assert_int_equal(gt_span_dropped(s), 0);
	gt_span_free(s);
	gt_feed_free(&f);
}

static void test_genai_limits_of_attributes_do_not_hide_an_answer(void **state)
{
	static const char request[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"call-1\",\"method\":\"tools/call\",\"params\":{\"name\":\"grep\"}}";
	static const char reply[] = "{\"jsonrpc\":\"2.0\",\"id\":\"call-1\",\"result\":{\"isError\":true}}";
	static const struct gt_span_limits limits[] = { { 128, UINT32_MAX }, { 128, 4 }, { 1, UINT32_MAX } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(limits); i++) {
		struct gt_feed f;
		struct gt_span *s = exchange(&f, GT_API_MCP, limits[i], request, reply);

		assert_str(s->name, "tools/call grep");
		assert_true(s->is_error);
		gt_span_free(s);
		gt_feed_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_genai_limits_of_attributes_leave_the_name_alone),
		GT_TEST(test_genai_limits_of_attributes_do_not_hide_an_answer),
	};

	return GT_TESTS(tests);
}
