/* Which programs look like Bun, and what is found in another program. */
#include "support/guard_page.h"
#include "support/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "shim/bun.h"

/* The definitions of versions as a linker writes them: an entry and its name, for each. */
struct definition {
	ElfW(Verdef) entry;
	ElfW(Verdaux) name;
};

#define STRINGS "\0program\0BUN_1.2\0LIB_1\0BUN"
enum { PROGRAM = 1, BUN = 9, LIB = 17, BUN_CUT = 23 };

struct section {
	struct definition definitions[3];
	char strings[sizeof(STRINGS) - 1]; /* the last ends with the memory, without a NUL */
};

static struct section section_of(unsigned first, unsigned second, unsigned third)
{
	const unsigned names[] = { first, second, third };
	struct section s = { .strings = STRINGS };

	memcpy(s.strings, STRINGS, sizeof(s.strings));
	for (size_t i = 0; i < 3; i++)
		s.definitions[i] = (struct definition){
			.entry = { .vd_version = 1,
				   .vd_cnt = 1,
				   .vd_ndx = (ElfW(Half))(i + 1),
				   .vd_aux = sizeof(ElfW(Verdef)),
				   .vd_next = i < 2 ? sizeof(struct definition) : 0 },
			.name = { .vda_name = names[i] },
		};
	return s;
}

static bool is_bun_cut(const struct section *s, size_t len)
{
	/* aligned as a section is: the copy ends at the guard page */
	char *copy = gt_guard_end((const char *)s, len);
	struct gt_dynamic d = { .end = copy + len, .defined = (const void *)copy };
	bool is;

	d.strings = copy + (len < offsetof(struct section, strings) ? len : offsetof(struct section, strings));
	is = gt_bun_is(&d);
	gt_guard_free(copy, len);
	return is;
}

static bool is_bun(struct section s)
{
	return is_bun_cut(&s, sizeof(s));
}

static void test_bun_exports_functions_in_a_version_of_its_own(void **state)
{
	struct gt_dynamic none = { .end = (const char *)UINTPTR_MAX };

	(void)state;
	assert_true(is_bun(section_of(PROGRAM, BUN, LIB)));
	assert_true(is_bun(section_of(PROGRAM, LIB, BUN)));
	assert_false(is_bun(section_of(PROGRAM, LIB, LIB)));
	assert_false(is_bun(section_of(PROGRAM, LIB, PROGRAM)));
	assert_false(is_bun(section_of(BUN_CUT, LIB, BUN_CUT)));
	assert_false(gt_bun_is(&none));
}

static void test_bun_a_damaged_section_is_read_within_its_bytes(void **state)
{
	static const uint32_t bad[] = { 1, 3, 19, 61, 1000, 0x7fffffff, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t len = 0; len < sizeof(struct section); len++) {
		struct section s = section_of(PROGRAM, LIB, BUN);

		if (len % 8 == sizeof(s) % 8)
			is_bun_cut(&s, len);
	}
	for (size_t i = 0; i < GT_ROWS(bad); i++)
		for (int k = 0; k < 3; k++) {
			struct section s = section_of(PROGRAM, LIB, LIB);

			s.definitions[k].name.vda_name = bad[i];
			assert_false(is_bun(s));
			s = section_of(PROGRAM, LIB, LIB);
			s.definitions[k].entry.vd_next = bad[i] & ~3u;
			is_bun(s);
			s = section_of(PROGRAM, LIB, LIB);
			s.definitions[k].entry.vd_aux = bad[i] & ~3u;
			is_bun(s);
		}
}

static void test_bun_versions_in_a_ring_end(void **state)
{
	struct section s = section_of(PROGRAM, LIB, LIB);

	(void)state;
	s.definitions[2].entry.vd_next = (ElfW(Word)) - sizeof(struct definition); /* only forwards, beyond the end */
	assert_false(is_bun(s));
}

static size_t open_files(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_bun_in_another_program_nothing_is_found(void **state)
{
	size_t before = open_files();
	struct gt_bun_found f = gt_bun_find();

	(void)state;
	assert_null(f.table);
#if defined(__x86_64__)
	assert_string_equal(f.why_not, "BoringSSL's table was not found");
#else
	assert_string_equal(f.why_not, "the code of this processor is not known");
#endif
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_bun_exports_functions_in_a_version_of_its_own),
		GT_TEST(test_bun_a_damaged_section_is_read_within_its_bytes),
		GT_TEST(test_bun_versions_in_a_ring_end),
		GT_TEST(test_bun_in_another_program_nothing_is_found),
	};

	return GT_TESTS(tests);
}
