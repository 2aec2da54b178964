/* BoringSSL's table among data that looks like it. */
#include "support/guard_page.h"
#include "support/test.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/boring_table.h"

#define TEXT  0x400000ULL
#define ROOM  512 /* bytes of text for each function */
#define WORDS (sizeof(struct gt_boring_table) / sizeof(uint64_t))

/* ---------------------------------------------------------------- a program in a few words */

/* Code that does nothing but what is looked for, in the order of a compiler. Each row can be left out. */
struct row {
	enum gt_boring_function of;
	size_t at;
	const char *bytes;
	size_t len;
	const char *what;
};

#define ROW(of, at, bytes, what) { GT_BORING_##of, at, bytes, sizeof(bytes) - 1, what }

static const struct row rows[] = {
	ROW(WRITE, 12, "\xc6\x06\x00", "movb $0,(%rsi)"),
	ROW(WRITE, 20, "\x48\x8b\x47\x30", "mov 0x30(%rdi),%rax"),
	ROW(WRITE, 30, "\xbf\x10\x00\x00\x00", "mov $16,%edi"),
	ROW(WRITE, 40, "\xba\xc2\x00\x00\x00", "mov $194,%edx"),
	ROW(WRITE, 50, "\x4d\x89\xc7", "mov %r8,%r15"),
	ROW(WRITE, 60, "\xba\x6f\x00\x00\x00", "mov $111,%edx"),
	ROW(OPEN, 20, "\x4c\x89\x45\xc0", "mov %r8,-0x40(%rbp)"),
	ROW(OPEN, 24, "\x4c\x89\x4d\xc8", "mov %r9,-0x38(%rbp)"),
	ROW(OPEN, 90, "\x83\xfa\x17", "cmp $23,%edx"),
	ROW(OPEN, 100, "\x83\xfa\x16", "cmp $22,%edx"),
	ROW(OPEN, 110, "\xbf\x10\x00\x00\x00", "mov $16,%edi"),
	ROW(OPEN, 120, "\xba\xb6\x00\x00\x00", "mov $182,%edx"),
	ROW(OPEN, 280, "\xba\xe1\x00\x00\x00", "mov $225,%edx"),
	ROW(FREE, 6, "\x4c\x8b\x77\x30", "mov 0x30(%rdi),%r14"),
	ROW(FREE, 50, "\x48\xc7\x43\x30\x00\x00\x00\x00", "movq $0,0x30(%rbx)"),
};

struct program {
	struct gt_boring_code code; /* first */
	uint8_t text[GT_BORING_FUNCTIONS * ROOM];
	size_t len; /* of the text that can be read */
	struct gt_boring_table table;
};

static size_t read_text(const struct gt_boring_code *code, uint64_t address, void *out, size_t len)
{
	const struct program *p = (const struct program *)code;
	size_t at = (size_t)(address - TEXT), left = at < p->len ? p->len - at : 0;

	assert_true(address >= code->start && address < code->end && len <= code->end - address);
	len = len < left ? len : left;
	memcpy(out, p->text + at, len);
	return len;
}

/* Leaves out the row of that number. */
static struct program *program_without(size_t left_out)
{
	static struct program p;

	p = (struct program){ .code = { TEXT, TEXT + sizeof(p.text), read_text }, .len = sizeof(p.text) };
	memset(p.text, 0x90, sizeof(p.text));
	for (int i = 0; i < GT_BORING_FUNCTIONS; i++)
		p.table.functions[i] = TEXT + (uint64_t)i * ROOM;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		if (i != left_out)
			memcpy(p.text + rows[i].of * ROOM + rows[i].at, rows[i].bytes, rows[i].len);
	return &p;
}

static struct program *program(void)
{
	return program_without(SIZE_MAX);
}

static size_t hits_in(struct program *p, const uint64_t *words, size_t n, size_t *found)
{
	uint64_t *copy = (uint64_t *)gt_guard_end((const char *)words, n * sizeof(*words));
	size_t hits = gt_boring_find(&p->code, copy, n, found);

	gt_guard_free((char *)copy, n * sizeof(*words));
	return hits;
}

static void test_boring_the_table_is_found_wherever_it_is(void **state)
{
	struct program *p = program();
	uint64_t words[64];
	size_t found;

	(void)state;
	for (size_t at = 0; at + WORDS <= GT_ROWS(words); at++) {
		memset(words, 0, sizeof(words));
		memcpy(words + at, &p->table, sizeof(p->table));
		assert_int_equal(hits_in(p, words, GT_ROWS(words), &found), 1);
		assert_int_equal(found, at);
	}
}

static void test_boring_a_table_that_is_cut_is_not_seen(void **state)
{
	struct program *p = program();
	size_t found;

	(void)state;
	for (size_t n = 0; n < WORDS; n++)
		assert_int_equal(hits_in(p, (uint64_t *)&p->table, n, &found), 0);
	assert_int_equal(hits_in(p, (uint64_t *)&p->table, WORDS, &found), 1);
}

