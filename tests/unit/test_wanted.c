#include "support/test.h"

#include "shim/shared/env.h"
#include "shim/wanted.h"

/* The third name of this program, that of its file, is test_wanted. */
#define STARTED "/opt/agent/python"
#define EXEC	"/usr/bin/python3"

static void test_wanted_disabled_is_any_value_but_0_false_and_blank(void **state)
{
	static const struct {
		char *var;
		bool is_off;
	} rows[] = {
		{ "GENTAP_DISABLED=1", true },	    { "GENTAP_DISABLED=true", true },	 { "GENTAP_DISABLED=yes", true },
		{ "GENTAP_DISABLED=00", true },	    { "GENTAP_DISABLED= 1 ", true },	 { "GENTAP_DISABLED=no", true },
		{ "GENTAP_DISABLED=0", false },	    { "GENTAP_DISABLED= 0 ", false },	 { "GENTAP_DISABLED=false", false },
		{ "GENTAP_DISABLED=FALSE", false }, { "GENTAP_DISABLED=", false },	 { "GENTAP_DISABLED=  ", false },
		{ "GENTAP_DISABLED", false },	    { "XGENTAP_DISABLED=1", false },	 { "gentap_disabled=1", false },
		{ "GENTAP_DISABLED_=1", false },    { "OTEL_SDK_DISABLED=true", false }, { "", false },
	};

	(void)state;
	assert_false(gt_is_switched_off(NULL));
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(gt_is_switched_off((char *[]){ "PATH=/bin", rows[i].var, "HOME=/", NULL }), rows[i].is_off);
}

/* Variables, and why the process is asleep; NULL: it is awake. */
struct row {
	char *vars[4];
	const char *why;
};

static void assert_rows(const struct row *rows, size_t n, const char *started_as, const char *exec_path)
{
	for (size_t i = 0; i < n; i++) {
		const char *why;

		gt_env_snapshot((char *const *)rows[i].vars);
		why = gt_why_asleep(started_as, exec_path);
		if (!rows[i].why != !why || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu (%s): %s, not %s", i, rows[i].vars[0] ? rows[i].vars[0] : "", why ? why : "awake",
				 rows[i].why ? rows[i].why : "awake");
	}
}

#define EXCLUDED   "GENTAP_EXCLUDE matches"
#define NOT_LISTED "GENTAP_INCLUDE does not match"
#define NOWHERE	   "spans, metrics and events have nowhere to go"

static void test_wanted_a_program_is_known_by_each_of_its_three_names(void **state)
{
	static const struct row rows[] = {
		{ { NULL }, NULL },
		{ { "GENTAP_EXCLUDE=python" }, EXCLUDED },	  /* argv[0] */
		{ { "GENTAP_EXCLUDE=python3" }, EXCLUDED },	  /* the path given to execve */
		{ { "GENTAP_EXCLUDE=test_wanted" }, EXCLUDED },	  /* the file */
		{ { "GENTAP_EXCLUDE=wget, pyth*" }, EXCLUDED },	  /* a list of globs, blanks around an item */
		{ { "GENTAP_EXCLUDE=agent" }, NULL },		  /* not a folder */
		{ { "GENTAP_EXCLUDE=/opt/agent/python" }, NULL }, /* not a path */
		{ { "GENTAP_EXCLUDE=pytho" }, NULL },		  /* the whole name */
		{ { "GENTAP_EXCLUDE=,," }, NULL },
		{ { "GENTAP_INCLUDE=python" }, NULL },
		{ { "GENTAP_INCLUDE=python3" }, NULL },
		{ { "GENTAP_INCLUDE=test_want*" }, NULL },
		{ { "GENTAP_INCLUDE=node,ruby" }, NOT_LISTED },
		{ { "GENTAP_INCLUDE=," }, NOT_LISTED },
		{ { "GENTAP_INCLUDE=" }, NULL }, /* empty is unset */
		{ { "GENTAP_INCLUDE=python", "GENTAP_EXCLUDE=python3" }, EXCLUDED },
		{ { "GENTAP_INCLUDE=python", "GENTAP_EXCLUDE=node" }, NULL },
	};

	(void)state;
	assert_rows(rows, GT_ROWS(rows), STARTED, EXEC);
}

