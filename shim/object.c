#include "shim/object.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "shim/shared/compiler.h"

/* struct dl_find_object of glibc's dlfcn.h, which older releases lack. */
struct found_object {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	void *eh_frame;
	unsigned long long reserved[7];
};

typedef int find_fn(void *address, struct found_object *out);

static find_fn *find; /* written once, by the constructor */

GT_COLD void gt_object_init(void)
{
	void *f = dlsym(RTLD_DEFAULT, "_dl_find_object");

	if (f)
		memcpy(&find, &f, sizeof(f));
	else
		dlerror(); /* the loader's message about a missing name is not the application's */
}

static struct gt_object object_by_dladdr(const void *address)
{
	struct gt_object o = { 0 };
	struct link_map *map = NULL;
	Dl_info info;
	const ElfW(Ehdr) * ehdr;
	const ElfW(Phdr) * phdr;

	if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return o;
	ehdr = info.dli_fbase;
	phdr = (const void *)((const char *)info.dli_fbase + ehdr->e_phoff);
	o.start = (uintptr_t)info.dli_fbase;
	o.end = o.start;
	for (int i = 0; i < ehdr->e_phnum; i++) {
		uintptr_t top = phdr[i].p_vaddr + phdr[i].p_memsz + map->l_addr;

		if (phdr[i].p_type == PT_LOAD && top > o.end)
			o.end = top;
	}
	o.map = map;
	return o;
}

struct gt_object gt_object_of(const void *address)
{
	struct found_object f;

	if (!find)
		return object_by_dladdr(address);
	if (find((void *)address, &f) != 0 || !f.map)
		return (struct gt_object){ 0 };
	return (struct gt_object){ (uintptr_t)f.start, (uintptr_t)f.end, f.map };
}

const ElfW(Dyn) * gt_dynamic_section(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return NULL;
}

struct gt_dynamic gt_dynamic_at(const ElfW(Dyn) * e, ElfW(Addr) base)
{
	const char *last = (const char *)UINTPTR_MAX;
	struct gt_dynamic d = { .end = last, .strings_end = last, .hash_end = last };

	for (; e && e->d_tag != DT_NULL; e++) {
		/* glibc has relocated these addresses, musl leaves them as they are in the file */
		const void *at = (const char *)(e->d_un.d_ptr < base ? e->d_un.d_ptr + base : e->d_un.d_ptr);

		switch (e->d_tag) {
		case DT_SYMTAB:
			d.symbols = at;
			break;
		case DT_STRTAB:
			d.strings = at;
			break;
		case DT_VERSYM:
			d.versions = at;
			break;
		case DT_VERNEED:
			d.needed = at;
			break;
		case DT_VERDEF:
			d.defined = at;
			break;
		case DT_GNU_HASH:
			d.gnu_hash = at;
			break;
		case DT_HASH:
			d.hash = at;
			break;
		case DT_JMPREL:
			d.relocations[0] = at;
			break;
		case DT_PLTRELSZ:
			d.n[0] = e->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			d.relocations[1] = at;
			break;
		case DT_RELASZ:
			d.n[1] = e->d_un.d_val / sizeof(ElfW(Rela));
			break;
		}
	}
	return d;
}

/* ---------------------------------------------------------------- symbols */

#define IN(end, pointer) ((const char *)((pointer) + 1) <= (end))

static bool is_definition(const struct gt_dynamic *d, uint32_t i, const char *name, size_t len)
{
	const ElfW(Sym) *s = &d->symbols[i];
	const char *own;

	if (!IN(d->end, s) || s->st_shndx == SHN_UNDEF || (s->st_info >> 4) == STB_LOCAL)
		return false;
	own = d->strings + s->st_name;
	return own < d->strings_end && (size_t)(d->strings_end - own) > len && !memcmp(own, name, len + 1);
}