static void test_boring_two_tables_are_two_hits(void **state)
{
	struct program *p = program();
	uint64_t words[2 * WORDS + 3] = { 0 };
	size_t found;

	(void)state;
	memcpy(words + 1, &p->table, sizeof(p->table));
	memcpy(words + 3 + WORDS, &p->table, sizeof(p->table));
	assert_int_equal(hits_in(p, words, GT_ROWS(words), &found), 2);
	assert_int_equal(found, 1);
}

static void test_boring_code_that_lacks_one_fact_is_not_the_table(void **state)
{
	size_t found;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct program *p = program_without(i);

		if (hits_in(p, (uint64_t *)&p->table, WORDS, &found))
			fail_msg("found without %s", rows[i].what);
	}
}

static void test_boring_the_table_of_datagrams_is_another(void **state)
{
	struct program *p = program();

	(void)state;
	p->table.is_dtls = 1;
	assert_false(gt_boring_is_table(&p->code, &p->table));
}

static void test_boring_every_entry_is_a_function(void **state)
{
	static const uint64_t bad[] = { 0, 1, TEXT - 1, TEXT + GT_BORING_FUNCTIONS * ROOM, UINT64_MAX };

	(void)state;
	for (int i = 0; i < GT_BORING_FUNCTIONS; i++)
		for (size_t k = 0; k < GT_ROWS(bad); k++) {
			struct program *p = program();

			p->table.functions[i] = bad[k];
			assert_false(gt_boring_is_table(&p->code, &p->table));
		}
}

static void test_boring_functions_in_other_places_are_not_the_table(void **state)
{
	static const enum gt_boring_function used[] = { GT_BORING_FREE, GT_BORING_OPEN, GT_BORING_WRITE };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(used); i++)
		for (int k = 0; k < GT_BORING_FUNCTIONS; k++) {
			struct program *p = program();
			uint64_t f = p->table.functions[used[i]];

			if (k == (int)used[i])
				continue;
			p->table.functions[used[i]] = p->table.functions[k];
			p->table.functions[k] = f;
			assert_false(gt_boring_is_table(&p->code, &p->table));
		}
}

static void test_boring_the_freed_state_is_what_writing_looks_at(void **state)
{
	struct program *p = program();

	(void)state;
	p->text[GT_BORING_FREE * ROOM + 6 + 3] = 0x38; /* mov 0x38(%rdi),%r14 */
	p->text[GT_BORING_FREE * ROOM + 50 + 3] = 0x38;
	assert_false(gt_boring_is_table(&p->code, &p->table));
	p->text[GT_BORING_WRITE * ROOM + 20 + 3] = 0x38; /* another layout of a session */
	assert_true(gt_boring_is_table(&p->code, &p->table));
}

static void test_boring_text_that_ends_early_is_read_to_its_end(void **state)
{
	struct program *p = program();
	const size_t needed = GT_BORING_WRITE * ROOM + 65; /* the write function comes last, and ends with its last row */

	(void)state;
	for (p->len = 0; p->len < needed; p->len++)
		assert_false(gt_boring_is_table(&p->code, &p->table));
	assert_true(gt_boring_is_table(&p->code, &p->table));

	/* functions whose code is short, at the end of the segment */
	p = program();
	p->len = needed;
	for (int i = GT_BORING_WRITE + 1; i < GT_BORING_FUNCTIONS; i++)
		p->table.functions[i] = p->table.functions[0];
	p->code.end = TEXT + needed;
	assert_true(gt_boring_is_table(&p->code, &p->table));
}

/* ---------------------------------------------------------------- real programs */

/* A file as the loader would map it, at the addresses in the file. */
struct image {
	struct gt_boring_code code; /* first */
	uint8_t *bytes;
	size_t size;
	const Elf64_Ehdr *e;
	const Elf64_Phdr *p;
};

static uint8_t *at_address(const struct image *m, uint64_t address, size_t *left)
{
	for (int i = 0; i < m->e->e_phnum; i++) {
		const Elf64_Phdr *p = &m->p[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr && address - p->p_vaddr < p->p_filesz) {
			*left = (size_t)(p->p_filesz - (address - p->p_vaddr));
			return m->bytes + p->p_offset + (address - p->p_vaddr);
		}
	}
	*left = 0;
	return NULL;
}

static size_t read_image(const struct gt_boring_code *code, uint64_t address, void *out, size_t len)
{
	size_t left;
	const uint8_t *from = at_address((const struct image *)code, address, &left);

	len = len < left ? len : left;
	if (len)
		memcpy(out, from, len);
	return len;
}

