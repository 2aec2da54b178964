#include "support/test.h"

#include "shim/shared/env.h"

static void test_env_before_the_snapshot_everything_is_unset(void **state)
{
	(void)state;
	for (int i = 0; i < GT_ENV_COUNT; i++) {
		assert_null(gt_env_raw((enum gt_env)i));
		assert_null(gt_env_get((enum gt_env)i));
		assert_false(gt_env_is_true((enum gt_env)i));
	}
	assert_null(gt_env_unknown());
}

static void test_env_values_survive_a_program_that_overwrites_its_environment(void **state)
{
	char log[] = "GENTAP_LOG=debug:conn", service[] = "OTEL_SERVICE_NAME=agent=7", *env[] = { log, service, NULL };

	(void)state;
	gt_env_snapshot(env);
	memset(log, 'x', sizeof(log) - 1);
	memset(service, 0, sizeof(service));
	assert_string_equal(gt_env_get(GT_ENV_GENTAP_LOG), "debug:conn");
	assert_string_equal(gt_env_get(GT_ENV_OTEL_SERVICE_NAME), "agent=7");
}

static void test_env_empty_counts_as_unset_except_raw(void **state)
{
	char *env[] = { "OTEL_EXPORTER_OTLP_ENDPOINT=", NULL };

	(void)state;
	gt_env_snapshot(env);
	assert_string_equal(gt_env_raw(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT), "");
	assert_null(gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT));
}

static void test_env_true_is_true_in_any_case_and_nothing_else(void **state)
{
	static const struct {
		char *var;
		bool is_true;
	} rows[] = {
		{ "OTEL_SDK_DISABLED=true", true },   { "OTEL_SDK_DISABLED=TRUE", true }, { "OTEL_SDK_DISABLED= True ", true },
		{ "OTEL_SDK_DISABLED=1", false },     { "OTEL_SDK_DISABLED=yes", false }, { "OTEL_SDK_DISABLED=", false },
		{ "OTEL_SDK_DISABLED=truee", false }, { "OTEL_SDK_DISABLED", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_env_snapshot((char *[]){ rows[i].var, NULL });
		assert_int_equal(gt_env_is_true(GT_ENV_OTEL_SDK_DISABLED), rows[i].is_true);
	}
}

static void test_env_names_are_compared_whole(void **state)
{
	char *env[] = { "GENTAP_LOG_=a", "XGENTAP_LOG=b", "gentap_log=c", "GENTAP_LOG", "=GENTAP_LOG=d", "", NULL };

	(void)state;
	gt_env_snapshot(env);
	assert_null(gt_env_get(GT_ENV_GENTAP_LOG));
	assert_string_equal(gt_env_name(GT_ENV_GENTAP_LOG), "GENTAP_LOG");
}

static void test_env_of_two_equal_names_the_first_counts_as_getenv_has_it(void **state)
{
	char *env[] = { "GENTAP_LOG=first", "GENTAP_LOG=second", NULL };

	(void)state;
	gt_env_snapshot(env);
	assert_string_equal(gt_env_get(GT_ENV_GENTAP_LOG), "first");
}

static void test_env_a_misspelt_name_is_noticed(void **state)
{
	char *env[] = { "OTEL_SOMETHING=1", "GENTAP_LOGS=debug", "GENTAP_ENDPOINT=x", NULL };

	(void)state;
	gt_env_snapshot(env);
	assert_string_equal(gt_env_unknown(), "GENTAP_LOGS");
	gt_env_snapshot((char *[]){ "GENTAP_LOG=debug", NULL });
	assert_null(gt_env_unknown());
}

static void test_env_takes_values_longer_than_its_own_room(void **state)
{
	size_t len = 100000;
	char *big = malloc(len + 1), *env[] = { NULL, "GENTAP_LOG=info", NULL };
	size_t n = (size_t)sprintf(big, "OTEL_RESOURCE_ATTRIBUTES=");

	(void)state;
	memset(big + n, 'v', len - n);
	big[len] = 0;
	env[0] = big;
	gt_env_snapshot(env);
	free(big);
	assert_int_equal(strlen(gt_env_get(GT_ENV_OTEL_RESOURCE_ATTRIBUTES)), len - n);
	assert_string_equal(gt_env_get(GT_ENV_GENTAP_LOG), "info");
}

static void test_env_every_documented_name_is_found(void **state)
{
	(void)state;
	for (int i = 0; i < GT_ENV_COUNT; i++) {
		char var[128];

		snprintf(var, sizeof(var), "%s=value %d", gt_env_name((enum gt_env)i), i);
		gt_env_snapshot((char *[]){ var, NULL });
		assert_non_null(gt_env_get((enum gt_env)i));
		assert_string_equal(gt_env_get((enum gt_env)i), strchr(var, '=') + 1);
		assert_null(gt_env_unknown());
	}
}

static void test_env_a_process_without_environment_has_defaults(void **state)
{
	(void)state;
	gt_env_snapshot((char *[]){ "GENTAP_LOG=info", NULL });
	gt_env_snapshot(NULL);
	assert_null(gt_env_get(GT_ENV_GENTAP_LOG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_env_before_the_snapshot_everything_is_unset),
		GT_TEST(test_env_values_survive_a_program_that_overwrites_its_environment),
		GT_TEST(test_env_empty_counts_as_unset_except_raw),
		GT_TEST(test_env_true_is_true_in_any_case_and_nothing_else),
		GT_TEST(test_env_names_are_compared_whole),
		GT_TEST(test_env_of_two_equal_names_the_first_counts_as_getenv_has_it),
		GT_TEST(test_env_a_misspelt_name_is_noticed),
		GT_TEST(test_env_takes_values_longer_than_its_own_room),
		GT_TEST(test_env_every_documented_name_is_found),
		GT_TEST(test_env_a_process_without_environment_has_defaults),
	};

	return GT_TESTS(tests);
}
