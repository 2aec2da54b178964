/* Environments of programs that a process starts. */
#include "support/test.h"

#include <errno.h>
#include <sys/mman.h>

#include "shim/child_env.h"
#include "shim/follow.h"
#include "shim/guard.h"
#include "support/guard_page.h"

#define LIBRARY "/opt/gentap/lib/libgentap.so"

static char *const at_start[] = { "GENTAP_FOLLOW=children",
				  "GENTAP_RUN_FILE=/tmp/run",
				  "GENTAP_RUN_FILE_MARK=m",
				  "OTEL_SERVICE_NAME=",
				  "OTEL_EXPORTER_OTLP_ENDPOINT=http://c",
				  "OTEL_EXPORTER_OTLP_HEADERS=k=v",
				  "TRACEPARENT=00-1",
				  "TMPDIR=/tmp",
				  NULL };

static int begin(void **state)
{
	(void)state;
	gt_env_snapshot(at_start);
	gt_follow_init();
	gt_follow_set_library(LIBRARY);
	gt_owner_set();
	atomic_store(&gt_awake, true);
	return 0;
}

#define ALL "OTEL_SERVICE_NAME=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c", "OTEL_EXPORTER_OTLP_HEADERS=k=v"

/* Lays the environment out in as much room as was asked for; compares it with `want`. NULL: it lacks nothing. */
static void assert_laid(char *const envp[], const char *const *want)
{
	static const char zero[8192];
	struct gt_child_env e;
	char *const *got;
	char **room;
	size_t n = 0;

	errno = 4242;
	if (!gt_child_env_lacks(&e, envp)) {
		assert_null(want);
		assert_int_equal(errno, 4242);
		return;
	}
	assert_non_null(want);
	/* a byte beyond it has no memory */
	room = (char **)gt_guard_end(zero, e.room * sizeof(char *));
	got = gt_child_env_lay(&e, room);
	for (; want[n]; n++) {
		assert_non_null(got[n]);
		assert_string_equal(got[n], want[n]);
	}
	assert_null(got[n]);
	assert_int_equal(errno, 4242);
	gt_guard_free((char *)room, e.room * sizeof(char *));
}

/* No memory; the compiler must not know it. */
static char *const *volatile bad = (char *const *)16;

#define LIST(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })
#define ENV(...)  ((char *const *)LIST(__VA_ARGS__))