/* Relocations without a symbol: what tables of functions have. */
static void relocate(struct image *m)
{
	const Elf64_Rela *r = NULL;
	size_t n = 0, left;

	for (int i = 0; i < m->e->e_phnum; i++) {
		const Elf64_Dyn *d = m->p[i].p_type == PT_DYNAMIC ? (const void *)(m->bytes + m->p[i].p_offset) : NULL;

		for (; d && d->d_tag != DT_NULL; d++) {
			if (d->d_tag == DT_RELA)
				r = (const void *)at_address(m, d->d_un.d_ptr, &left);
			if (d->d_tag == DT_RELASZ)
				n = d->d_un.d_val / sizeof(*r);
		}
	}
	for (size_t i = 0; r && i < n; i++) {
		uint8_t *to = at_address(m, r[i].r_offset, &left);

		if (to && left >= 8 && (r[i].r_info & 0xffffffff) == R_X86_64_RELATIVE)
			memcpy(to, &r[i].r_addend, sizeof(r[i].r_addend));
	}
}

static bool open_image(struct image *m, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	*m = (struct image){ .code.read = read_image };
	if (fd < 0 || fstat(fd, &st) || st.st_size < 4096) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	m->size = (size_t)st.st_size;
	m->bytes = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	m->e = (const void *)m->bytes;
	m->p = (const void *)(m->bytes + m->e->e_phoff);
	if (m->bytes != MAP_FAILED && !memcmp(m->bytes, ELFMAG, SELFMAG) && m->e->e_machine == EM_X86_64)
		return true;
	munmap(m->bytes, m->size);
	return false;
}

static size_t hits_in_file(const char *path, bool *is_program)
{
	struct image m;
	size_t hits = 0, found;

	*is_program = open_image(&m, path);
	if (!*is_program)
		return 0;
	relocate(&m);
	for (int i = 0; i < m.e->e_phnum; i++)
		if (m.p[i].p_type == PT_LOAD && m.p[i].p_flags & PF_X) {
			m.code.start = m.p[i].p_vaddr;
			m.code.end = m.code.start + m.p[i].p_filesz;
		}
	for (int i = 0; i < m.e->e_phnum; i++) {
		uint64_t skip = -m.p[i].p_vaddr & 7;

		if (m.p[i].p_type == PT_LOAD && !(m.p[i].p_flags & PF_X) && m.p[i].p_filesz > skip)
			hits += gt_boring_find(&m.code, (const uint64_t *)(m.bytes + m.p[i].p_offset + skip),
					       (m.p[i].p_filesz - skip) / sizeof(uint64_t), &found);
	}
	munmap(m.bytes, m.size);
	return hits;
}

static size_t hits_in_all(const char *const patterns[], size_t n, size_t *programs)
{
	size_t hits = 0;
	bool is_program;

	*programs = 0;
	for (size_t i = 0; i < n; i++) {
		glob_t all;

		if (glob(patterns[i], 0, NULL, &all))
			continue;
		for (size_t k = 0; k < all.gl_pathc; k++) {
			hits += hits_in_file(all.gl_pathv[k], &is_program);
			*programs += is_program;
		}
		globfree(&all);
	}
	return hits;
}

static void test_boring_other_programs_have_no_table(void **state)
{
	static const char *const patterns[] = {
		"/usr/bin/node",	 "/usr/bin/python3.*",	   "/usr/bin/perl",
		"/usr/bin/gdb",		 "/usr/bin/git",	   "/usr/bin/curl",
		"/usr/bin/bash",	 "/usr/bin/php*",	   "/usr/bin/cmake",
		"/usr/bin/openssl",	 "/lib/*/libssl.so.3",	   "/lib/*/libcrypto.so.3",
		"/lib/*/libcurl.so.4",	 "/lib/*/libgnutls.so.30", "/lib/*/libLLVM-1[0-9].so.1",
		"/lib/*/libstdc++.so.6", "/lib/*/libc.so.6",	   "/lib/*/libruby*.so.*",
		"/proc/self/exe",
	};
	size_t programs;

	(void)state;
	assert_int_equal(hits_in_all(patterns, GT_ROWS(patterns), &programs), 0);
	if (!programs)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_boring_the_table_is_found_wherever_it_is),
		GT_TEST(test_boring_a_table_that_is_cut_is_not_seen),
		GT_TEST(test_boring_two_tables_are_two_hits),
		GT_TEST(test_boring_code_that_lacks_one_fact_is_not_the_table),
		GT_TEST(test_boring_the_table_of_datagrams_is_another),
		GT_TEST(test_boring_every_entry_is_a_function),
		GT_TEST(test_boring_functions_in_other_places_are_not_the_table),
		GT_TEST(test_boring_the_freed_state_is_what_writing_looks_at),
		GT_TEST(test_boring_text_that_ends_early_is_read_to_its_end),
		GT_TEST(test_boring_other_programs_have_no_table),
	};

	return GT_TESTS(tests);
}
