/* Shared libraries as files, whole and damaged. */
#include "support/test.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim/elf_file.h"
#include "shim/library_file.h"
#include "shim/scope.h"

static char path[1024];

/* libcurl as a file. */
static void *whole(size_t *size)
{
	struct gt_library_search search = { 0 };
	struct gt_elf_file f;
	void *copy;

	if (!gt_library_file_open(&search, "libcurl.so.4", NULL, NULL, &f, path, sizeof(path)))
		skip();
	*size = f.size;
	copy = malloc(f.size);
	memcpy(copy, f.bytes, f.size);
	gt_library_file_close(&f);
	gt_library_search_end(&search);
	return copy;
}

/* Walks through everything that scope.c reads. Returns the number of symbols. */
static size_t walk(const struct gt_elf_file *f)
{
	const char *name;
	size_t n = 0;

	for (size_t i = 0; gt_elf_file_string(f, DT_NEEDED, i); i++)
		n += strlen(gt_elf_file_string(f, DT_NEEDED, i)) == 0;
	for (int part = 0; part < 2; part++)
		for (size_t i = 0; f->d.relocations[part] && i < f->d.n[part]; i++)
			if (gt_elf_file_symbol(f, part, i, &name))
				n += strlen(name) > 0;
	n += gt_dynamic_defines(&f->d, "curl_easy_perform") != NULL;
	n += gt_dynamic_defines(&f->d, "no_such_function") != NULL;
	return n;
}

static void test_elf_file_a_library_tells_what_it_needs_and_refers_to(void **state)
{
	struct gt_elf_file f;
	size_t size, ssl = 0;
	void *bytes = whole(&size);
	const char *name;

	(void)state;
	assert_true(gt_elf_file_read(&f, bytes, size));
	for (size_t i = 0; (name = gt_elf_file_string(&f, DT_NEEDED, i)); i++)
		ssl += !strncmp(name, "libssl.so", 9);
	assert_int_equal(ssl, 1);
	assert_non_null(gt_dynamic_defines(&f.d, "curl_easy_perform"));
	assert_null(gt_dynamic_defines(&f.d, "SSL_read")); /* it refers to it */
	assert_true(walk(&f) > 200);
	free(bytes);
}

static void test_elf_file_a_file_that_is_cut_is_read_within_its_bytes(void **state)
{
	size_t size, step;
	char *bytes = whole(&size);

	(void)state;
	for (size_t len = 0; len < size; len += step) {
		/* aligned as a mapping is; the address sanitizer sees what is read beyond the end */
		char *cut = malloc(len ? len : 1);
		struct gt_elf_file f;

		memcpy(cut, bytes, len);
		if (gt_elf_file_read(&f, cut, len))
			walk(&f);
		free(cut);
		step = len < 4096 ? 97 : 4099;
	}
	free(bytes);
}

static void test_elf_file_damage_is_not_followed_out_of_the_file(void **state)
{
	size_t size;
	char *bytes = whole(&size);
	struct gt_random random = gt_random_from(1);
	struct gt_elf_file f;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		/* most damage in the head and the tables at the start */
		size_t at = gt_random_below(&random, i % 3 ? 4096 : size - 8), len = 1 + gt_random_below(&random, 8);
		char kept[8];

		memcpy(kept, bytes + at, len);
		for (size_t k = 0; k < len; k++)
			bytes[at + k] = (char)gt_random_next(&random);
		if (gt_elf_file_read(&f, bytes, size))
			walk(&f);
		memcpy(bytes + at, kept, len);
	}
	free(bytes);
}

static void test_scope_files_that_are_no_libraries_keep_the_flag(void **state)
{
	char file[] = "/tmp/gentap-scope-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0 && write(fd, "\177ELF\2\1\1", 7) == 7);
	assert_false(gt_scope_may_open(file));
	close(fd);
	unlink(file);
	assert_false(gt_scope_may_open(file));
	assert_false(gt_scope_may_open(NULL));
	assert_false(gt_scope_may_open(""));
	assert_false(gt_scope_may_open("$ORIGIN/x.so"));
	assert_false(gt_scope_may_open("/"));
	assert_false(gt_scope_may_open("libm.so.6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf_file_a_library_tells_what_it_needs_and_refers_to),
		cmocka_unit_test(test_elf_file_a_file_that_is_cut_is_read_within_its_bytes),
		cmocka_unit_test(test_elf_file_damage_is_not_followed_out_of_the_file),
		cmocka_unit_test(test_scope_files_that_are_no_libraries_keep_the_flag),
	};

	return GT_TESTS(tests);
}
