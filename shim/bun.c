#include "shim/bun.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/readable.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"

#define PREFIX	     "BUN_"
#define HEADERS_MAX  32
#define VERSIONS_MAX 16
#define DATA_MAX     (256UL << 20) /* bytes of constants that are looked through; the largest known has 42 MB */
#define PIECE	     (128UL * 1024)
#define CHECKED	     64 /* bytes of each function that are compared with the file's */

#if defined(__x86_64__)
#define IS_KNOWN_PROCESSOR 1
#else
#define IS_KNOWN_PROCESSOR 0
#endif

/* ---------------------------------------------------------------- is it Bun? */

static bool has_room(const struct gt_dynamic *d, const void *p, size_t len)
{
	uintptr_t at = (uintptr_t)p, end = (uintptr_t)d->end;

	return at <= end && end - at >= len;
}

bool gt_bun_is(const struct gt_dynamic *d)
{
	const char *at = (const char *)d->defined;

	for (int i = 0; at && d->strings && i < VERSIONS_MAX; i++) {
		ElfW(Verdef) v;
		ElfW(Verdaux) name;

		if (!has_room(d, at, sizeof(v)))
			return false;
		memcpy(&v, at, sizeof(v)); /* a damaged section may not be aligned */
		if (!has_room(d, at, v.vd_aux + sizeof(name)))
			return false;
		memcpy(&name, at + v.vd_aux, sizeof(name));
		if (has_room(d, d->strings, name.vda_name + sizeof(PREFIX)) &&
		    memcmp(d->strings + name.vda_name, PREFIX, sizeof(PREFIX) - 1) == 0)
			return true;
		if (!v.vd_next || !has_room(d, at, v.vd_next))
			return false;
		at += v.vd_next;
	}
	return false;
}

/* ---------------------------------------------------------------- where is the table? */

struct look {
	struct gt_boring_code code; /* first */
	int file;
	uintptr_t bias; /* address in memory less that in the file */
	unsigned n;
	ElfW(Phdr) headers[HEADERS_MAX];
	size_t looked_through;
	size_t hits;
	uint64_t at; /* address of the first in the file's terms */
	uint64_t words[PIECE / sizeof(uint64_t)];
};

static size_t read_file(const struct look *l, uint64_t offset, void *out, size_t len)
{
	ssize_t n = gt_gate(bun_read, l->file, out, len, offset);

	return n > 0 ? (size_t)n : 0;
}

static size_t read_code(const struct gt_boring_code *code, uint64_t address, void *out, size_t len)
{
	const struct look *l = (const struct look *)code;

	for (unsigned i = 0; i < l->n; i++) {
		const ElfW(Phdr) *p = &l->headers[i];
		uint64_t in = address - p->p_vaddr;

		if (p->p_type == PT_LOAD && p->p_flags & PF_X && address >= p->p_vaddr && in < p->p_filesz)
			return read_file(l, p->p_offset + in, out, len < p->p_filesz - in ? len : p->p_filesz - in);
	}
	return 0;
}

/* The first `n` words come from that address. Returns how far the look may go on: a table that the end of the words cuts in
 * two begins in the next piece. */
static uint64_t look_at_words(struct look *l, size_t n, uint64_t address)
{
	size_t found = 0, hits = gt_boring_find(&l->code, l->words, n, &found);

	if (hits && !l->hits)
		l->at = address + found * sizeof(uint64_t);
	l->hits += hits;
	l->looked_through += n * sizeof(uint64_t);
	return n * sizeof(uint64_t) - sizeof(struct gt_boring_table) + sizeof(uint64_t);
}

/* Read-only data of a fixed executable, whose pointers are in the file. */
static void look_in_file(struct look *l, const ElfW(Phdr) * p)
{
	uint64_t done = -p->p_vaddr & 7;

	while (done < p->p_filesz && l->looked_through < DATA_MAX && l->hits < 2) {
		uint64_t left = p->p_filesz - done;
		size_t n = read_file(l, p->p_offset + done, l->words, left < PIECE ? left : PIECE) / sizeof(uint64_t);

		if (n < sizeof(struct gt_boring_table) / sizeof(uint64_t))
			return;
		done += look_at_words(l, n, p->p_vaddr + done);
	}
}

/* What the loader has relocated, and nothing has changed since. Pages that cannot be read end it. */
static void look_in_memory(struct look *l, const ElfW(Phdr) * p)
{
	uint64_t done = -p->p_vaddr & 7;

	while (done < p->p_memsz && l->looked_through < DATA_MAX && l->hits < 2) {
		const char *from = (const char *)(l->bias + p->p_vaddr + done);
		uint64_t left = p->p_memsz - done;
		size_t len = left < PIECE ? left : PIECE, n = len / sizeof(uint64_t);

		if (n < sizeof(struct gt_boring_table) / sizeof(uint64_t) || !gt_is_readable(from, len))
			return;
		for (size_t i = 0; i < n; i++) { /* pointers in the file's terms; 0 stays 0 */
			uint64_t word;

			memcpy(&word, from + i * sizeof(word), sizeof(word));
			l->words[i] = word ? word - l->bias : 0;
		}
		done += look_at_words(l, n, p->p_vaddr + done);
	}
}

