#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/log.h"

static char path[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(path, "/tmp/gentap-test-log-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gt_log_open(NULL, NULL);
	unlink(path);
	return 0;
}

/* The log since set_up. */
static char *written(void)
{
	static char text[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	return text;
}

static void test_log_specification_sets_levels_and_components(void **state)
{
	static const struct {
		const char *spec;
		bool good;
		int conn, sink;
		bool silenced;
	} rows[] = {
		{ NULL, true, GT_LOG_OFF, GT_LOG_OFF, false },
		{ "", true, GT_LOG_OFF, GT_LOG_OFF, false },
		{ "  ", true, GT_LOG_OFF, GT_LOG_OFF, false },
		{ "off", true, GT_LOG_OFF, GT_LOG_OFF, true },
		{ "none", true, GT_LOG_OFF, GT_LOG_OFF, true },
		{ "error", true, GT_LOG_ERROR, GT_LOG_ERROR, false },
		{ "Warn", true, GT_LOG_WARN, GT_LOG_WARN, false },
		{ "warning", true, GT_LOG_WARN, GT_LOG_WARN, false },
		{ "info", true, GT_LOG_INFO, GT_LOG_INFO, false },
		{ " debug ", true, GT_LOG_DEBUG, GT_LOG_DEBUG, false },
		{ "trace", true, GT_LOG_DEBUG, GT_LOG_DEBUG, false },
		{ "debug:conn", true, GT_LOG_DEBUG, GT_LOG_OFF, false },
		{ "info : conn , splice", true, GT_LOG_INFO, GT_LOG_OFF, false },
		{ "conn,splice", true, GT_LOG_DEBUG, GT_LOG_OFF, false },
		{ "sink", true, GT_LOG_OFF, GT_LOG_DEBUG, false },
		{ "debug:conn,nothing", false, GT_LOG_DEBUG, GT_LOG_OFF, false },
		{ "loud", false, GT_LOG_OFF, GT_LOG_OFF, false },
		{ "loud:conn", false, GT_LOG_OFF, GT_LOG_OFF, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		assert_int_equal(gt_log_open(rows[i].spec, NULL), rows[i].good);
		assert_int_equal(gt_log_levels[GT_LOG_CONN], rows[i].conn);
		assert_int_equal(gt_log_levels[GT_LOG_SINK], rows[i].sink);
		assert_int_equal(gt_log_is_silenced(), rows[i].silenced);
	}
}

static void test_log_off_writes_nothing_and_evaluates_nothing(void **state)
{
	int evaluated = 0;

	(void)state;
	gt_log_open(NULL, path);
	gt_log(GT_LOG_CONN, GT_LOG_ERROR, "%d", ++evaluated);
	assert_int_equal(evaluated, 0);
	assert_string_equal(written(), "");
}

static void test_log_line_names_process_level_and_component(void **state)
{
	char expected[128];

	(void)state;
	gt_log_open("warn", path);
	gt_log(GT_LOG_SPLICE, GT_LOG_WARN, "%s %d", "text", 7);
	gt_log(GT_LOG_SPLICE, GT_LOG_INFO, "not wanted");
	snprintf(expected, sizeof(expected), "gentap[%d] warn splice: text 7\n", (int)getpid());
	assert_string_equal(written(), expected);
}

static void test_log_a_line_that_is_too_long_is_cut_and_still_ends(void **state)
{
	static char big[4096];
	char *text;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	gt_log_open("debug", path);
	for (int n = 440; n < 520; n++)
		gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "%.*s", n, big);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "%s", big);
	text = written();
	for (int line = 0; line < 81; line++) {
		char *end = strchr(text, '\n');

		assert_non_null(end);
		assert_true(end - text < 512);
		assert_memory_equal(text, "gentap[", 7);
		text = end + 1;
	}
	assert_string_equal(text, "");
}

static void test_log_keeps_errno_and_leaves_no_descriptor(void **state)
{
	int before, after;

	(void)state;
	before = open("/dev/null", O_RDONLY);
	close(before);
	gt_log_open("debug", "/nonexistent/place/log");
	errno = EAGAIN;
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "lost");
	assert_int_equal(errno, EAGAIN);
	gt_log_open("debug", path);
	errno = EINTR;
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "kept");
	assert_int_equal(errno, EINTR);
	after = open("/dev/null", O_RDONLY);
	close(after);
	assert_int_equal(before, after);
}

static void *writer(void *unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++)
		gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "0123456789012345678901234567890123456789 %d", i);
	return NULL;
}

/* the lines of two threads do not mix */
static void test_log_lines_of_several_threads_do_not_mix(void **state)
{
	pthread_t t[4];
	char *text;
	int lines = 0;

	(void)state;
	gt_log_open("debug", path);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, writer, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (text = written(); *text; lines++) {
		char *end = strchr(text, '\n');

		assert_non_null(end);
		assert_memory_equal(text, "gentap[", 7);
		*end = 0;
		assert_non_null(strstr(text, ": 0123456789012345678901234567890123456789 "));
		text = end + 1;
	}
	assert_int_equal(lines, 2000);
}

static void test_log_file_is_for_its_owner_only(void **state)
{
	struct stat st;

	(void)state;
	unlink(path);
	gt_log_open("debug", path);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "first");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_log_specification_sets_levels_and_components),
		T(test_log_off_writes_nothing_and_evaluates_nothing),
		T(test_log_line_names_process_level_and_component),
		T(test_log_a_line_that_is_too_long_is_cut_and_still_ends),
		T(test_log_keeps_errno_and_leaves_no_descriptor),
		T(test_log_lines_of_several_threads_do_not_mix),
		T(test_log_file_is_for_its_owner_only),
	};

	return GT_TESTS(tests);
}
