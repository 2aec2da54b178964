/* Executable files: of this host, crafted and damaged. */
#include "support/test.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "shim/program_file.h"

struct source {
	struct gt_program_bytes bytes;
	const char *p;
	size_t len;
};

static size_t read_part(const struct gt_program_bytes *b, uint64_t offset, void *to, size_t len)
{
	const struct source *s = (const void *)b;

	if (offset >= s->len)
		return 0;
	if (len > s->len - offset)
		len = s->len - offset;
	memcpy(to, s->p + offset, len);
	return len;
}

static struct gt_program program_of(const void *p, size_t len)
{
	struct source s = { { read_part }, p, len };
	struct gt_program program;

	gt_program_read(&program, &s.bytes);
	return program;
}

static char *whole(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	char *p;

	assert_true(fd >= 0);
	*len = (size_t)lseek(fd, 0, SEEK_END);
	p = malloc(*len);
	assert_int_equal(pread(fd, p, *len, 0), *len);
	close(fd);
	return p;
}

static void test_program_file_this_program_has_a_loader(void **state)
{
	size_t len;
	char *p = whole("/proc/self/exe", &len);
	struct gt_program program = program_of(p, len);

	(void)state;
	assert_int_equal(program.kind, GT_PROGRAM_DYNAMIC);
	assert_string_equal(strrchr(program.interpreter, '/') + 1, strstr(program.interpreter, "ld-"));
#ifndef __SANITIZE_ADDRESS__
	assert_false(program.needs_to_be_first);
#else
	assert_true(program.needs_to_be_first);
#endif
	free(p);
}

static void test_program_file_a_damaged_file_is_read_within_its_bytes(void **state)
{
	struct gt_random r = gt_random_from(2);
	size_t len;
	char *p = whole("/proc/self/exe", &len);

	(void)state;
	for (size_t cut = 0; cut < 2000; cut += 7)
		program_of(p, cut);
	for (int i = 0; i < 3000; i++) {
		char saved[64];
		size_t at[8];

		for (size_t k = 0; k < 8; k++) {
			at[k] = gt_random_below(&r, 1000);
			saved[k] = p[at[k]];
			p[at[k]] = (char)gt_random_next(&r);
		}
		program_of(p, len);
		for (size_t k = 8; k-- > 0;)
			p[at[k]] = saved[k];
	}
	free(p);
}

/* ---------------------------------------------------------------- crafted */

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct crafted {
	ElfW(Ehdr) e;
	ElfW(Phdr) h[3];
	ElfW(Dyn) d[5];
	char loader[32], strings[64];
};

static struct crafted craft(const char *needed)
{
	struct crafted c = { 0 };

	memcpy(c.e.e_ident, ELFMAG, SELFMAG);
	c.e.e_ident[EI_CLASS] = ELFCLASS64;
	c.e.e_ident[EI_DATA] = ELFDATA2LSB;
	c.e.e_machine = MACHINE;
	c.e.e_type = ET_DYN;
	c.e.e_phentsize = sizeof(ElfW(Phdr));
	c.e.e_phnum = 3;
	c.e.e_phoff = offsetof(struct crafted, h);
	strcpy(c.loader, "/lib/ld.so");
	c.h[0] = (ElfW(Phdr)){ .p_type = PT_INTERP, .p_offset = offsetof(struct crafted, loader), .p_filesz = 11 };
	c.h[1] = (ElfW(Phdr)){ .p_type = PT_LOAD, .p_vaddr = 0x10000, .p_filesz = sizeof(c) };
	c.h[2] = (ElfW(Phdr)){ .p_type = PT_DYNAMIC, .p_offset = offsetof(struct crafted, d), .p_filesz = sizeof(c.d) };
	c.d[0] = (ElfW(Dyn)){ .d_tag = DT_NEEDED, .d_un.d_val = 1 };
	c.d[1] = (ElfW(Dyn)){ .d_tag = DT_NEEDED, .d_un.d_val = 20 };
	c.d[2] = (ElfW(Dyn)){ .d_tag = DT_STRTAB, .d_un.d_val = 0x10000 + offsetof(struct crafted, strings) };
	strcpy(c.strings + 1, "libc.so.6");
	strcpy(c.strings + 20, needed);
	return c;
}

