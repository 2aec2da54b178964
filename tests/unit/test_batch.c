#include "support/test.h"

#include "exporter/span/batch.h"

#define MS(n) ((struct gt_mono){ (n) * GT_NS_PER_MS })

static const struct gt_span_limits limits = { 128, UINT32_MAX };

static void test_batch_empty_is_never_due(void **state)
{
	struct gt_batch b;
	uint32_t n = 7;

	(void)state;
	gt_batch_init(&b, 10, 0);
	assert_false(gt_batch_is_due(&b, MS(1000000)));
	assert_int_equal(gt_batch_due_in(&b, MS(5)), -1);
	assert_null(gt_batch_take(&b, &n));
	assert_int_equal(n, 0);
	gt_batch_free(&b);
}

static void test_batch_is_due_when_the_oldest_has_waited(void **state)
{
	struct gt_batch b;

	(void)state;
	gt_batch_init(&b, 10, 100 * GT_NS_PER_MS);
	gt_batch_add(&b, gt_span_new(&limits), MS(1000));
	gt_batch_add(&b, gt_span_new(&limits), MS(1090));
	assert_false(gt_batch_is_due(&b, MS(1099)));
	assert_int_equal(gt_batch_due_in(&b, MS(1099)), GT_NS_PER_MS);
	assert_true(gt_batch_is_due(&b, MS(1100)));
	assert_int_equal(gt_batch_due_in(&b, MS(1200)), 0);
	gt_batch_free(&b);
}

static void test_batch_is_due_when_its_spans_are_large(void **state)
{
	static const char text[600000] = { 'x' };
	struct gt_batch b;
	uint32_t n;

	(void)state;
	gt_batch_init(&b, 512, 100 * GT_NS_PER_MS);
	for (int i = 0; i < 4; i++) {
		struct gt_span *s = gt_span_new(&limits);

		assert_false(gt_batch_is_due(&b, MS(1000)));
		gt_span_set_json(s, GT_ATTR_INPUT_MESSAGES, gt_str_make(text, sizeof(text)));
		gt_batch_add(&b, s, MS(1000));
	}
	assert_true(gt_batch_is_full(&b) && gt_batch_is_due(&b, MS(1000)));
	for (struct gt_span *s = gt_batch_take(&b, &n), *next; s; s = next) {
		next = s->next;
		gt_span_free(s);
	}
	gt_batch_add(&b, gt_span_new(&limits), MS(1000));
	assert_false(gt_batch_is_due(&b, MS(1000)));
	gt_batch_free(&b);
}

static void test_batch_is_due_when_it_is_full(void **state)
{
	struct gt_batch b;

	(void)state;
	gt_batch_init(&b, 2, INT64_MAX);
	gt_batch_add(&b, gt_span_new(&limits), MS(1));
	assert_false(gt_batch_is_full(&b) || gt_batch_is_due(&b, MS(1)));
	gt_batch_add(&b, gt_span_new(&limits), MS(1));
	assert_true(gt_batch_is_full(&b) && gt_batch_is_due(&b, MS(1)));
	assert_int_equal(gt_batch_due_in(&b, MS(1)), 0);
	gt_batch_free(&b);
}

static void test_batch_without_delay_is_due_at_once(void **state)
{
	struct gt_batch b;

	(void)state;
	gt_batch_init(&b, 10, 0);
	gt_batch_add(&b, gt_span_new(&limits), MS(1));
	assert_true(gt_batch_is_due(&b, MS(1)));
	gt_batch_free(&b);
}

static void test_batch_take_gives_spans_in_order_and_starts_over(void **state)
{
	struct gt_span *spans[3], *s;
	struct gt_batch b;
	uint32_t n;

	(void)state;
	gt_batch_init(&b, 10, 100 * GT_NS_PER_MS);
	for (int i = 0; i < 3; i++) {
		spans[i] = gt_span_new(&limits);
		spans[i]->next = spans[0]; /* a stale link of another list */
		gt_batch_add(&b, spans[i], MS(i));
	}
	s = gt_batch_take(&b, &n);
	assert_int_equal(n, 3);
	for (int i = 0; i < 3; i++) {
		struct gt_span *next = s->next;

		assert_ptr_equal(s, spans[i]);
		gt_span_free(s);
		s = next;
	}
	assert_null(s);
	/* the age starts again */
	gt_batch_add(&b, gt_span_new(&limits), MS(500));
	assert_int_equal(gt_batch_due_in(&b, MS(500)), 100 * GT_NS_PER_MS);
	gt_batch_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_batch_empty_is_never_due),		  GT_TEST(test_batch_is_due_when_the_oldest_has_waited),
		GT_TEST(test_batch_is_due_when_it_is_full),	  GT_TEST(test_batch_is_due_when_its_spans_are_large),
		GT_TEST(test_batch_without_delay_is_due_at_once), GT_TEST(test_batch_take_gives_spans_in_order_and_starts_over),
	};

	return GT_TESTS(tests);
}
