#include "support/test.h"

#include <math.h>

#include "exporter/metrics/exp_histogram.h"
#include "exporter/metrics/histogram.h"

static const double values[] = { 1, 4, 16 };
static const struct gt_bounds bounds = { values, 3 };

static void test_histogram_upper_bounds_are_inclusive(void **state)
{
	static const struct {
		double value;
		uint32_t bucket;
	} rows[] = { { 0, 0 }, { 1, 0 }, { 1.0000001, 1 }, { 4, 1 }, { 5, 2 }, { 16, 2 }, { 17, 3 }, { 1e300, 3 } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_histogram h = { 0 };

		assert_int_equal(gt_histogram_add(&h, &bounds, rows[i].value), rows[i].bucket);
		assert_int_equal(h.buckets[rows[i].bucket], 1);
	}
}

static void test_histogram_counts_sums_and_keeps_the_extremes(void **state)
{
	struct gt_histogram h = { 0 };

	(void)state;
	gt_histogram_add(&h, &bounds, 3);
	gt_histogram_add(&h, &bounds, 20);
	gt_histogram_add(&h, &bounds, 0.5);
	gt_histogram_add(&h, &bounds, 3);
	assert_int_equal(h.count, 4);
	assert_true(h.sum == 26.5 && h.min == 0.5 && h.max == 20);
	assert_int_equal(h.buckets[0], 1);
	assert_int_equal(h.buckets[1], 2);
	assert_int_equal(h.buckets[2], 0);
	assert_int_equal(h.buckets[3], 1);
}

/* Bucket i holds (base^i, base^(i+1)]. */
static void test_exp_index_of_powers_of_two_is_exact(void **state)
{
	static const struct {
		double value;
		int32_t scale, index;
	} rows[] = {
		{ 1, 0, -1 },
		{ 2, 0, 0 },
		{ 1.5, 0, 0 },
		{ 4, 0, 1 },
		{ 3, 0, 1 },
		{ 0.5, 0, -2 },
		{ 4, 1, 3 },
		{ 2, 1, 1 },
		{ 1, 1, -1 },
		{ 1.4, 1, 0 },
		{ 1.5, 1, 1 },
		{ 1024, 3, 79 },
		{ 0.25, 20, -2097153 },
		{ 1, 20, -1 },
		{ 2, 20, 1048575 },
		{ 16, -1, 1 },
		{ 17, -1, 2 },
		{ 4, -1, 0 },
		{ 2, -2, 0 },
		{ 0x1p-1074, 0, -1075 },
		{ 0x1.8p-1073, 0, -1073 },
		{ 0x1p1023, 0, 1022 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		if (gt_exp_index(rows[i].value, rows[i].scale) != rows[i].index)
			fail_msg("%g at scale %d gives %d", rows[i].value, rows[i].scale,
				 gt_exp_index(rows[i].value, rows[i].scale));
}

static void test_exp_index_agrees_with_its_definition(void **state)
{
	struct gt_random random = gt_random_from(20);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double value =
			ldexp(1 + (double)(gt_random_next(&random) >> 11) / 0x1p53, (int)gt_random_below(&random, 80) - 40);
		int32_t scale = (int32_t)gt_random_below(&random, 21);
		int32_t index = gt_exp_index(value, scale);
		long double at = log2l(value) * ldexpl(1, scale);

		/* the reference may round a value next to a bound either way */
		if (!(at > index - 1e-6L && at <= index + 1 + 1e-6L))
			fail_msg("%.17g at scale %d gives %d, not %Lg", value, scale, index, at);
	}
}

static uint64_t total(const struct gt_exp_histogram *h)
{
	uint64_t n = h->zeros;

	for (uint32_t i = 0; i < h->n; i++)
		n += h->buckets[i];
	return n;
}

static void test_exp_histogram_of_one_value_is_as_fine_as_can_be(void **state)
{
	struct gt_exp_histogram h;

	(void)state;
	gt_exp_histogram_init(&h);
	gt_exp_histogram_add(&h, 2);
	gt_exp_histogram_add(&h, 2);
	assert_int_equal(h.scale, 20);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.offset, 1048575);
	assert_int_equal(h.buckets[0], 2);
}

static void test_exp_histogram_keeps_the_finest_scale_that_fits(void **state)
{
	struct gt_exp_histogram h;

	(void)state;
	gt_exp_histogram_init(&h);
	gt_exp_histogram_add(&h, 1);
	gt_exp_histogram_add(&h, 4); /* two powers of two apart: 2 * 2^6 buckets and one */
	assert_int_equal(h.scale, 6);
	assert_int_equal(h.n, 129);
	assert_int_equal(h.offset, -1);
	assert_int_equal(h.buckets[0], 1);
	assert_int_equal(h.buckets[128], 1);
	gt_exp_histogram_add(&h, 0.25); /* four apart */
	assert_int_equal(h.scale, 5);
	assert_int_equal(h.offset, -65);
	assert_int_equal(h.n, 129);
	assert_int_equal(h.buckets[0], 1);
	assert_int_equal(h.buckets[64], 1);
	assert_int_equal(h.buckets[128], 1);
}

static void test_exp_histogram_counts_zeros_apart(void **state)
{
	struct gt_exp_histogram h;

	(void)state;
	gt_exp_histogram_init(&h);
	gt_exp_histogram_add(&h, 0);
	assert_int_equal(h.zeros, 1);
	assert_int_equal(h.n, 0);
	gt_exp_histogram_add(&h, 8);
	assert_int_equal(h.count, 2);
	assert_true(h.min == 0 && h.max == 8 && h.sum == 8);
}

static void test_exp_histogram_loses_nothing_whatever_comes(void **state)
{
	struct gt_random random = gt_random_from(160);

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct gt_exp_histogram h;
		int n = 1 + (int)gt_random_below(&random, 300);

		gt_exp_histogram_init(&h);
		for (int i = 0; i < n; i++) {
			int exponent = (int)gt_random_below(&random, 1 + (size_t)round * 10) - round * 5;
			double value = ldexp(1 + (double)(gt_random_next(&random) >> 11) / 0x1p53, exponent);
			int32_t index;

			gt_exp_histogram_add(&h, value);
			assert_true(h.n <= GT_EXP_BUCKETS_MAX);
			assert_int_equal(total(&h), i + 1);
			index = gt_exp_index(value, h.scale);
			assert_true(index >= h.offset && index < h.offset + (int32_t)h.n);
			assert_true(h.buckets[index - h.offset] > 0);
		}
		assert_true(h.buckets[0] > 0 && h.buckets[h.n - 1] > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_histogram_upper_bounds_are_inclusive),
		GT_TEST(test_histogram_counts_sums_and_keeps_the_extremes),
		GT_TEST(test_exp_index_of_powers_of_two_is_exact),
		GT_TEST(test_exp_index_agrees_with_its_definition),
		GT_TEST(test_exp_histogram_of_one_value_is_as_fine_as_can_be),
		GT_TEST(test_exp_histogram_keeps_the_finest_scale_that_fits),
		GT_TEST(test_exp_histogram_counts_zeros_apart),
		GT_TEST(test_exp_histogram_loses_nothing_whatever_comes),
	};

	return GT_TESTS(tests);
}
