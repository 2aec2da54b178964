/* Objects as they are mapped, whole and damaged. */
#include "support/test.h"

#include <sys/mman.h>

#include "shim/elf_file.h"
#include "shim/image.h"
#include "shim/library_file.h"

#define PAGE	4096
#define HEADERS 16

static ElfW(Phdr) headers[HEADERS];
static size_t n_headers, size;
static char *mapped;
static struct gt_image image;

/* libcurl as the loader maps it, but for the relocations. */
static int set_up(void **state)
{
	struct gt_library_search search = { 0 };
	char path[1024];
	struct gt_elf_file f;
	const ElfW(Ehdr) * e;

	(void)state;
	if (!gt_library_file_open(&search, "libcurl.so.4", NULL, NULL, &f, path, sizeof(path)))
		skip();
	e = (const void *)f.bytes;
	n_headers = e->e_phnum;
	assert_true(n_headers <= HEADERS);
	memcpy(headers, f.bytes + e->e_phoff, n_headers * sizeof(headers[0]));
	size = 0;
	for (size_t i = 0; i < n_headers; i++)
		if (headers[i].p_type == PT_LOAD && headers[i].p_vaddr + headers[i].p_memsz > size)
			size = headers[i].p_vaddr + headers[i].p_memsz;
	mapped = calloc(1, size);
	for (size_t i = 0; i < n_headers; i++)
		if (headers[i].p_type == PT_LOAD)
			memcpy(mapped + headers[i].p_vaddr, f.bytes + headers[i].p_offset, headers[i].p_filesz);
	gt_library_file_close(&f);
	gt_library_search_end(&search);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(mapped);
	return 0;
}

static bool read_it(void)
{
	struct gt_image_part whole = { (uintptr_t)mapped, (uintptr_t)mapped + size, 0 };

	return gt_image_read(&image, headers, n_headers, (uintptr_t)mapped, PAGE, &whole);
}

static void look_around(void)
{
	static const char *const names[] = { "curl_easy_perform", "SSL_write", "a", "" };

	if (!read_it())
		return;
	for (size_t i = 0; i < GT_ROWS(names); i++) {
		uintptr_t at = gt_image_function(&image, names[i]);

		assert_true(!at || (at >= (uintptr_t)mapped && at < (uintptr_t)mapped + size));
	}
}

static void test_image_an_object_shows_its_functions_and_their_protection(void **state)
{
	uintptr_t at;

	(void)state;
	assert_true(read_it());
	at = gt_image_function(&image, "curl_easy_perform");
	assert_true(at > (uintptr_t)mapped && at < (uintptr_t)mapped + size);
	assert_int_equal(gt_image_protection(&image, at), PROT_READ | PROT_EXEC);
	assert_true(gt_image_is_code(&image, at));
	assert_int_equal(gt_image_function(&image, "SSL_write"), 0); /* it refers to it */
	assert_null(gt_image_part_of(&image, (uintptr_t)mapped + size, 1));
	assert_null(gt_image_part_of(&image, (uintptr_t)mapped, SIZE_MAX));
	assert_int_equal(gt_image_protection(&image, (uintptr_t)mapped + size), 0);
	assert_int_equal(gt_image_protection(&image, image.relro_start), PROT_READ);
	assert_true(image.relro_end > image.relro_start);
}

static void test_image_headers_that_contradict_the_memory_are_refused(void **state)
{
	static const uint64_t bad[] = { 1ULL << 20, 1ULL << 40, UINT64_MAX, UINT64_MAX - 4096 };

	(void)state;
	for (size_t i = 0; i < n_headers; i++) {
		ElfW(Phdr) kept = headers[i];

		for (size_t k = 0; k < GT_ROWS(bad); k++) {
			headers[i].p_memsz += bad[k];
			look_around();
			headers[i] = kept;
			headers[i].p_vaddr += bad[k];
			look_around();
			headers[i] = kept;
		}
		headers[i].p_type = PT_NULL;
		look_around();
		headers[i] = kept;
	}
	size -= 1; /* the last segment ends beyond the memory */
	assert_false(read_it());
	n_headers = 0;
	assert_false(read_it());
}

/* The address sanitizer sees what is read beyond the memory. */
static void test_image_damage_is_not_followed_out_of_the_memory(void **state)
{
	struct gt_random random = gt_random_from(1);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		/* the tables at the start, and the dynamic section */
		const ElfW(Phdr) *d = headers;
		char kept[8];
		size_t at, len = 1 + gt_random_below(&random, 8);

		while (d->p_type != PT_DYNAMIC)
			d++;
		at = i % 2 ? gt_random_below(&random, 65536) : d->p_vaddr + gt_random_below(&random, d->p_memsz - 8);
		memcpy(kept, mapped + at, len);
		for (size_t k = 0; k < len; k++)
			mapped[at + k] = (char)gt_random_next(&random);
		look_around();
		memcpy(mapped + at, kept, len);
	}
	look_around();
	assert_true(gt_image_function(&image, "curl_easy_perform") != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_image_an_object_shows_its_functions_and_their_protection, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_image_headers_that_contradict_the_memory_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_image_damage_is_not_followed_out_of_the_memory, set_up, tear_down),
	};

	return GT_TESTS(tests);
}