static void test_program_file_what_must_be_the_first_library_is_seen(void **state)
{
	static const struct {
		const char *needed;
		bool must;
	} rows[] = {
		{ "libasan.so.8", true },   { "libclang_rt.asan-x86_64.so", true },
		{ "libm.so.6", false },	    { "libtsan.so.2", false },
		{ "liblibasan.so", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct crafted c = craft(rows[i].needed);
		/* the file may end after the name */
		size_t len = offsetof(struct crafted, strings) + 20 + strlen(rows[i].needed) + 1;
		struct gt_program p = program_of(&c, len);

		assert_int_equal(p.kind, GT_PROGRAM_DYNAMIC);
		assert_string_equal(p.interpreter, "/lib/ld.so");
		assert_int_equal(p.needs_to_be_first, rows[i].must);
	}
}

static void test_program_file_what_cannot_be_read_counts_as_needed(void **state)
{
	struct crafted c = craft("libm.so.6");

	(void)state;
	c.d[2].d_un.d_val = 0x900000;
	assert_true(program_of(&c, sizeof(c)).needs_to_be_first);
	c = craft("libm.so.6");
	c.h[2].p_offset = sizeof(c);
	assert_true(program_of(&c, sizeof(c)).needs_to_be_first);
}

static void test_program_file_other_processors_and_formats_are_unknown(void **state)
{
	struct crafted good = craft(""), c;

	(void)state;
	c = good, c.e.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.e.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.e.e_machine = EM_RISCV;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.e.e_type = ET_REL;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.e.e_type = ET_EXEC;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_DYNAMIC);
	c = good, c.e.e_phnum = 0;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.h[0].p_type = PT_NULL;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_STATIC);
	c = good, c.h[0].p_filesz = 10; /* without its NUL */
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	c = good, c.h[0].p_filesz = 300;
	assert_int_equal(program_of(&c, sizeof(c)).kind, GT_PROGRAM_UNKNOWN);
	assert_int_equal(program_of("MZ", 2).kind, GT_PROGRAM_UNKNOWN);
	assert_int_equal(program_of("", 0).kind, GT_PROGRAM_UNKNOWN);
	assert_int_equal(program_of("echo\n", 5).kind, GT_PROGRAM_UNKNOWN);
}

static void test_program_file_a_script_names_its_program(void **state)
{
	static const struct {
		const char *text, *interpreter;
	} rows[] = {
		{ "#!/bin/sh\necho", "/bin/sh" },
		{ "#!/bin/sh", "/bin/sh" },
		{ "#! \t/bin/sh -e x\n", "/bin/sh" },
		{ "#!/usr/bin/env\tnode\n", "/usr/bin/env" },
		{ "#!rel/sh\n", "rel/sh" },
		{ "#!/bin/sh\r\n", "/bin/sh\r" },
		{ "#!\n/bin/sh", "" },
		{ "#!", "" },
		{ "#!   ", "" },
	};
	char longest[400] = "#!/";

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_program p = program_of(rows[i].text, strlen(rows[i].text));

		assert_int_equal(p.kind, rows[i].interpreter[0] ? GT_PROGRAM_SCRIPT : GT_PROGRAM_UNKNOWN);
		assert_string_equal(p.interpreter, rows[i].interpreter);
	}
	memset(longest + 3, 'x', sizeof(longest) - 4);
	assert_int_equal(program_of(longest, strlen(longest)).kind, GT_PROGRAM_UNKNOWN);
	longest[254] = '\n';
	assert_int_equal(program_of(longest, strlen(longest)).kind, GT_PROGRAM_SCRIPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_program_file_this_program_has_a_loader),
		GT_TEST(test_program_file_a_damaged_file_is_read_within_its_bytes),
		GT_TEST(test_program_file_what_must_be_the_first_library_is_seen),
		GT_TEST(test_program_file_what_cannot_be_read_counts_as_needed),
		GT_TEST(test_program_file_other_processors_and_formats_are_unknown),
		GT_TEST(test_program_file_a_script_names_its_program),
	};

	return GT_TESTS(tests);
}
