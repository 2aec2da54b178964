/* Which programs are followed. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/follow.h"
#include "shim/guard.h"
#include "shim/shared/env.h"

#define PROGRAM "/usr/bin/env"

static char folder[] = "/tmp/gentap-test-XXXXXX", copy[64], other[64];

static int begin(void **state)
{
	(void)state;
	gt_env_snapshot((char *[]){ "GENTAP_FOLLOW=children", NULL });
	gt_owner_set();
	gt_follow_init();
	gt_follow_set_library("/proc/self/exe"); /* this user can read it */
	atomic_store(&gt_awake, true);
	return access(PROGRAM, R_OK) != 0 || !gt_follow_is_on();
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(copy);
	unlink(other);
	return rmdir(folder);
}

static void write_file(const char *path, const char *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	assert_int_equal(write(fd, p, len), len);
	close(fd);
}

static void copy_program(void)
{
	static char bytes[1 << 20];
	int fd = open(PROGRAM, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	assert_true(n > 0);
	close(fd);
	write_file(copy, bytes, (size_t)n);
}

static bool takes(const char *path)
{
	bool yes;

	errno = 4242;
	yes = gt_follow_takes(AT_FDCWD, path);
	assert_int_equal(errno, 4242);
	return yes;
}

static void test_follow_takes_an_ordinary_program_however_it_is_named(void **state)
{
	int usr = open("/usr/bin", O_PATH | O_DIRECTORY), fd = open(PROGRAM, O_PATH);

	(void)state;
	for (int again = 0; again < 2; again++) {
		assert_true(takes(PROGRAM));
		assert_true(gt_follow_takes(usr, "env"));
		assert_true(gt_follow_takes_number(fd));
		setenv("PATH", "/nowhere:/etc:/usr/bin", 1);
		assert_true(gt_follow_takes_named("env", false));
		assert_true(gt_follow_takes_named(PROGRAM, false));
		setenv("PATH", "nowhere:../../../../../../../usr/bin", 1);
		assert_false(gt_follow_takes_named("env", false));
	}
	assert_int_equal(chdir("/"), 0);
	setenv("PATH", "nowhere:usr/bin", 1);
	assert_true(gt_follow_takes_named("env", true));
	assert_false(gt_follow_takes_named("", true));
	assert_false(gt_follow_takes_named("no-such-program", true));
	close(usr);
	close(fd);
}

static void test_follow_leaves_raised_rights_and_odd_files_alone(void **state)
{
	(void)state;
	copy_program();
	assert_true(takes(copy));
	assert_int_equal(chmod(copy, 04755), 0);
	assert_false(takes(copy));
	assert_int_equal(chmod(copy, 02755), 0);
	assert_false(takes(copy));
	assert_int_equal(chmod(copy, 0755), 0);
	assert_true(takes(copy));
	assert_false(takes("/usr/bin"));
	assert_false(takes("/dev/null"));
	assert_false(takes("/no/such/file"));
	assert_false(takes((const char *)16));
	assert_false(gt_follow_takes(-1, "env"));
	assert_false(gt_follow_takes_number(-1));
	assert_int_equal(mkfifo(other, 0755), 0);
	assert_false(takes(other)); /* and does not wait for a writer */
	unlink(other);
}

static void test_follow_goes_from_script_to_program(void **state)
{
	char line[80];

	(void)state;
	copy_program();
	snprintf(line, sizeof(line), "#!%s\n", copy);
	write_file(other, line, strlen(line));
	assert_true(takes(other));
	chmod(copy, 04755);
	assert_false(takes(other));
	snprintf(line, sizeof(line), "#!%s\n", other);
	write_file(other, line, strlen(line)); /* it runs itself: the kernel gives up, too */
	assert_false(takes(other));
	write_file(other, "echo\n", 5);
	assert_false(takes(other));
}

static void test_follow_needs_a_library_that_can_be_read(void **state)
{
	(void)state;
	gt_follow_set_library("/nowhere/libgentap.so");
	assert_false(takes(PROGRAM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST_FRESH(test_follow_takes_an_ordinary_program_however_it_is_named, begin),
		GT_TEST_FRESH(test_follow_leaves_raised_rights_and_odd_files_alone, begin),
		GT_TEST_FRESH(test_follow_goes_from_script_to_program, begin),
		GT_TEST_FRESH(test_follow_needs_a_library_that_can_be_read, begin),
	};

	cmocka_set_test_filter(getenv("GT_FILTER"));
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
