#include "shim/only_definition.h"

#include <stdbool.h>
#include <string.h>

#define HIDDEN 0x8000 /* a version that only references which name it get */

static bool fits(const struct gt_dynamic *d, const ElfW(Sym) * symbol, const char *version)
{
	unsigned index = d->versions ? d->versions[symbol - d->symbols] : VER_NDX_GLOBAL;
	const char *own;

	if ((index & ~HIDDEN) <= VER_NDX_GLOBAL)
		return true;
	if (!version)
		return !(index & HIDDEN);
	own = gt_dynamic_version(d, index & ~HIDDEN);
	return own && strcmp(own, version) == 0;
}

/* An STT_GNU_IFUNC is not a function but chooses one. */
static void *address_of(const struct gt_dynamic *d, ElfW(Addr) base, const ElfW(Sym) * symbol, const char *version)
{
	bool is_function = symbol && (symbol->st_info & 0xf) == STT_FUNC;

	return is_function && fits(d, symbol, version) ? (void *)(base + symbol->st_value) : NULL;
}

void *gt_definition_in(const struct gt_dynamic *d, ElfW(Addr) base, const char *name, const char *version)
{
	return address_of(d, base, gt_dynamic_defines(d, name), version);
}

struct search {
	const char *name, *version;
	uint32_t hash;
	unsigned n;
	void *found;
};

/* Ends the iteration at the second definition. */
static int note_definition(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = gt_dynamic_section(info);
	struct search *s = data;
	const ElfW(Sym) * symbol;
	struct gt_dynamic d;

	(void)size;
	if (!section || gt_object_is_ours(section))
		return 0;
	d = gt_dynamic_at(section, info->dlpi_addr);
	symbol = gt_dynamic_defines_hashed(&d, s->name, s->hash);
	if (!symbol)
		return 0;
	s->found = address_of(&d, info->dlpi_addr, symbol, s->version);
	return ++s->n > 1;
}

void *gt_only_definition(const char *name, const char *version)
{
	struct search s = { .name = name, .version = version, .hash = gt_gnu_hash(name) };

	gt_object_is_ours(&s); /* it takes another of the loader's locks the first time */
	dl_iterate_phdr(note_definition, &s);
	return s.n == 1 ? s.found : NULL;
}
