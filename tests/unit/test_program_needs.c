/* What an ELF file asks the loader for. */
#include "support/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "exporter/command/program_needs.h"

static bool needs(const struct gt_program_needs *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (strncmp(n->names[i], name, strlen(name)) == 0)
			return true;
	return false;
}

static void test_program_needs_of_this_test(void **state)
{
	struct gt_program_needs n;

	(void)state;
	assert_true(gt_program_needs_read(&n, "/proc/self/exe"));
	assert_true(needs(&n, "libcmocka.so"));
	assert_true(needs(&n, "libc.so"));
	assert_false(needs(&n, "libssl.so"));
}

static void test_program_needs_of_damaged_files_are_none(void **state)
{
	static char bytes[1 << 20];
	char path[] = "/tmp/gentap-test-XXXXXX";
	struct gt_random r = gt_random_from(7);
	struct gt_program_needs n;
	int fd = open("/proc/self/exe", O_RDONLY);
	ssize_t len = read(fd, bytes, sizeof(bytes));

	(void)state;
	close(fd);
	assert_true(len > 4096);
	assert_false(gt_program_needs_read(&n, "/does/not/exist"));
	assert_false(gt_program_needs_read(&n, "/tmp"));
	assert_false(gt_program_needs_read(&n, "/proc/self/status"));
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (int round = 0; round < 400; round++) {
		size_t cut = round % 2 ? (size_t)len : gt_random_below(&r, (size_t)len);

		for (int i = 0; i < 8; i++) /* heads, then the rest */
			bytes[gt_random_below(&r, round % 3 ? 1024 : (size_t)len)] = (char)gt_random_next(&r);
		memcpy(bytes, "\177ELF\2\1\1", 7);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bytes, cut, 0), cut);
		gt_program_needs_read(&n, path); /* whatever it says */
		assert_true(n.n <= GT_PROGRAM_NEEDS_MAX);
	}
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_program_needs_of_this_test),
		GT_TEST(test_program_needs_of_damaged_files_are_none),
	};

	return GT_TESTS(tests);
}