/* Is the file what the kernel has loaded? */
static bool is_same_program(const struct look *l, const ElfW(Phdr) * loaded, unsigned n)
{
	ElfW(Ehdr) e;

	return read_file(l, 0, &e, sizeof(e)) == sizeof(e) && e.e_phnum == n &&
	       read_file(l, e.e_phoff, (void *)l->headers, n * sizeof(*loaded)) == n * sizeof(*loaded) &&
	       memcmp(l->headers, loaded, n * sizeof(*loaded)) == 0;
}

static void look_everywhere(struct look *l)
{
	const ElfW(Phdr) *relro = NULL;

	for (unsigned i = 0; i < l->n; i++) {
		const ElfW(Phdr) *p = &l->headers[i];

		if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
			if (l->code.end) { /* a second text segment: not a Bun that is known */
				l->code.end = l->code.start = 0;
				return;
			}
			l->code.start = p->p_vaddr;
			l->code.end = p->p_vaddr + p->p_filesz;
			if (l->code.end < l->code.start)
				l->code.end = l->code.start;
		}
		if (p->p_type == PT_GNU_RELRO)
			relro = p;
	}
	for (unsigned i = 0; i < l->n && l->hits < 2; i++)
		if (l->headers[i].p_type == PT_LOAD && l->headers[i].p_flags == PF_R && !l->bias)
			look_in_file(l, &l->headers[i]);
	if (relro && l->hits < 2)
		look_in_memory(l, relro);
}

/* The program may have been changed in memory: the table and its functions must be as they are in the file. */
static bool is_untouched(struct look *l, const struct gt_boring_table *t)
{
	static const enum gt_boring_function used[] = { GT_BORING_FREE, GT_BORING_OPEN, GT_BORING_WRITE };
	struct gt_boring_table copy;
	char code[CHECKED];

	if (!gt_is_readable(t, sizeof(*t)))
		return false;
	copy = *t;
	for (int i = 0; i < GT_BORING_FUNCTIONS; i++)
		copy.functions[i] -= l->bias;
	if (!gt_boring_is_table(&l->code, &copy))
		return false;
	for (size_t i = 0; i < GT_COUNT_OF(used); i++) {
		size_t len = read_code(&l->code, copy.functions[used[i]], code, sizeof(code));
		const void *loaded = (const void *)(uintptr_t)t->functions[used[i]];

		if (!len || !gt_is_readable(loaded, len) || memcmp(loaded, code, len) != 0)
			return false;
	}
	return true;
}

static struct gt_bun_found found_by(struct look *l)
{
	struct gt_bun_found f = { .why_not = "BoringSSL's table was not found" };

	if (l->hits > 1)
		f.why_not = "more than one place looks like BoringSSL's table";
	if (l->hits != 1)
		return f;
	f.table = (struct gt_boring_table *)(l->bias + l->at);
	f.why_not = NULL;
	if (!is_untouched(l, f.table))
		f = (struct gt_bun_found){ .why_not = "BoringSSL's table is not in memory as it is in the file" };
	return f;
}

GT_COLD struct gt_bun_found gt_bun_find(void)
{
	struct gt_bun_found f = { .why_not = "the program's file could not be read" };
	const ElfW(Phdr) *loaded = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned n = (unsigned)getauxval(AT_PHNUM);
	struct gt_object program = gt_object_of((const void *)getauxval(AT_ENTRY));
	struct look *l;

	if (!IS_KNOWN_PROCESSOR)
		return (struct gt_bun_found){ .why_not = "the code of this processor is not known" };
	if (!program.map || !loaded || !n || n > HEADERS_MAX || getauxval(AT_PHENT) != sizeof(*loaded))
		return f;
	/* not on the stack, which may be small; zero pages */
	l = (void *)gt_gate(pool_map, NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l == MAP_FAILED)
		return f;
	l->code.read = read_code;
	l->bias = program.map->l_addr;
	l->n = n;
	l->file = (int)gt_gate(bun_open, AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (l->file >= 0) {
		if (is_same_program(l, loaded, n)) {
			look_everywhere(l);
			f = found_by(l);
		}
		gt_gate(bun_close, l->file);
	}
	gt_gate(pool_unmap, l, sizeof(*l));
	return f;
}
