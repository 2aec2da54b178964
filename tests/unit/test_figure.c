#include "support/test.h"

#include "exporter/command/figure.h"

static void test_figure_durations_have_three_digits_or_so(void **state)
{
	static const struct {
		uint64_t ns;
		const char *expected;
	} rows[] = {
		{ 0, "0.0ms" },
		{ 49999, "0.0ms" },
		{ 50000, "0.1ms" },
		{ 9949999, "9.9ms" },
		{ 9950000, "10ms" },
		{ 420000000, "420ms" },
		{ 999499999, "999ms" },
		{ 999500000, "1.00s" },
		{ 3100000000, "3.10s" },
		{ 59994999999, "59.99s" },
		{ 59995000000, "1m00s" },
		{ 125000000000, "2m05s" },
		{ 3599499999999, "59m59s" },
		{ 3599500000000, "1h00m" },
		{ 3720000000000, "1h02m" },
		{ 172800000000000, "2d00h" },
		{ UINT64_MAX, "213504d00h" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_duration(rows[i].ns, room), rows[i].expected);
	}
}

static void test_figure_amounts_have_as_many_decimals_as_the_smallest_needs(void **state)
{
	static const struct {
		double usd, smallest;
		const char *expected;
	} rows[] = {
		{ 0, 0, "$0.00" },
		{ 1, 1, "$1.00" },
		{ 0.999, 0.999, "$0.999" },
		{ 0.9996, 0.9996, "$1.00" },
		{ 0.0123, 0.0123, "$0.0123" },
		{ 0.000123, 0.000123, "$0.000123" },
		{ 0.000123456, 0.000123456, "$0.000123" },
		{ 1.4e-7, 1.4e-7, "$0.00000014" },
		{ 1e-12, 1e-12, "$0.00000000" },
		{ 12.5, 0.0123, "$12.5000" },
		{ 999.999, 1, "$1,000.00" },
		{ 1234567.891, 1, "$1,234,567.89" },
		{ 999999999, 1e-12, "$999,999,999.00000000" },
		{ 1e300, 1e-12, "$10,000,000,000.00000000" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_usd(rows[i].usd, gt_figure_decimals(rows[i].smallest), room), rows[i].expected);
	}
}

static void test_figure_counts_have_thousands_separators(void **state)
{
	static const struct {
		int64_t n;
		const char *expected, *bracketed;
	} rows[] = {
		{ 0, "0", "[0]" },
		{ 999, "999", "[999]" },
		{ 1000, "1,000", "[1,000]" },
		{ -1234567, "-1,234,567", "[-1,234,567]" },
		{ INT64_MAX, "9,223,372,036,854,775,807", "[9,223,372,036,854,775,807]" },
		{ INT64_MIN, "-9,223,372,036,854,775,808", "[-9,223,372,036,854,775,808]" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_count(rows[i].n, room), rows[i].expected);
		assert_str(gt_figure_bracketed(rows[i].n, room), rows[i].bracketed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_figure_durations_have_three_digits_or_so),
		GT_TEST(test_figure_amounts_have_as_many_decimals_as_the_smallest_needs),
		GT_TEST(test_figure_counts_have_thousands_separators),
	};

	return GT_TESTS(tests);
}
