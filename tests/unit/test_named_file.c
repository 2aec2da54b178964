#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/named_file.h"
#include "shim/shared/quiet_write.h"

static char folder[64], file[128], other[128];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/gentap-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	unlink(other);
	return rmdir(folder);
}

static int make(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static ssize_t append(int fd, const char *text)
{
	struct iovec parts[2] = { { (void *)text, 1 }, { (void *)(text + 1), strlen(text) - 1 } };

	return gt_named_file_append(fd, parts, 2);
}

static void test_named_file_is_created_for_its_owner_only_and_closed_by_exec(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(gt_named_file_open(file, false), -1);
	assert_int_equal(errno, ENOENT);
	fd = gt_named_file_open(file, true);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
}

static void test_named_file_of_a_run_is_the_file_with_its_mark(void **state)
{
	char mark[GT_FILE_MARK_ROOM], second[GT_FILE_MARK_ROOM], wrong[GT_FILE_MARK_ROOM + 8];
	static const char *const unreadable[] = { NULL, "", "x", "x:y", ":", "-1:0", "99999999999999999999:0" };
	int fd = make(file), again;

	(void)state;
	assert_true(gt_named_file_mark(fd, mark));
	again = gt_named_file_open_marked(file, mark);
	assert_true(again >= 0);
	assert_int_equal(fcntl(again, F_GETFD), FD_CLOEXEC);
	assert_int_equal(append(again, "line\n"), 5);
	close(again);
	again = gt_named_file_open_marked(file, mark);
	assert_true(again >= 0);
	close(again);
	/* without a mark that can be read, the owner decides */
	for (size_t i = 0; i < GT_ROWS(unreadable); i++) {
		again = gt_named_file_open_marked(file, unreadable[i]);
		assert_true(again >= 0);
		close(again);
	}
	for (size_t cut = strcspn(mark, ":") + 1; mark[cut]; cut++) {
		strcpy(wrong, mark);
		wrong[cut] = wrong[cut] == '0' ? '1' : '0';
		assert_int_equal(gt_named_file_open_marked(file, wrong), -1);
		strcpy(wrong, mark);
		wrong[cut] = 0;
		errno = 0;
		assert_int_equal(gt_named_file_open_marked(file, wrong), -1);
		assert_int_equal(errno, EPERM);
	}
	snprintf(wrong, sizeof(wrong), "%s0", mark);
	assert_int_equal(gt_named_file_open_marked(file, wrong), -1);
	/* a file system may give the same inode again */
	close(fd);
	unlink(file);
	fd = make(file);
	assert_int_equal(gt_named_file_open_marked(file, mark), -1);
	assert_true(gt_named_file_mark(fd, second));
	assert_string_not_equal(mark, second);
	assert_int_equal(gt_named_file_open_marked(file, mark), -1);
	close(fd);
}

static void test_named_file_of_a_run_is_no_other_file_of_that_name(void **state)
{
	char mark[GT_FILE_MARK_ROOM];
	int fd = make(file), mine = make(other), before, after;

	(void)state;
	before = dup(fd);
	close(before);
	assert_true(gt_named_file_mark(fd, mark));
	unlink(file);
	assert_int_equal(gt_named_file_open_marked(file, mark), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(link(other, file), 0);
	assert_int_equal(gt_named_file_open_marked(file, mark), -1);
	assert_int_equal(errno, EPERM);
	unlink(file);
	assert_int_equal(symlink(other, file), 0);
	assert_int_equal(gt_named_file_open_marked(file, NULL), -1);
	assert_int_equal(errno, ELOOP);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(gt_named_file_open_marked(file, NULL), -1);
	assert_int_equal(errno, EPERM);
	unlink(file);
	if (geteuid() == 0) {
		assert_int_equal(fchown(mine, 65534, 65534), 0);
		assert_int_equal(gt_named_file_open_marked(other, NULL), -1);
		assert_int_equal(errno, EPERM);
	}
	after = dup(fd);
	assert_int_equal(after, before);
	close(after);
	close(fd);
	close(mine);
}

static void test_named_file_pipe_without_a_reader_is_not_waited_for(void **state)
{
	char full[4096] = "";
	int reader, fd;

	(void)state;
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(gt_named_file_open(file, true), -1);
	assert_int_equal(errno, ENXIO);
	reader = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fd = gt_named_file_open(file, true);
	assert_int_equal(append(fd, "line\n"), 5);
	while (write(fd, full, sizeof(full)) > 0)
		;
	assert_int_equal(append(fd, "line\n"), -1);
	assert_int_equal(errno, EAGAIN);
	close(reader);
	assert_int_equal(append(fd, "line\n"), -1); /* SIGPIPE would end the test */
	assert_int_equal(errno, EPIPE);
	close(fd);
}

/* the default action of SIGXFSZ would end the test */
static void test_named_file_line_fits_below_the_limit_or_is_not_written(void **state)
{
	int fd = make(file), appender = gt_named_file_open(file, false);
	struct rlimit before, small;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 8;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(append(appender, "12345\n"), 6);
	assert_int_equal(append(appender, "123\n"), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(append(appender, "8\n"), 2);
	assert_int_equal(append(appender, "\n"), -1);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8);
	close(appender);
	close(fd);
}

static volatile int caught;

static void catch (int sig)
{
	caught = sig;
}

static void write_to_nothing(void)
{
	struct gt_quiet quiet;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	gt_quiet_begin(&quiet);
	assert_int_equal(write(ends[1], "x", 1), -1);
	gt_quiet_end(&quiet, errno);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
}

static void test_quiet_write_raises_no_signal_and_keeps_the_applications(void **state)
{
	struct sigaction action = { .sa_handler = catch }, before;
	sigset_t pipe_only, mask, pending;

	(void)state;
	sigaction(SIGPIPE, &action, &before);
	caught = 0;
	write_to_nothing();
	assert_int_equal(caught, 0);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
	write_to_nothing();
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	raise(SIGPIPE);
	write_to_nothing();
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 1);
	pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
	assert_int_equal(caught, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGPIPE) + sigismember(&mask, SIGXFSZ) + sigismember(&mask, SIGTTOU), 0);
	sigaction(SIGPIPE, &before, NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_named_file_is_created_for_its_owner_only_and_closed_by_exec),
		T(test_named_file_of_a_run_is_the_file_with_its_mark),
		T(test_named_file_of_a_run_is_no_other_file_of_that_name),
		T(test_named_file_pipe_without_a_reader_is_not_waited_for),
		T(test_named_file_line_fits_below_the_limit_or_is_not_written),
		T(test_quiet_write_raises_no_signal_and_keeps_the_applications),
	};

	return GT_TESTS(tests);
}
