#include "support/test.h"

#include "exporter/metrics/metric_reader.h"

#define S(n) ((struct gt_mono){ (n) * GT_NS_PER_S })

static const struct gt_metrics_form form = { .temporality = GT_CUMULATIVE };
static const struct gt_naming naming;
static const struct gt_span_limits limits = { 128, UINT32_MAX };

static void open_reader(struct gt_metric_reader *r)
{
	gt_metric_reader_open(r, &form, &naming, 60 * GT_NS_PER_S, gt_wall_now());
	assert_non_null(r->metrics);
}

static void record(struct gt_metric_reader *r, struct gt_mono now)
{
	struct gt_span *s = gt_span_new(&limits);

	gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("chat"));
	s->start_unix_ns = 1;
	s->end_unix_ns = 2;
	gt_metric_reader_record(r, s, now);
	gt_span_free(s);
}

static void report(struct gt_metric_reader *r, struct gt_mono now)
{
	struct gt_metrics_view view = gt_metrics_collect(r->metrics, 3);

	gt_metric_reader_reported(r, &view, now);
}

static void test_metric_reader_off_measures_nothing(void **state)
{
	struct gt_metric_reader r = { 0 };

	(void)state;
	record(&r, S(1));
	assert_int_equal(gt_metric_reader_due_in(&r, S(1)), -1);
	assert_false(gt_metric_reader_is_due(&r, S(1), true));
	gt_metric_reader_close(&r);
}

static void test_metric_reader_first_measurement_is_due_at_rest(void **state)
{
	struct gt_metric_reader r;

	(void)state;
	open_reader(&r);
	assert_int_equal(gt_metric_reader_due_in(&r, S(100)), -1);
	record(&r, S(100));
	assert_int_equal(gt_metric_reader_due_in(&r, S(101)), 59 * GT_NS_PER_S);
	assert_false(gt_metric_reader_is_due(&r, S(101), false));
	assert_true(gt_metric_reader_is_due(&r, S(101), true));
	gt_metric_reader_close(&r);
}

static void test_metric_reader_is_due_an_interval_after_the_first_measurement(void **state)
{
	struct gt_metric_reader r;

	(void)state;
	open_reader(&r);
	record(&r, S(100));
	record(&r, S(150));
	assert_true(gt_metric_reader_is_due(&r, S(160), false));
	assert_int_equal(gt_metric_reader_due_in(&r, S(170)), 0);
	gt_metric_reader_close(&r);
}

static void test_metric_reader_soon_after_an_export_the_next_waits_for_its_turn(void **state)
{
	struct gt_metric_reader r;

	(void)state;
	open_reader(&r);
	record(&r, S(100));
	report(&r, S(101));
	assert_int_equal(gt_metric_reader_due_in(&r, S(101)), -1);
	record(&r, S(110));
	assert_false(gt_metric_reader_is_due(&r, S(110), true));
	assert_int_equal(gt_metric_reader_due_in(&r, S(110)), 51 * GT_NS_PER_S);
	gt_metric_reader_close(&r);
}

static void test_metric_reader_is_off_after_close(void **state)
{
	struct gt_metric_reader r;

	(void)state;
	open_reader(&r);
	record(&r, S(100));
	gt_metric_reader_close(&r);
	assert_int_equal(gt_metric_reader_due_in(&r, S(500)), -1);
	record(&r, S(501));
	gt_metric_reader_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_metric_reader_off_measures_nothing),
		GT_TEST(test_metric_reader_first_measurement_is_due_at_rest),
		GT_TEST(test_metric_reader_is_due_an_interval_after_the_first_measurement),
		GT_TEST(test_metric_reader_soon_after_an_export_the_next_waits_for_its_turn),
		GT_TEST(test_metric_reader_is_off_after_close),
	};

	return GT_TESTS(tests);
}
