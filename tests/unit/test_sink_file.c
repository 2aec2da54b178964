#include "support/fail_nth.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/shared/log.h"
#include "shim/shared/named_file.h"

#define FILE_MAX (8u << 20)

static char folder[64], file[128], log_file[128];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/gentap-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/spans.jsonl", folder);
	snprintf(log_file, sizeof(log_file), "%s/log", folder);
	return gt_log_open("warn:sink", log_file) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	gt_log_open(NULL, NULL);
	unlink(file);
	unlink(log_file);
	return rmdir(folder);
}

/* Gives the contents, terminated; an empty string without such a file. */
static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, FILE_MAX);

	assert_non_null(text);
	if (f) {
		text[fread(text, 1, FILE_MAX - 1, f)] = 0;
		fclose(f);
	}
	return text;
}

static int count_lines(const char *path)
{
	char *text = slurp(path);
	int n = 0;

	for (const char *p = text; *p; p++)
		n += *p == '\n';
	free(text);
	return n;
}

/* The number of whole lines. `bad` gets the number of other lines; blank lines count as neither. */
static int count_good_lines(const char *path, int *bad)
{
	char *text = slurp(path), *save = NULL;
	int n = 0;

	*bad = 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		cJSON *x = cJSON_ParseWithOpts(line, NULL, true);

		if (x)
			n++;
		else
			(*bad)++;
		cJSON_Delete(x);
	}
	free(text);
	return n;
}

