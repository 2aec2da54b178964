#include "exporter/command/program_needs.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/str.h"

#define HEADERS_MAX 64

struct file {
	const char *p;
	size_t len;
	ElfW(Ehdr) head;
};

/* A copy of what is at `offset`, whose place may not be aligned. */
static bool at(const struct file *f, uint64_t offset, void *to, size_t len)
{
	if (offset > f->len || len > f->len - offset)
		return false;
	memcpy(to, f->p + offset, len);
	return true;
}

static bool header(const struct file *f, unsigned i, ElfW(Phdr) * h)
{
	return i < f->head.e_phnum && i < HEADERS_MAX && at(f, f->head.e_phoff + (uint64_t)i * sizeof(*h), h, sizeof(*h));
}

/* Where the file has what the loader maps at an address. */
static bool offset_of(const struct file *f, uint64_t address, uint64_t *offset)
{
	ElfW(Phdr) h;

	for (unsigned i = 0; header(f, i, &h); i++)
		if (h.p_type == PT_LOAD && address >= h.p_vaddr && address - h.p_vaddr < h.p_filesz) {
			*offset = h.p_offset + (address - h.p_vaddr);
			return true;
		}
	return false;
}

static struct gt_str strings_of(const struct file *f, const ElfW(Phdr) * dynamic)
{
	uint64_t offset = 0, len = 0;
	bool found = false;
	ElfW(Dyn) d;

	for (uint64_t i = 0;
	     (i + 1) * sizeof(d) <= dynamic->p_filesz && at(f, dynamic->p_offset + i * sizeof(d), &d, sizeof(d)); i++) {
		if (d.d_tag == DT_STRTAB)
			found = offset_of(f, d.d_un.d_ptr, &offset);
		else if (d.d_tag == DT_STRSZ)
			len = d.d_un.d_val;
		else if (d.d_tag == DT_NULL)
			break;
	}
	if (!found || offset > f->len)
		return GT_STR_NONE;
	return gt_str_make(f->p + offset, len < f->len - offset ? len : f->len - offset);
}

static void read_needs(struct gt_program_needs *n, const struct file *f, const ElfW(Phdr) * dynamic)
{
	static const char bun[] = { 0, 'B', 'U', 'N', '_' };
	struct gt_str strings = strings_of(f, dynamic);
	ElfW(Dyn) d;

	for (uint64_t i = 0;
	     (i + 1) * sizeof(d) <= dynamic->p_filesz && at(f, dynamic->p_offset + i * sizeof(d), &d, sizeof(d)); i++) {
		struct gt_str name;

		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag != DT_NEEDED || d.d_un.d_val >= strings.len || n->n == GT_PROGRAM_NEEDS_MAX)
			continue;
		name = gt_str_skip(strings, d.d_un.d_val);
		name.len = gt_str_find(name, 0);
		gt_str_copy(name, n->names[n->n++], sizeof(n->names[0]));
	}
	n->is_bun = strings.len && memmem(strings.p, strings.len, bun, sizeof(bun));
}

static bool read_file(struct gt_program_needs *n, struct file *f)
{
	ElfW(Phdr) h;

	if (!at(f, 0, &f->head, sizeof(f->head)) || memcmp(f->head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    f->head.e_ident[EI_CLASS] != ELFCLASS64 || f->head.e_phentsize != sizeof(h))
		return false;
	for (unsigned i = 0; header(f, i, &h); i++)
		if (h.p_type == PT_DYNAMIC) {
			read_needs(n, f, &h);
			return true;
		}
	return false;
}

bool gt_program_needs_read(struct gt_program_needs *n, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct file f = { .p = MAP_FAILED };
	bool is_read = false;
	struct stat st;

	*n = (struct gt_program_needs){ .n = 0 };
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		f.len = (size_t)st.st_size;
		f.p = mmap(NULL, f.len, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	if (f.p != MAP_FAILED) {
		is_read = read_file(n, &f);
		munmap((void *)f.p, f.len);
	}
	return is_read;
}
