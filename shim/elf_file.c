#include "shim/elf_file.h"

#include <string.h>

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "an ELF machine number has to be named for this processor"
#endif

/* `len` bytes at an offset of the file, or NULL when they are not in it. */
static const void *bytes_at(const struct gt_elf_file *f, uint64_t offset, uint64_t len)
{
	return offset <= f->size && len <= f->size - offset ? f->bytes + offset : NULL;
}

static const ElfW(Phdr) * program_headers(const struct gt_elf_file *f, unsigned *n)
{
	const ElfW(Ehdr) *e = bytes_at(f, 0, sizeof(*e));

	if (!e || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 || e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_ident[EI_DATA] != ELFDATA2LSB || e->e_machine != OUR_MACHINE || e->e_type != ET_DYN ||
	    e->e_phentsize != sizeof(ElfW(Phdr)) || e->e_phoff % _Alignof(ElfW(Phdr)))
		return NULL;
	*n = e->e_phnum;
	return bytes_at(f, e->e_phoff, (uint64_t)e->e_phnum * sizeof(ElfW(Phdr)));
}

/* The bytes that the loader would map at an address of the object, up to the end of that segment's part of the file. */
static const void *at_address(const struct gt_elf_file *f, uint64_t address, size_t align)
{
	unsigned n;
	const ElfW(Phdr) *p = program_headers(f, &n);

	for (unsigned i = 0; p && i < n; i++) {
		uint64_t offset = p[i].p_offset + (address - p[i].p_vaddr);

		if (p[i].p_type == PT_LOAD && address >= p[i].p_vaddr && address - p[i].p_vaddr < p[i].p_filesz)
			return offset % align == 0 ? bytes_at(f, offset, 1) : NULL;
	}
	return NULL;
}

static bool find_dynamic(struct gt_elf_file *f)
{
	unsigned n;
	const ElfW(Phdr) *p = program_headers(f, &n);

	for (unsigned i = 0; p && i < n; i++)
		if (p[i].p_type == PT_DYNAMIC && p[i].p_offset % _Alignof(ElfW(Dyn)) == 0) {
			f->dynamic = bytes_at(f, p[i].p_offset, p[i].p_filesz);
			f->n_dynamic = p[i].p_filesz / sizeof(ElfW(Dyn));
		}
	for (size_t i = 0; f->dynamic && i < f->n_dynamic; i++)
		if (f->dynamic[i].d_tag == DT_NULL)
			f->n_dynamic = i;
	return f->dynamic != NULL;
}

static void read_dynamic(struct gt_elf_file *f)
{
	struct gt_dynamic *d = &f->d;

	d->end = d->strings_end = d->hash_end = f->bytes + f->size;
	for (size_t i = 0; i < f->n_dynamic; i++) {
		const ElfW(Dyn) *e = &f->dynamic[i];
		uint64_t v = e->d_un.d_val;

		switch (e->d_tag) {
		case DT_SYMTAB:
			d->symbols = at_address(f, v, _Alignof(ElfW(Sym)));
			break;
		case DT_STRTAB:
			d->strings = at_address(f, v, 1);
			break;
		case DT_GNU_HASH:
			d->gnu_hash = at_address(f, v, 8);
			break;
		case DT_HASH:
			d->hash = at_address(f, v, 4);
			break;
		case DT_JMPREL:
			d->relocations[0] = at_address(f, v, _Alignof(ElfW(Rela)));
			break;
		case DT_PLTRELSZ:
			d->n[0] = v / sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			d->relocations[1] = at_address(f, v, _Alignof(ElfW(Rela)));
			break;
		case DT_RELASZ:
			d->n[1] = v / sizeof(ElfW(Rela));
			break;
		case DT_RELACOUNT:
			f->n_relative = v;
			break;
		case DT_SYMBOLIC:
			f->is_symbolic = true;
			break;
		case DT_FLAGS:
			f->is_symbolic |= v & DF_SYMBOLIC;
			break;
		}
	}
	for (int part = 0; part < 2; part++) {
		size_t room =
			d->relocations[part] ? (size_t)(d->end - (const char *)d->relocations[part]) / sizeof(ElfW(Rela)) : 0;

		if (d->n[part] > room)
			d->n[part] = room;
	}
}

bool gt_elf_file_read(struct gt_elf_file *f, const void *bytes, size_t size)
{
	*f = (struct gt_elf_file){ .bytes = bytes, .size = size };
	if (!find_dynamic(f))
		return false;
	read_dynamic(f);
	return f->d.symbols && f->d.strings;
}

/* A string of the string table that ends within the file. */
static const char *string_at(const struct gt_elf_file *f, uint64_t offset)
{
	uint64_t room = (uint64_t)(f->d.end - f->d.strings);

	return offset < room && memchr(f->d.strings + offset, 0, room - offset) ? f->d.strings + offset : NULL;
}

const char *gt_elf_file_string(const struct gt_elf_file *f, ElfW(Sxword) tag, size_t n)
{
	for (size_t i = 0; i < f->n_dynamic; i++)
		if (f->dynamic[i].d_tag == tag && n-- == 0)
			return string_at(f, f->dynamic[i].d_un.d_val);
	return NULL;
}

const ElfW(Sym) * gt_elf_file_symbol(const struct gt_elf_file *f, int part, size_t i, const char **name)
{
	uint64_t number = f->d.relocations[part][i].r_info >> 32;
	const ElfW(Sym) *s = f->d.symbols + number;

	if (!number || number > f->size || (const char *)(s + 1) > f->d.end)
		return NULL;
	*name = string_at(f, s->st_name);
	return *name ? s : NULL;
}