static int count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_sink_file_writes_a_line_for_each_batch(void **state)
{
	struct gt_sink *sink = gt_sink_file_open(file);
	int before = count_descriptors(), bad;
	struct gt_sample s;
	struct stat st;

	(void)state;
	gt_sample_init(&s, 3);
	sink->ops->write(sink, &s.view);
	sink->ops->write(sink, &s.view);
	assert_int_equal(count_good_lines(file, &bad), 2);
	assert_int_equal(bad, 0);
	assert_int_equal(sink->sent, 6);
	assert_int_equal(sink->dropped, 0);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

static void test_sink_file_relative_path_stays_where_it_was(void **state)
{
	char before[4096];
	struct gt_sink *sink;
	struct gt_sample s;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);
	sink = gt_sink_file_open("spans.jsonl");
	assert_int_equal(chdir("/"), 0);
	gt_sample_init(&s, 1);
	sink->ops->write(sink, &s.view);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(sink->sent, 1);
	assert_int_equal(count_lines(file), 1);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

static void test_sink_file_without_spans_writes_nothing(void **state)
{
	struct gt_sink *sink = gt_sink_file_open(file);
	struct gt_sample s;

	(void)state;
	gt_sample_init(&s, 0);
	sink->ops->write(sink, &s.view);
	assert_int_not_equal(access(file, F_OK), 0);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

static void test_sink_file_is_shared_by_processes_line_by_line(void **state)
{
	enum { WRITERS = 4, LINES = 50 };
	struct gt_sample s;
	int bad;

	(void)state;
	gt_sample_init(&s, 40); /* longer than a page, and than an atomic write to a pipe */
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			struct gt_sink *sink = gt_sink_file_open(file);

			for (int k = 0; sink && k < LINES; k++)
				sink->ops->write(sink, &s.view);
			_exit(!sink || sink->sent != 40 * LINES);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_good_lines(file, &bad), WRITERS * LINES);
	assert_int_equal(bad, 0);
	gt_sample_free(&s);
}

static void test_sink_file_tells_of_a_loss_once_until_it_works_again(void **state)
{
	struct gt_sink *sink;
	struct gt_sample s;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/missing/spans.jsonl", folder);
	sink = gt_sink_file_open(path);
	gt_sample_init(&s, 2);
	for (int i = 0; i < 3; i++)
		sink->ops->write(sink, &s.view);
	assert_int_equal(sink->dropped, 6);
	assert_int_equal(count_lines(log_file), 1);
	*strrchr(path, '/') = 0;
	assert_int_not_equal(access(path, F_OK), 0); /* the sink makes no folder */
	assert_int_equal(mkdir(path, 0700), 0);
	sink->ops->write(sink, &s.view);
	assert_int_equal(sink->sent, 2);
	strcat(path, "/spans.jsonl");
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
	sink->ops->write(sink, &s.view);
	sink->ops->write(sink, &s.view);
	assert_int_equal(sink->dropped, 10);
	assert_int_equal(count_lines(log_file), 2);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

static void test_sink_file_leaves_a_failed_write_of_anothers_spool_there(void **state)
{
	static const struct {
		bool is_patient, is_of_run;
		unsigned left, dropped;
	} rows[] = { { true, false, 2, 0 }, { false, false, 0, 2 }, { true, true, 0, 2 } };
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/missing/spans.jsonl", folder);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_sink *sink = rows[i].is_of_run ? gt_sink_run_file_open(path, NULL) : gt_sink_file_open(path);
		struct gt_hold hold = { .refs = 1, .is_patient = rows[i].is_patient };
		struct gt_sample s;

		gt_sample_init(&s, 2);
		s.view.hold = &hold;
		sink->ops->write(sink, &s.view);
		assert_int_equal(sink->left, rows[i].left);
		assert_int_equal(sink->dropped, rows[i].dropped);
		assert_int_equal(hold.is_undelivered, rows[i].left > 0);
		assert_int_equal(hold.refs, 1);
		sink->ops->close(sink);
		gt_sample_free(&s);
	}
}

static void test_sink_file_that_cannot_be_written_drops(void **state)
{
	char fifo[128];
	const char *const paths[] = { "/dev/full", folder, fifo, "", "/proc/self/stat/x" };
	struct gt_sample s;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	gt_sample_init(&s, 1);
	for (size_t i = 0; i < GT_ROWS(paths); i++) {
		struct gt_sink *sink = gt_sink_file_open(paths[i]);

		sink->ops->write(sink, &s.view);
		assert_int_equal(sink->sent, 0);
		assert_int_equal(sink->dropped, 1);
		sink->ops->close(sink);
	}
	unlink(fifo);
	gt_sample_free(&s);
}

static void test_sink_file_below_a_limit_of_file_sizes_a_line_is_whole_or_missing(void **state)
{
	struct rlimit before, small;
	struct gt_sink *sink;
	struct gt_sample s;
	struct stat st;
	int bad;

	(void)state;
	gt_sample_init(&s, 1);
	sink = gt_sink_file_open(file);
	sink->ops->write(sink, &s.view);
	assert_int_equal(stat(file, &st), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size * 3 / 2;
	setrlimit(RLIMIT_FSIZE, &small);
	sink->ops->write(sink, &s.view); /* half of the batch would fit */
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(sink->dropped, 1);
	sink->ops->write(sink, &s.view);
	assert_int_equal(sink->sent, 2);
	assert_int_equal(count_good_lines(file, &bad), 2);
	assert_int_equal(bad, 0);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

/* A pipe with little room takes a part of a line that is longer than PIPE_BUF. */
static void test_sink_file_after_a_short_write_only_that_line_is_bad(void **state)
{
	static char text[1 << 20];
	size_t used = 0;
	struct gt_sink *sink;
	struct gt_sample s;
	int reader, lines = 0, good = 0, blank = 0;
	ssize_t n;

	(void)state;
	assert_int_equal(mkfifo(file, 0600), 0);
	reader = open(file, O_RDONLY | O_NONBLOCK);
	assert_true(fcntl(reader, F_SETPIPE_SZ, 4096) >= 4096);
	gt_sample_init(&s, 40);
	sink = gt_sink_file_open(file);
	sink->ops->write(sink, &s.view);
	assert_int_equal(sink->dropped, 40); /* a part of it is in the pipe */
	gt_sample_free(&s);
	gt_sample_init(&s, 1);
	for (int i = 0; i < 3; i++) {
		while ((n = read(reader, text + used, sizeof(text) - 1 - used)) > 0)
			used += (size_t)n;
		sink->ops->write(sink, &s.view);
	}
	while ((n = read(reader, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	assert_int_equal(sink->sent, 3);
	text[used] = 0;
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		cJSON *x;

		*end = 0;
		x = cJSON_ParseWithOpts(line, NULL, true);
		lines++;
		good += x != NULL;
		blank += line == end;
		cJSON_Delete(x);
	}
	assert_int_equal(lines, 4);
	assert_int_equal(good, 3);
	assert_int_equal(blank, 0);
	sink->ops->close(sink);
	close(reader);
	gt_sample_free(&s);
}

/* Fills a disk of two pages up to its last byte. Returns 0, the line of a failure, or -1 where it cannot mount one. */
static int write_to_a_full_disk(void)
{
	struct gt_sink *sink = gt_sink_file_open(file);
	struct gt_sample s;
	char *text;
	int bad, filler;

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", folder, "tmpfs", 0, "size=8192"))
		return -1;
	gt_sample_init(&s, 40);
	sink->ops->write(sink, &s.view); /* torn */
	if (sink->dropped != 40 || truncate(file, 8191))
		return __LINE__;
	sink->ops->write(sink, &s.view); /* only the newline fits */
	text = slurp(file);
	if (sink->dropped != 80 || strlen(text) != 8192 || text[8191] != '\n')
		return __LINE__;
	filler = open(file, O_WRONLY | O_TRUNC);
	close(filler);
	gt_sample_init(&s, 1);
	sink->ops->write(sink, &s.view);
	free(text);
	text = slurp(file);
	return sink->sent == 1 && text[0] == '{' && count_good_lines(file, &bad) == 1 ? 0 : __LINE__;
}

/* A newline that ends a torn line leaves nothing torn, even when the next line does not fit. */
static void test_sink_file_a_torn_line_is_ended_once(void **state)
{
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(write_to_a_full_disk() & 0xff);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 0xff)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_sink_file_of_a_run_is_the_file_with_its_mark(void **state)
{
	char mark[GT_FILE_MARK_ROOM];
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL, 0600), bad;
	struct gt_sink *sink;
	struct gt_sample s;

	(void)state;
	assert_true(gt_named_file_mark(fd, mark));
	gt_sample_init(&s, 1);
	sink = gt_sink_run_file_open(file, mark);
	sink->ops->write(sink, &s.view);
	assert_int_equal(sink->sent, 1);
	assert_int_equal(count_good_lines(file, &bad), 2);
	unlink(file);
	sink->ops->write(sink, &s.view); /* is not made again */
	assert_int_not_equal(access(file, F_OK), 0);
	close(open(file, O_RDWR | O_CREAT | O_EXCL, 0600));
	sink->ops->write(sink, &s.view);
	assert_int_equal(count_lines(file), 0);
	assert_int_equal(sink->dropped, 2);
	sink->ops->close(sink);
	close(fd);
	gt_sample_free(&s);
}

static void test_sink_file_survives_every_failed_allocation(void **state)
{
	struct gt_sample s;
	int n, bad;

	(void)state;
	gt_sample_init(&s, 20);
	for (n = 1; gt_fail_nth(n); n++) {
		struct gt_sink *sink = gt_sink_file_open(file);

		if (!sink)
			continue;
		sink->ops->write(sink, &s.view);
		assert_int_equal(sink->sent + sink->dropped, 20);
		sink->ops->close(sink);
	}
	gt_fail_none();
	assert_true(n > 3);
	assert_int_equal(count_good_lines(file, &bad), 1);
	assert_int_equal(bad, 0);
	gt_sample_free(&s);
}

static void test_sink_console_writes_a_block_for_each_span_to_stderr(void **state)
{
	static const struct gt_str reasons[] = { { "stop", 4 }, { "length", 6 } };
	int saved = dup(STDERR_FILENO), out = open(file, O_RDWR | O_CREAT, 0600);
	struct gt_sink *sink = gt_sink_console_open(GT_TRACES);
	struct gt_sample s;
	char *text;

	(void)state;
	gt_sample_init(&s, 2);
	s.first->parent.b[7] = 9;
	gt_span_set_str(s.first, GT_ATTR_REQUEST_MODEL, GT_STR("m\x1b[31m\n"));
	gt_span_set_int(s.first, GT_ATTR_USAGE_INPUT_TOKENS, 12);
	gt_span_set_double(s.first, GT_ATTR_REQUEST_TEMPERATURE, 0.5);
	gt_span_set_bool(s.first, GT_ATTR_REQUEST_STREAM, true);
	gt_span_set_strs(s.first, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 2);
	gt_span_set_error(s.first, GT_STR("429"), GT_STR("slow down"));
	dup2(out, STDERR_FILENO);
	sink->ops->write(sink, &s.view);
	dup2(saved, STDERR_FILENO);
	text = slurp(file);
	assert_string_equal(text, "span \"chat model\" client 2025-06-15T15:06:40.000Z 1000 ms\n"
				  "  trace 0102030405060708090a0b0c0d0e0f10 span 0000000000000001 parent 0000000000000009\n"
				  "  gen_ai.request.model = \"m\\u001b[31m\\n\"\n"
				  "  gen_ai.usage.input_tokens = 12\n"
				  "  gen_ai.request.temperature = 0.5\n"
				  "  gen_ai.request.stream = true\n"
				  "  gen_ai.response.finish_reasons = [\"stop\", \"length\"]\n"
				  "  error.type = \"429\"\n"
				  "  error \"slow down\"\n"
				  "span \"chat model\" client 2025-06-15T15:06:40.000Z 1000 ms\n"
				  "  trace 0102030405060708090a0b0c0d0e0f10 span 0000000000000002\n");
	assert_int_equal(sink->sent, 2);
	free(text);
	/* a closed stderr loses the batch, without further harm */
	close(STDERR_FILENO);
	sink->ops->write(sink, &s.view);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(sink->dropped, 2);
	close(saved);
	close(out);
	sink->ops->close(sink);
	gt_sample_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sink_file_writes_a_line_for_each_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_relative_path_stays_where_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_without_spans_writes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_is_shared_by_processes_line_by_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_tells_of_a_loss_once_until_it_works_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_leaves_a_failed_write_of_anothers_spool_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_that_cannot_be_written_drops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_below_a_limit_of_file_sizes_a_line_is_whole_or_missing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_after_a_short_write_only_that_line_is_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_a_torn_line_is_ended_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_of_a_run_is_the_file_with_its_mark, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_file_survives_every_failed_allocation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_console_writes_a_block_for_each_span_to_stderr, setup, teardown),
	};

	return GT_TESTS(tests);
}