static void test_wanted_without_names_the_file_decides(void **state)
{
	static const struct row rows[] = {
		{ { NULL }, NULL },
		{ { "GENTAP_EXCLUDE=*" }, EXCLUDED },
		{ { "GENTAP_EXCLUDE=python" }, NULL },
		{ { "GENTAP_INCLUDE=test_wanted" }, NULL },
		{ { "GENTAP_INCLUDE=python" }, NOT_LISTED },
	};

	(void)state;
	assert_rows(rows, GT_ROWS(rows), NULL, NULL);
	assert_rows(rows, GT_ROWS(rows), "", "/");
}

static void test_wanted_only_with_somewhere_to_send_spans(void **state)
{
	static const struct row rows[] = {
		{ { "OTEL_TRACES_EXPORTER=none" }, NOWHERE },
		{ { "OTEL_TRACES_EXPORTER= None ,," }, NOWHERE },
		{ { "OTEL_TRACES_EXPORTER=" }, NULL }, /* empty is unset: otlp */
		{ { "OTEL_TRACES_EXPORTER=none,file" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=console" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=nonsense" }, NULL }, /* the exporter warns, and uses the default */
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=" }, NOWHERE },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_EXPORTER=OTLP" }, NOWHERE },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_EXPORTER=otlp,file" }, NULL },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces" }, NULL },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "GENTAP_RUN_FILE=/tmp/run" }, NULL },
		/* metrics, where spans have none; without a word of the user's they need an endpoint */
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c:4318/v1/metrics" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER= OTLP" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none,console" }, NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" },
		  NOWHERE },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=prometheus" }, NOWHERE },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=prometheus", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c" },
		  NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=" }, NOWHERE },
		{ { "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c" }, NULL },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_METRICS_EXPORTER=console" }, NULL },
		/* events, where the user asks for them */
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://c/v1/logs" }, NOWHERE },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_LOGS_EXPORTER=otlp" }, NOWHERE },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_LOGS_EXPORTER=otlp", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=True" },
		  NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://c/v1/logs",
		    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=event_only" },
		  NULL },
		{ { "OTEL_TRACES_EXPORTER=none", "OTEL_LOGS_EXPORTER=otlp", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=false",
		    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=event_only" },
		  NOWHERE },
		{ { "GENTAP_RUN_ONLY=1" }, NOWHERE },
		{ { "GENTAP_RUN_ONLY=1", "GENTAP_RUN_FILE=/tmp/run" }, NULL },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318" }, NULL },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces" }, NULL },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_TRACES_EXPORTER=file" }, NULL },
		{ { "GENTAP_RUN_ONLY=1", "OTEL_TRACES_EXPORTER=otlp" }, NULL },
	};

	(void)state;
	assert_rows(rows, GT_ROWS(rows), STARTED, EXEC);
}

static void test_wanted_the_first_reason_is_reported(void **state)
{
	static const struct row rows[] = {
		{ { "OTEL_SDK_DISABLED=true" }, "OTEL_SDK_DISABLED is true" },
		{ { "OTEL_SDK_DISABLED=false" }, NULL },
		{ { "OTEL_SDK_DISABLED=1" }, NULL }, /* OpenTelemetry: only true is true */
		{ { "OTEL_SDK_DISABLED=true", "GENTAP_EXCLUDE=*", "OTEL_TRACES_EXPORTER=none" }, "OTEL_SDK_DISABLED is true" },
		{ { "GENTAP_EXCLUDE=*", "OTEL_TRACES_EXPORTER=none" }, EXCLUDED },
		{ { "GENTAP_INCLUDE=node", "OTEL_TRACES_EXPORTER=none" }, NOT_LISTED },
	};

	(void)state;
	assert_rows(rows, GT_ROWS(rows), STARTED, EXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_wanted_disabled_is_any_value_but_0_false_and_blank),
		GT_TEST(test_wanted_a_program_is_known_by_each_of_its_three_names),
		GT_TEST(test_wanted_without_names_the_file_decides),
		GT_TEST(test_wanted_only_with_somewhere_to_send_spans),
		GT_TEST(test_wanted_the_first_reason_is_reported),
	};

	return GT_TESTS(tests);
}
