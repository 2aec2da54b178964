#include "support/test.h"

#include "exporter/base/civil_time.h"
#include "exporter/otlp/retry.h"
#include "shim/shared/clock.h"

static void test_retry_only_the_listed_statuses_are_worthwhile(void **state)
{
	static const long yes[] = { 0, 429, 502, 503, 504 };
	static const long no[] = { 200, 301, 307, 400, 401, 403, 404, 408, 413, 415, 428, 430, 500, 501, 505, 599 };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(yes); i++)
		assert_true(gt_retry_is_worthwhile(yes[i]));
	for (size_t i = 0; i < GT_ROWS(no); i++)
		assert_false(gt_retry_is_worthwhile(no[i]));
}

static void test_retry_delay_doubles_up_to_its_cap_with_jitter(void **state)
{
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 30, 30, 30 };
	struct gt_retry low = { 0 }, high = { 0 };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(seconds); i++) {
		int64_t least = gt_retry_delay_ns(&low, -1, 0), most = gt_retry_delay_ns(&high, -1, UINT64_MAX);

		assert_int_equal(least, seconds[i] * GT_NS_PER_S * 4 / 5);
		assert_true(most > seconds[i] * GT_NS_PER_S * 119 / 100);
		assert_true(most <= seconds[i] * GT_NS_PER_S * 12 / 10);
	}
	low.attempts = UINT32_MAX - 1;
	assert_int_equal(gt_retry_delay_ns(&low, -1, 0), 24 * GT_NS_PER_S);
}

static void test_retry_delay_obeys_retry_after(void **state)
{
	struct gt_retry r = { 0 };

	(void)state;
	assert_int_equal(gt_retry_delay_ns(&r, 7 * GT_NS_PER_S, UINT64_MAX), 7 * GT_NS_PER_S);
	assert_int_equal(r.attempts, 1);
}

static void test_retry_delay_is_never_longer_than_a_minute(void **state)
{
	struct gt_retry r = { 0 };

	(void)state;
	assert_int_equal(gt_retry_delay_ns(&r, 60 * GT_NS_PER_S, 0), 60 * GT_NS_PER_S);
	assert_int_equal(gt_retry_delay_ns(&r, 86400 * GT_NS_PER_S, 0), 60 * GT_NS_PER_S);
	assert_int_equal(gt_retry_delay_ns(&r, INT64_MAX, UINT64_MAX), 60 * GT_NS_PER_S);
}

static void test_retry_delay_after_zero_retry_after_is_not_zero(void **state)
{
	struct gt_retry r = { 0 };

	(void)state;
	assert_true(gt_retry_delay_ns(&r, 0, 0) >= GT_NS_PER_S / 2);
}

#define THEN 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 */

static void test_retry_after_is_read_in_every_form(void **state)
{
	static const struct {
		const char *value;
		int64_t now, seconds; /* -1: invalid */
	} rows[] = {
		{ "0", 0, 0 },
		{ "120", 0, 120 },
		{ " 3 ", 0, 3 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", THEN - 10, 10 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", THEN + 10, 0 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", THEN - 1, 1 },
		{ "Sun Nov  6 08:49:37 1994", THEN - 5, 5 },
		{ "Wed Nov 16 08:49:37 1994", THEN, 10 * 86400 },
		{ "Fri, 29 Feb 2036 00:00:00 GMT", 2087856000, 0 },
		{ "Fri, 29 Feb 2036 00:00:01 GMT", 2087856000, 1 },
		{ "", 0, -1 },
		{ "-1", 0, -1 },
		{ "1.5", 0, -1 },
		{ "soon", 0, -1 },
		{ "5s", 0, -1 },
		{ "Sun, 06 Nov 1994 08:49:37", 0, -1 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", 0, -1 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", 0, -1 },
		{ "Sun, 06 Nov 1994 24:49:37 GMT", 0, -1 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", 0, -1 },
		{ "Sun, 06 Nix 1994 08:49:37 GMT", 0, -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT and more", 0, -1 },
		{ ", 06 Nov 1994 08:49:37 GMT", 0, -1 },
		{ "Sun Nov  6 08:49:37 199", 0, -1 },
		{ "Sun", 0, -1 },
		{ "Sun,", 0, -1 },
		{ "Sun, 06", 0, -1 },
		{ "Sun, 06x", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		int64_t ns = gt_retry_after_ns(gt_str_of(rows[i].value), rows[i].now);

		if (ns != (rows[i].seconds < 0 ? -1 : rows[i].seconds * GT_NS_PER_S))
			fail_msg("\"%s\" gives %lld", rows[i].value, (long long)ns);
	}
}

static void test_retry_after_of_ages_does_not_overflow(void **state)
{
	(void)state;
	assert_int_equal(gt_retry_after_ns(GT_STR("18446744073709551615"), 0), INT64_MAX);
	assert_int_equal(gt_retry_after_ns(GT_STR("184467440737095516150"), 0), -1);
}

static void test_civil_time_is_the_same_there_and_back(void **state)
{
	static const struct {
		int64_t unix_s;
		struct gt_civil_time t;
	} rows[] = {
		{ 0, { 1970, 1, 1, 0, 0, 0 } },
		{ 951782400, { 2000, 2, 29, 0, 0, 0 } },
		{ 951868799, { 2000, 2, 29, 23, 59, 59 } },
		{ 951868800, { 2000, 3, 1, 0, 0, 0 } },
		{ 4107542399, { 2100, 2, 28, 23, 59, 59 } },
		{ 4107542400, { 2100, 3, 1, 0, 0, 0 } },
		{ 1785758400, { 2026, 8, 3, 12, 0, 0 } },
		{ -1, { 1969, 12, 31, 23, 59, 59 } },
		{ 253402300799, { 9999, 12, 31, 23, 59, 59 } },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_civil_time t = gt_civil_of_unix(rows[i].unix_s);

		assert_int_equal(gt_civil_to_unix(&rows[i].t), rows[i].unix_s);
		assert_int_equal(t.year, rows[i].t.year);
		assert_int_equal(t.month, rows[i].t.month);
		assert_int_equal(t.day, rows[i].t.day);
		assert_int_equal(t.hour, rows[i].t.hour);
		assert_int_equal(t.minute, rows[i].t.minute);
		assert_int_equal(t.second, rows[i].t.second);
	}
	for (int64_t day = -200000; day < 200000; day += 7) {
		struct gt_civil_time t = gt_civil_of_unix(day * 86400 + 12345);

		assert_int_equal(gt_civil_to_unix(&t), day * 86400 + 12345);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_retry_only_the_listed_statuses_are_worthwhile),
		GT_TEST(test_retry_delay_doubles_up_to_its_cap_with_jitter),
		GT_TEST(test_retry_delay_obeys_retry_after),
		GT_TEST(test_retry_delay_is_never_longer_than_a_minute),
		GT_TEST(test_retry_delay_after_zero_retry_after_is_not_zero),
		GT_TEST(test_retry_after_is_read_in_every_form),
		GT_TEST(test_retry_after_of_ages_does_not_overflow),
		GT_TEST(test_civil_time_is_the_same_there_and_back),
	};

	return GT_TESTS(tests);
}