static void test_child_env_gets_the_library_and_what_it_does_not_name(void **state)
{
	(void)state;
	assert_laid(NULL, LIST("LD_PRELOAD=" LIBRARY, "GENTAP_FOLLOW=children", ALL, "GENTAP_RUN_FILE=/tmp/run",
			       "GENTAP_RUN_FILE_MARK=m"));
	assert_laid(ENV("PATH=/bin", "A", "", "=x", "PATH=/usr/bin"),
		    LIST("PATH=/bin", "A", "", "=x", "PATH=/usr/bin", "LD_PRELOAD=" LIBRARY, "GENTAP_FOLLOW=children", ALL,
			 "GENTAP_RUN_FILE=/tmp/run", "GENTAP_RUN_FILE_MARK=m"));
	assert_laid(ENV("OTEL_SERVICE_NAME=x", "GENTAP_FOLLOW=off", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=", "GENTAP_RUN_FILE="),
		    LIST("OTEL_SERVICE_NAME=x", "GENTAP_FOLLOW=off",
			 "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=", "GENTAP_RUN_FILE=", "LD_PRELOAD=" LIBRARY));
	/* these are other names */
	assert_laid(ENV("OTEL_SERVICE_NAME", "OTEL_SERVICE_NAMES=1", "GENTAP_RUN_FIL=1", "LD_PRELOADS=" LIBRARY, "LD_PRELOAD"),
		    LIST("OTEL_SERVICE_NAME", "OTEL_SERVICE_NAMES=1", "GENTAP_RUN_FIL=1", "LD_PRELOADS=" LIBRARY, "LD_PRELOAD",
			 "LD_PRELOAD=" LIBRARY, "GENTAP_FOLLOW=children", ALL, "GENTAP_RUN_FILE=/tmp/run",
			 "GENTAP_RUN_FILE_MARK=m"));
}

#define NAMED "GENTAP_FOLLOW=", "OTEL_SERVICE_NAME=1", "OTEL_EXPORTER_OTLP_ENDPOINT=1", "GENTAP_RUN_FILE=1"

static void test_child_env_a_preload_stays_behind_the_library(void **state)
{
	static const struct {
		const char *own, *merged;
	} rows[] = {
		{ "", LIBRARY },
		{ "a.so", LIBRARY ":a.so" },
		{ "a.so:b.so c.so", LIBRARY ":a.so:b.so c.so" },
		{ " :a.so", LIBRARY ": :a.so" },
		{ "/usr/lib/libasan.so.8", "/usr/lib/libasan.so.8:" LIBRARY },
		{ "libasan.so.8:a.so", "libasan.so.8:" LIBRARY ":a.so" },
		{ "libclang_rt.asan.so a.so", "libclang_rt.asan.so " LIBRARY ":a.so" },
		{ "mylibgentap.so", LIBRARY ":mylibgentap.so" },
		{ LIBRARY, NULL },
		{ "a.so:" LIBRARY, NULL },
		{ "libgentap.so", NULL },
		{ " other/libgentap.so ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char own[200], merged[300];

		snprintf(own, sizeof(own), "LD_PRELOAD=%s", rows[i].own);
		snprintf(merged, sizeof(merged), "LD_PRELOAD=%s", rows[i].merged ? rows[i].merged : "");
		assert_laid(ENV("A=1", own, "B=2", NAMED), rows[i].merged ? LIST("A=1", merged, "B=2", NAMED) : NULL);
		/* the last of several counts */
		assert_laid(ENV("LD_PRELOAD=" LIBRARY, own, NAMED),
			    rows[i].merged ? LIST("LD_PRELOAD=" LIBRARY, merged, NAMED) : NULL);
	}
}

static void test_child_env_that_switches_gentap_off_is_complete(void **state)
{
	(void)state;
	assert_laid(ENV("GENTAP_DISABLED=1"), NULL);
	assert_laid(ENV("OTEL_SDK_DISABLED=TRUE"), NULL);
	assert_laid(ENV("GENTAP_DISABLED=0", "OTEL_SDK_DISABLED=false", NAMED),
		    LIST("GENTAP_DISABLED=0", "OTEL_SDK_DISABLED=false", NAMED, "LD_PRELOAD=" LIBRARY));
}

static void test_child_env_is_not_looked_at_where_programs_are_not_followed(void **state)
{
	struct gt_child_env e;

	(void)state;
	atomic_store(&gt_awake, false);
	assert_false(gt_child_env_lacks(&e, NULL));
	atomic_store(&gt_awake, true);
	gt_self.doubt = GT_FILTERED;
	assert_false(gt_child_env_lacks(&e, NULL));
	gt_self.doubt = GT_SURE;
	assert_true(gt_child_env_lacks(&e, NULL));
	for (size_t i = 0; i < 5; i++) {
		static const struct {
			char *vars[3];
			bool is_on;
		} rows[] = { { { NULL }, false },
			     { { "GENTAP_RUN_FOLLOW=1", NULL }, true },
			     { { "GENTAP_RUN_FOLLOW=1", "GENTAP_FOLLOW= OFF", NULL }, false },
			     { { "GENTAP_RUN_FOLLOW=1", "GENTAP_FOLLOW=nonsense", NULL }, true },
			     { { "GENTAP_FOLLOW=nonsense", NULL }, false } };

		gt_env_snapshot((char *const *)rows[i].vars);
		gt_follow_init();
		assert_int_equal(gt_follow_is_on(), rows[i].is_on);
	}
}

static void test_child_env_a_library_that_cannot_be_named_is_not_given(void **state)
{
	(void)state;
	gt_follow_set_library("/with blank/libgentap.so");
	assert_null(gt_follow_library());
	gt_follow_set_library("/with:colon/libgentap.so");
	assert_null(gt_follow_library());
	gt_follow_set_library("libgentap.so");
	assert_null(gt_follow_library());
}

static void test_child_env_that_is_large_is_passed_on_as_it_is(void **state)
{
	char *many[GT_CHILD_VARIABLES_MAX + 2], preload[GT_CHILD_PRELOAD_MAX + 100];
	struct gt_child_env e;

	(void)state;
	for (size_t i = 0; i <= GT_CHILD_VARIABLES_MAX; i++)
		many[i] = "A=1";
	many[GT_CHILD_VARIABLES_MAX + 1] = NULL;
	assert_false(gt_child_env_lacks(&e, many));
	many[GT_CHILD_VARIABLES_MAX] = NULL;
	assert_true(gt_child_env_lacks(&e, many));
	assert_false(gt_child_env_is_large(&e, NULL));
	memset(preload, 'x', sizeof(preload) - 1);
	memcpy(preload, "LD_PRELOAD=", 11);
	preload[sizeof(preload) - 1] = 0;
	assert_false(gt_child_env_lacks(&e, ENV(preload)));
	preload[GT_CHILD_PRELOAD_MAX - 100] = 0;
	assert_true(gt_child_env_lacks(&e, ENV(preload)));
	assert_true(e.room < 1024); /* of 8 bytes, on a stack of 16 KB */
}

static void test_child_env_counts_arguments(void **state)
{
	static char longest[100000];
	struct gt_child_env e;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	assert_true(gt_child_env_lacks(&e, ENV("A=1")));
	assert_false(gt_child_env_is_large(&e, ENV("a", "b")));
	assert_true(gt_child_env_is_large(&e, ENV("a", longest)));
	assert_true(gt_child_env_is_large(&e, bad));
	longest[90000] = 0;
	assert_false(gt_child_env_is_large(&e, ENV(longest)));
	assert_true(gt_child_env_lacks(&e, ENV(longest)));
	assert_true(gt_child_env_is_large(&e, ENV(longest)));
}

static void test_child_env_bad_memory_is_left_to_the_kernel(void **state)
{
	char *end = gt_guard_end("LD_PRELOAD=a", 12), *half[2];
	struct gt_child_env e;
	char **list;

	(void)state;
	assert_false(gt_child_env_lacks(&e, bad));
	assert_false(gt_child_env_lacks(&e, ENV("A=1", (char *)16)));
	assert_false(gt_child_env_lacks(&e, ENV("A=1", end)));
	half[0] = half[1] = "A=1";
	list = (char **)gt_guard_end((char *)half, sizeof(half));
	assert_false(gt_child_env_lacks(&e, list));
	list[1] = NULL;
	assert_true(gt_child_env_lacks(&e, list));
	gt_guard_free((char *)list, sizeof(half));
	gt_guard_free(end, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_child_env_gets_the_library_and_what_it_does_not_name, begin),
		GT_TEST_FRESH(test_child_env_a_preload_stays_behind_the_library, begin),
		GT_TEST_FRESH(test_child_env_that_switches_gentap_off_is_complete, begin),
		GT_TEST_FRESH(test_child_env_is_not_looked_at_where_programs_are_not_followed, begin),
		GT_TEST_FRESH(test_child_env_a_library_that_cannot_be_named_is_not_given, begin),
		GT_TEST_FRESH(test_child_env_that_is_large_is_passed_on_as_it_is, begin),
		GT_TEST_FRESH(test_child_env_counts_arguments, begin),
		GT_TEST_FRESH(test_child_env_bad_memory_is_left_to_the_kernel, begin),
	};

	return GT_TESTS(tests);
}