/* The GNU hash section: bucket count, first symbol, words and shift of the Bloom filter; the filter, buckets, chains. */
static const ElfW(Sym) * by_gnu_hash(const struct gt_dynamic *d, const char *name, uint32_t h)
{
	uint32_t n, first, words, shift, i;
	const ElfW(Addr) * filter;
	const uint32_t *buckets, *chain;
	const unsigned bits = 8 * sizeof(*filter);
	ElfW(Addr) word;
	size_t len;

	if (!IN(d->hash_end, d->gnu_hash + 3))
		return NULL;
	n = d->gnu_hash[0];
	first = d->gnu_hash[1];
	words = d->gnu_hash[2];
	shift = d->gnu_hash[3];
	filter = (const void *)(d->gnu_hash + 4);
	buckets = (const void *)(filter + words);
	chain = buckets + n;
	if (!n || !words || !IN(d->hash_end, &filter[h / bits % words]) || !IN(d->hash_end, &buckets[h % n]))
		return NULL;
	word = filter[h / bits % words];
	if (!(word >> h % bits & word >> (h >> (shift & 31)) % bits & 1))
		return NULL;
	len = strlen(name);
	for (i = buckets[h % n]; i >= first && i && IN(d->hash_end, &chain[i - first]); i++) {
		if (((chain[i - first] ^ h) >> 1) == 0 && is_definition(d, i, name, len))
			return &d->symbols[i];
		if (chain[i - first] & 1)
			break;
	}
	return NULL;
}

/* The System V hash section: bucket and chain count, buckets, chains. Its words have 32 bits wherever gentap runs. */
static const ElfW(Sym) * by_hash(const struct gt_dynamic *d, const char *name)
{
	uint32_t h = 0, top, left;
	size_t len = 0;

	for (; name[len]; len++) {
		h = (h << 4) + (unsigned char)name[len];
		top = h & 0xf0000000;
		h = (h ^ top >> 24) & ~top;
	}
	if (!IN(d->hash_end, d->hash + 1) || !d->hash[0] || !IN(d->hash_end, &d->hash[2 + h % d->hash[0]]))
		return NULL;
	left = d->hash[1]; /* a damaged chain may be a ring */
	if (left > (size_t)(d->hash_end - (const char *)d->hash) / sizeof(*d->hash))
		left = (uint32_t)((size_t)(d->hash_end - (const char *)d->hash) / sizeof(*d->hash));
	for (uint32_t i = d->hash[2 + h % d->hash[0]]; i && left; left--) {
		const uint32_t *next = d->hash + 2 + (size_t)d->hash[0] + i;

		if (is_definition(d, i, name, len))
			return &d->symbols[i];
		if (!IN(d->hash_end, next))
			break;
		i = *next;
	}
	return NULL;
}

uint32_t gt_gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (const unsigned char *c = (const void *)name; *c; c++)
		h = h * 33 + *c;
	return h;
}

const ElfW(Sym) * gt_dynamic_defines_hashed(const struct gt_dynamic *d, const char *name, uint32_t hash)
{
	if (!d->symbols || !d->strings)
		return NULL;
	return d->gnu_hash ? by_gnu_hash(d, name, hash) : d->hash ? by_hash(d, name) : NULL;
}

const ElfW(Sym) * gt_dynamic_defines(const struct gt_dynamic *d, const char *name)
{
	return gt_dynamic_defines_hashed(d, name, gt_gnu_hash(name));
}

const char *gt_dynamic_version(const struct gt_dynamic *d, unsigned index)
{
	for (const ElfW(Verneed) *n = d->needed; n; n = n->vn_next ? (const void *)((const char *)n + n->vn_next) : NULL) {
		const ElfW(Vernaux) *a = (const void *)((const char *)n + n->vn_aux);

		for (; a; a = a->vna_next ? (const void *)((const char *)a + a->vna_next) : NULL)
			if ((a->vna_other & 0x7fff) == index)
				return d->strings + a->vna_name;
	}
	/* a library that calls its own exported functions */
	for (const ElfW(Verdef) *v = d->defined; v; v = v->vd_next ? (const void *)((const char *)v + v->vd_next) : NULL)
		if (v->vd_ndx == index)
			return d->strings + ((const ElfW(Verdaux) *)((const char *)v + v->vd_aux))->vda_name;
	return NULL;
}

bool gt_object_is_ours(const void *p)
{
	static _Atomic uintptr_t first, last;

	if (!atomic_load_explicit(&last, memory_order_relaxed)) {
		struct gt_object o = gt_object_of(&last);

		atomic_store_explicit(&first, o.start, memory_order_relaxed);
		atomic_store_explicit(&last, o.end, memory_order_relaxed);
	}
	return (uintptr_t)p >= atomic_load_explicit(&first, memory_order_relaxed) &&
	       (uintptr_t)p < atomic_load_explicit(&last, memory_order_relaxed);
}
