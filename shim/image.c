#include "shim/image.h"

#include <sys/mman.h>

static int protection_of(ElfW(Word) flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static bool is_within(const struct gt_image_part *part, const struct gt_image_part *whole)
{
	return part->start <= part->end && (!whole || (part->start >= whole->start && part->end <= whole->end));
}

static bool add_part(struct gt_image *i, const ElfW(Phdr) * h, const struct gt_image_part *within)
{
	struct gt_image_part part = { i->base + h->p_vaddr, i->base + h->p_vaddr + h->p_memsz, protection_of(h->p_flags) };

	if (i->n == GT_IMAGE_PARTS || h->p_memsz > UINTPTR_MAX - part.start || !is_within(&part, within))
		return false;
	i->parts[i->n++] = part;
	return true;
}

const struct gt_image_part *gt_image_part_of(const struct gt_image *i, uintptr_t address, size_t len)
{
	for (size_t k = 0; k < i->n; k++) {
		const struct gt_image_part *p = &i->parts[k];

		if (p->protection & PROT_READ && address >= p->start && address < p->end && len <= p->end - address)
			return p;
	}
	return NULL;
}

/* The end of the segment in which a table begins; NULL: it begins in none, or is not aligned. */
static const char *end_at(const struct gt_image *i, const void *table, size_t align)
{
	const struct gt_image_part *p = gt_image_part_of(i, (uintptr_t)table, 1);

	return p && (uintptr_t)table % align == 0 ? (const char *)p->end : NULL;
}

/* A dynamic section that ends within its segment. */
static bool is_terminated(const struct gt_image *i, const ElfW(Phdr) * h)
{
	uintptr_t at = i->base + h->p_vaddr;
	const ElfW(Dyn) *e = (const void *)at;

	if (at % _Alignof(ElfW(Dyn)) || !gt_image_part_of(i, at, h->p_memsz))
		return false;
	for (size_t k = 0; k < h->p_memsz / sizeof(*e); k++)
		if (e[k].d_tag == DT_NULL)
			return true;
	return false;
}

static bool read_dynamic(struct gt_image *i, const ElfW(Phdr) * h)
{
	if (!is_terminated(i, h))
		return false;
	i->d = gt_dynamic_at((const void *)(i->base + h->p_vaddr), i->base);
	i->d.end = end_at(i, i->d.symbols, _Alignof(ElfW(Sym)));
	i->d.strings_end = end_at(i, i->d.strings, 1);
	i->d.hash_end = i->d.gnu_hash ? end_at(i, i->d.gnu_hash, sizeof(ElfW(Addr))) : end_at(i, i->d.hash, sizeof(uint32_t));
	return i->d.end && i->d.strings_end && i->d.hash_end;
}

bool gt_image_read(struct gt_image *i, const ElfW(Phdr) * headers, size_t n, uintptr_t base, uintptr_t page,
		   const struct gt_image_part *within)
{
	const ElfW(Phdr) *dynamic = NULL;

	*i = (struct gt_image){ .base = base, .page = page };
	for (size_t k = 0; k < n; k++) {
		const ElfW(Phdr) *h = &headers[k];

		if (h->p_type == PT_LOAD && !add_part(i, h, within))
			return false;
		if (h->p_type == PT_DYNAMIC)
			dynamic = h;
		if (h->p_type == PT_GNU_RELRO) {
			i->relro_start = (base + h->p_vaddr) & -page;
			i->relro_end = (base + h->p_vaddr + h->p_memsz) & -page;
		}
	}
	return dynamic && read_dynamic(i, dynamic);
}

bool gt_image_is_code(const struct gt_image *i, uintptr_t address)
{
	for (size_t k = 0; k < i->n; k++)
		if (i->parts[k].protection & PROT_EXEC && address >= i->parts[k].start && address < i->parts[k].end)
			return true;
	return false;
}

uintptr_t gt_image_function(const struct gt_image *i, const char *name)
{
	const ElfW(Sym) *s = gt_dynamic_defines(&i->d, name);
	uintptr_t at = s ? i->base + s->st_value : 0;

	return s && (s->st_info & 0xf) == STT_FUNC && gt_image_is_code(i, at) ? at : 0;
}

int gt_image_protection(const struct gt_image *i, uintptr_t address)
{
	if (address >= i->relro_start && address < i->relro_end)
		return PROT_READ;
	for (size_t k = 0; k < i->n; k++)
		if (address >= i->parts[k].start && address < i->parts[k].end)
			return i->parts[k].protection;
	return 0;
}
