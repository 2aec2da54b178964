#include "shim/program_file.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include "shim/shared/str.h"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "an ELF machine number has to be named for this processor"
#endif

#define HEAD	     1024 /* has the program headers and the loader's name of an ordinary file */
#define HEADERS_MAX  64
#define ENTRIES_MAX  256 /* of the dynamic section, in pieces */
#define ENTRIES_ONCE 32
#define NEEDED_MAX   64
#define NAME_LEN     24 /* is enough to tell them apart */
#define NAMES_ONCE   256

struct file {
	const struct gt_program_bytes *bytes;
	size_t head_len;
	uint32_t n_headers;
	uint64_t headers; /* offset */
	char head[HEAD] __attribute__((aligned(8)));
};

static bool at(const struct file *f, uint64_t offset, void *to, size_t len)
{
	if (offset <= f->head_len && len <= f->head_len - offset) {
		memcpy(to, f->head + offset, len);
		return true;
	}
	return f->bytes->read(f->bytes, offset, to, len) == len;
}

static bool header(const struct file *f, uint32_t i, ElfW(Phdr) * p)
{
	return i < f->n_headers && at(f, f->headers + (uint64_t)i * sizeof(*p), p, sizeof(*p));
}

static bool find_header(const struct file *f, uint32_t type, ElfW(Phdr) * p)
{
	for (uint32_t i = 0; header(f, i, p); i++)
		if (p->p_type == type)
			return true;
	return false;
}

/* Where the file has the byte that the loader would map at an address. */
static bool offset_of(const struct file *f, uint64_t address, uint64_t *offset)
{
	ElfW(Phdr) p;

	for (uint32_t i = 0; header(f, i, &p); i++)
		if (p.p_type == PT_LOAD && address >= p.p_vaddr && address - p.p_vaddr < p.p_filesz) {
			*offset = p.p_offset + (address - p.p_vaddr);
			return true;
		}
	return false;
}

/* Names of libraries, most of which are together in the file. */
struct names {
	uint64_t start;
	size_t len;
	char text[NAMES_ONCE];
};

/* A long enough piece of the name at `offset`. */
static struct gt_str name_at(const struct file *f, struct names *n, uint64_t offset)
{
	if (offset < n->start || offset - n->start + NAME_LEN > n->len) {
		n->start = offset;
		n->len = f->bytes->read(f->bytes, offset, n->text, sizeof(n->text)); /* the file may end */
	}
	offset -= n->start;
	return gt_str_make(n->text + offset, offset < n->len ? n->len - offset : 0);
}

static bool must_be_first(struct gt_str name)
{
	return gt_str_starts(name, GT_STR("libasan.so")) || gt_str_starts(name, GT_STR("libclang_rt.asan"));
}

static bool needs_to_be_first(const struct file *f)
{
	uint64_t needed[NEEDED_MAX], strings = 0, offset;
	ElfW(Dyn) part[ENTRIES_ONCE];
	struct names names = { 0 };
	size_t n = 0, count;
	ElfW(Phdr) p;

	if (!find_header(f, PT_DYNAMIC, &p))
		return false;
	count = p.p_filesz / sizeof(*part);
	for (size_t i = 0; i < count && i < ENTRIES_MAX; i++) {
		const ElfW(Dyn) *e = &part[i % ENTRIES_ONCE];
		size_t some = count - i < ENTRIES_ONCE ? count - i : ENTRIES_ONCE;

		if (i % ENTRIES_ONCE == 0 && !at(f, p.p_offset + i * sizeof(*part), part, some * sizeof(*part)))
			return true; /* not known */
		if (e->d_tag == DT_NULL)
			break;
		if (e->d_tag == DT_NEEDED && n < NEEDED_MAX)
			needed[n++] = e->d_un.d_val;
		if (e->d_tag == DT_STRTAB)
			strings = e->d_un.d_val;
	}
	if (!n)
		return false;
	if (!offset_of(f, strings, &offset))
		return true; /* not known */
	for (size_t i = 0; i < n; i++)
		if (must_be_first(name_at(f, &names, offset + needed[i])))
			return true;
	return false;
}

static void read_elf(struct gt_program *p, struct file *f)
{
	const ElfW(Ehdr) *e = (const void *)f->head;
	ElfW(Phdr) loader;

	if (f->head_len < sizeof(*e) || e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_ident[EI_DATA] != ELFDATA2LSB ||
	    e->e_machine != OUR_MACHINE || (e->e_type != ET_DYN && e->e_type != ET_EXEC) ||
	    e->e_phentsize != sizeof(ElfW(Phdr)) || !e->e_phnum || e->e_phnum > HEADERS_MAX)
		return;
	f->headers = e->e_phoff;
	f->n_headers = e->e_phnum;
	if (!find_header(f, PT_INTERP, &loader)) {
		p->kind = GT_PROGRAM_STATIC;
		return;
	}
	if (!loader.p_filesz || loader.p_filesz > sizeof(p->interpreter) ||
	    !at(f, loader.p_offset, p->interpreter, loader.p_filesz) || p->interpreter[loader.p_filesz - 1]) {
		p->interpreter[0] = 0;
		return;
	}
	p->kind = GT_PROGRAM_DYNAMIC;
	p->needs_to_be_first = needs_to_be_first(f);
}

/* The kernel takes what is between blanks after #!. It refuses a name that its buffer cuts. */
static void read_script(struct gt_program *p, const struct file *f)
{
	struct gt_str line = gt_str_make(f->head, f->head_len < sizeof(p->interpreter) ? f->head_len : sizeof(p->interpreter));
	size_t len = 0;

	line = gt_str_skip(line, 2);
	line = gt_str_make(line.p, gt_str_find(line, '\n'));
	line = gt_str_trim(line);
	while (len < line.len && line.p[len] && line.p[len] != ' ' && line.p[len] != '\t')
		len++;
	if (!len || line.p + len == f->head + sizeof(p->interpreter))
		return;
	gt_str_copy(gt_str_make(line.p, len), p->interpreter, sizeof(p->interpreter));
	p->kind = GT_PROGRAM_SCRIPT;
}

void gt_program_read(struct gt_program *p, const struct gt_program_bytes *b)
{
	struct file f = { .bytes = b };

	*p = (struct gt_program){ .kind = GT_PROGRAM_UNKNOWN };
	f.head_len = b->read(b, 0, f.head, sizeof(f.head));
	if (f.head_len >= 2 && !memcmp(f.head, "#!", 2))
		read_script(p, &f);
	else if (f.head_len >= SELFMAG && !memcmp(f.head, ELFMAG, SELFMAG))
		read_elf(p, &f);
}
