#include "support/test.h"

#include <locale.h>

#include "shim/shared/sampler.h"

/* A trace id whose last eight bytes are `low`. */
static struct gt_trace_id id_of(uint64_t low)
{
	struct gt_trace_id id = { { 0xff } };

	for (int i = 0; i < 8; i++)
		id.b[15 - i] = (uint8_t)(low >> (8 * i));
	return id;
}

static const struct gt_trace_context sampled = { .flags = GT_TRACE_SAMPLED }, unsampled = { .flags = 0 };

static void test_sampler_names(void **state)
{
	static const struct {
		const char *name, *arg;
		enum gt_sampler_error error;
		bool root, under_sampled, under_unsampled; /* whether it keeps a trace id in the middle of the range */
	} rows[] = {
		{ NULL, NULL, GT_SAMPLER_OK, true, true, false },
		{ "", "0", GT_SAMPLER_OK, true, true, false },
		{ "parentbased_always_on", NULL, GT_SAMPLER_OK, true, true, false },
		{ " ParentBased_Always_On ", NULL, GT_SAMPLER_OK, true, true, false },
		{ "parentbased_always_on", "0.1", GT_SAMPLER_OK, true, true, false },
		{ "parentbased_always_off", NULL, GT_SAMPLER_OK, false, true, false },
		{ "parentbased_traceidratio", "0.25", GT_SAMPLER_OK, false, true, false },
		{ "parentbased_traceidratio", "0.75", GT_SAMPLER_OK, true, true, false },
		{ "always_on", NULL, GT_SAMPLER_OK, true, true, true },
		{ "always_off", NULL, GT_SAMPLER_OK, false, false, false },
		{ "traceidratio", NULL, GT_SAMPLER_OK, true, true, true },
		{ "traceidratio", " ", GT_SAMPLER_OK, true, true, true },
		{ "traceidratio", "0.75", GT_SAMPLER_OK, true, true, true },
		{ "traceidratio", "0.25", GT_SAMPLER_OK, false, false, false },
		{ "traceidratio", "nonsense", GT_SAMPLER_BAD_ARG, true, true, true },
		{ "traceidratio", "1.1", GT_SAMPLER_BAD_ARG, true, true, true },
		{ "traceidratio", "-0.1", GT_SAMPLER_BAD_ARG, true, true, true },
		{ "traceidratio", "nan", GT_SAMPLER_BAD_ARG, true, true, true },
		{ "parentbased_traceidratio", "0,5", GT_SAMPLER_BAD_ARG, true, true, false },
		{ "jaeger_remote", "endpoint=x", GT_SAMPLER_BAD_NAME, true, true, false },
		{ "xray", NULL, GT_SAMPLER_BAD_NAME, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_sampler s;

		assert_int_equal(gt_sampler_parse(rows[i].name, rows[i].arg, &s), rows[i].error);
		assert_int_equal(gt_sampler_keeps(&s, id_of(1ULL << 63), NULL), rows[i].root);
		assert_int_equal(gt_sampler_keeps(&s, id_of(1ULL << 63), &sampled), rows[i].under_sampled);
		assert_int_equal(gt_sampler_keeps(&s, id_of(1ULL << 63), &unsampled), rows[i].under_unsampled);
	}
}

static void test_sampler_ratio_forms(void **state)
{
	static const struct {
		const char *arg;
		bool good;
		double ratio;
	} rows[] = {
		{ "0", true, 0 },	   { "1", true, 1 },
		{ "1.0", true, 1 },	   { "0.5", true, 0.5 },
		{ ".5", true, 0.5 },	   { "0.", true, 0 },
		{ "1e-3", true, 0.001 },   { "25E-2", true, 0.25 },
		{ "0.01e1", true, 0.1 },   { "0.0001", true, 0.0001 },
		{ "1e0", true, 1 },	   { ".", false, 1 },
		{ "1e", false, 1 },	   { "1e-", false, 1 },
		{ "0.5.5", false, 1 },	   { "2", false, 1 },
		{ "1.0000001", false, 1 }, { "0x1", false, 1 },
		{ "1e301", false, 1 },	   { "1e-9999999999999999999999", false, 1 },
		{ "0.5%", false, 1 },	   { "inf", false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_sampler s;
		double kept;

		assert_int_equal(gt_sampler_parse("traceidratio", rows[i].arg, &s),
				 rows[i].good ? GT_SAMPLER_OK : GT_SAMPLER_BAD_ARG);
		kept = (double)s.keep_below / 9223372036854775808.0;
		assert_true(kept > rows[i].ratio - 1e-12 && kept < rows[i].ratio + 1e-12);
	}
}

static void test_sampler_long_arguments_end_in_time_and_in_range(void **state)
{
	char arg[2000];
	struct gt_sampler s;

	(void)state;
	memset(arg, '0', sizeof(arg));
	arg[1] = '.';
	arg[sizeof(arg) - 2] = '1';
	arg[sizeof(arg) - 1] = 0;
	gt_sampler_parse("traceidratio", arg, &s);
	assert_true(s.keep_below <= (uint64_t)INT64_MAX + 1);
	memset(arg, '9', sizeof(arg) - 1);
	assert_int_equal(gt_sampler_parse("traceidratio", arg, &s), GT_SAMPLER_BAD_ARG);
	assert_true(gt_sampler_keeps(&s, id_of(UINT64_MAX), NULL));
}

/* spec: a ratio keeps every trace that a lower ratio keeps */
static void test_sampler_higher_ratio_keeps_what_a_lower_one_keeps(void **state)
{
	static const char *const ratios[] = { "0", "0.0001", "0.01", "0.1", "0.3333", "0.5", "0.9", "0.9999", "1" };
	struct gt_random r = gt_random_from(7);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct gt_trace_id id = id_of(gt_random_next(&r));
		bool kept = false;

		for (size_t k = 0; k < GT_ROWS(ratios); k++) {
			struct gt_sampler s;

			gt_sampler_parse("traceidratio", ratios[k], &s);
			if (kept)
				assert_true(gt_sampler_keeps(&s, id, NULL));
			kept = gt_sampler_keeps(&s, id, NULL);
		}
		assert_true(kept);
	}
}

static void test_sampler_ratio_is_met(void **state)
{
	struct gt_random r = gt_random_from(11);
	struct gt_sampler s;
	int kept = 0;

	(void)state;
	gt_sampler_parse("traceidratio", "0.1", &s);
	for (int i = 0; i < 100000; i++)
		kept += gt_sampler_keeps(&s, id_of(gt_random_next(&r)), NULL);
	assert_in_range(kept, 9500, 10500);
}

/* Go SDK: BE64(id[8..15]) >> 1 < ratio * 2^63 */
static void test_sampler_boundary_is_that_of_the_go_sdk(void **state)
{
	struct gt_sampler s;

	(void)state;
	gt_sampler_parse("traceidratio", "0.5", &s);
	assert_true(gt_sampler_keeps(&s, id_of(0x7fffffffffffffffULL), NULL));
	assert_false(gt_sampler_keeps(&s, id_of(0x8000000000000000ULL), NULL));
	gt_sampler_parse("traceidratio", "1", &s);
	assert_true(gt_sampler_keeps(&s, id_of(UINT64_MAX), NULL));
	gt_sampler_parse("traceidratio", "0", &s);
	assert_false(gt_sampler_keeps(&s, id_of(0), NULL));
}

/* appscope#96: a decimal comma in the host's locale */
static void test_sampler_ignores_the_locale(void **state)
{
	struct gt_sampler s;

	(void)state;
	setlocale(LC_ALL, "de_DE.UTF-8");
	assert_int_equal(gt_sampler_parse("traceidratio", "0.5", &s), GT_SAMPLER_OK);
	setlocale(LC_ALL, "C");
	assert_false(gt_sampler_keeps(&s, id_of(1ULL << 63), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_sampler_names),
		GT_TEST(test_sampler_ratio_forms),
		GT_TEST(test_sampler_long_arguments_end_in_time_and_in_range),
		GT_TEST(test_sampler_higher_ratio_keeps_what_a_lower_one_keeps),
		GT_TEST(test_sampler_ratio_is_met),
		GT_TEST(test_sampler_boundary_is_that_of_the_go_sdk),
		GT_TEST(test_sampler_ignores_the_locale),
	};

	return GT_TESTS(tests);
}
