#include "support/test.h"

#include "shim/shared/clock.h"
#include "shim/shared/env.h"
#include "shim/shared/limits.h"

static void test_limits_values_are_digits_only(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "1048576", true, 1048576 },
		{ " 7 ", true, 7 },
		{ "", false, 0 },
		{ NULL, false, 0 },
		{ "-1", false, 0 },
		{ "1k", false, 0 },
		{ "32MiB", false, 0 },
		{ "1e6", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "9223372036854", true, 9223372036854 }, /* times a million still fits 63 bits */
		{ "9223372036855", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		uint64_t v = 5;

		assert_int_equal(gt_limits_parse(rows[i].text, &v), rows[i].good);
		assert_true(v == (rows[i].good ? rows[i].value : 5));
	}
}

static void test_limits_unreadable_values_keep_their_defaults(void **state)
{
	(void)state;
	gt_env_snapshot((char *[]){ "GENTAP_MEMORY_MAX=lots", "GENTAP_BODY_MAX=-5", "GENTAP_EXIT_TIMEOUT_MS=1s", NULL });
	gt_limits_init();
	assert_int_equal(gt_limits.memory_max, GT_MEMORY_MAX_DEFAULT);
	assert_int_equal(gt_limits.body_max, GT_BODY_MAX_DEFAULT);
	assert_int_equal(gt_limits.exit_timeout_ns, 1000 * GT_NS_PER_MS);
}

static void test_limits_are_read_from_the_environment(void **state)
{
	(void)state;
	gt_env_snapshot((char *[]){ "GENTAP_MEMORY_MAX=1000000", "GENTAP_BODY_MAX=2000", "GENTAP_EXIT_TIMEOUT_MS=0", NULL });
	gt_limits_init();
	assert_int_equal(gt_limits.memory_max, 1000000);
	assert_int_equal(gt_limits.body_max, 2000);
	assert_int_equal(gt_limits.exit_timeout_ns, 0);
}

static void test_limits_the_longest_exit_timeout_does_not_overflow(void **state)
{
	(void)state;
	gt_env_snapshot((char *[]){ "GENTAP_EXIT_TIMEOUT_MS=9223372036854", NULL });
	gt_limits_init();
	assert_true(gt_limits.exit_timeout_ns > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_limits_values_are_digits_only),
		GT_TEST(test_limits_unreadable_values_keep_their_defaults),
		GT_TEST(test_limits_are_read_from_the_environment),
		GT_TEST(test_limits_the_longest_exit_timeout_does_not_overflow),
	};

	return GT_TESTS(tests);
}
