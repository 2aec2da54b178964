#include "shim/shared/vdso.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tables {
	const char *base; /* what addresses of the image are relative to */
	const ElfW(Sym) * symbols;
	const char *names;
	const uint32_t *hash, *gnu_hash;
};

static void read_dynamic(struct tables *t, const ElfW(Dyn) * d)
{
	for (; d->d_tag != DT_NULL; d++) {
		const void *at = t->base + d->d_un.d_ptr;

		if (d->d_tag == DT_SYMTAB)
			t->symbols = at;
		else if (d->d_tag == DT_STRTAB)
			t->names = at;
		else if (d->d_tag == DT_HASH)
			t->hash = at;
		else if (d->d_tag == DT_GNU_HASH)
			t->gnu_hash = at;
	}
}

/* The end of the longest chain of a GNU hash table: { buckets, first symbol, words of the filter, shift }, the filter,
 * the buckets, the chains. */
static uint32_t count_by_gnu_hash(const uint32_t *table)
{
	const uint32_t *buckets = table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chains = buckets + table[0];
	uint32_t last = 0;

	for (uint32_t i = 0; i < table[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < table[1])
		return table[1];
	while (!(chains[last - table[1]] & 1))
		last++;
	return last + 1;
}

/* Newer kernels leave the older hash table out. */
static uint32_t count(const struct tables *t)
{
	return t->hash ? t->hash[1] : t->gnu_hash ? count_by_gnu_hash(t->gnu_hash) : 0;
}

static void *find(const struct tables *t, const char *name)
{
	for (uint32_t i = 0, n = t->symbols && t->names ? count(t) : 0; i < n; i++)
		if (t->symbols[i].st_shndx != SHN_UNDEF && strcmp(t->names + t->symbols[i].st_name, name) == 0)
			return (void *)(t->base + t->symbols[i].st_value);
	return NULL;
}

void *gt_vdso_find(const void *image, const char *name)
{
	const ElfW(Ehdr) *ehdr = image;
	const ElfW(Phdr) * phdr;
	struct tables t = { NULL };
	const char *dynamic = NULL;

	if (!image)
		return NULL;
	phdr = (const void *)((const char *)image + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		if (phdr[i].p_type == PT_LOAD && !t.base)
			t.base = (const char *)image + phdr[i].p_offset - phdr[i].p_vaddr;
		else if (phdr[i].p_type == PT_DYNAMIC)
			dynamic = (const char *)image + phdr[i].p_offset;
	}
	if (!t.base || !dynamic)
		return NULL;
	read_dynamic(&t, (const void *)dynamic);
	return find(&t, name);
}
