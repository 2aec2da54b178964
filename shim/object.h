/*
 * An object that the loader has mapped: a program or a shared library, found by an address in it.
 *
 * Everything here reads the loader's public data (struct link_map, ELF(5)) and keeps nothing: no handle, so that
 * dlclose unloads an object as it would without gentap. An object is valid while code in it runs.
 */
#ifndef GT_OBJECT_H
#define GT_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gt_object {
	uintptr_t start, end;	    /* of its mapping; 0 when `map` is NULL */
	const struct link_map *map; /* NULL: the address is in no object (generated code) */
};

/* The parts of a dynamic section that gentap reads. NULL: absent. Pointers borrow from the object. */
struct gt_dynamic {
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;
	const ElfW(Verneed) * needed;
	const ElfW(Verdef) * defined;
	const uint32_t *gnu_hash, *hash;
	/* The ends of readable memory; the last address for a loaded object, which the loader has checked. `end` is that of
	 * the symbols and of all that is not named. */
	const char *end, *strings_end, *hash_end;
	const ElfW(Rela) * relocations[2];
	size_t n[2];
};

/* Looks for the loader's lock-free look-up (_dl_find_object, glibc 2.35). From the constructor; without it dladdr1
 * serves, which takes the loader's lock. */
void gt_object_init(void);

/* Any thread; never allocates. */
struct gt_object gt_object_of(const void *address);

static inline bool gt_object_has(const struct gt_object *o, const void *address)
{
	return (uintptr_t)address >= o->start && (uintptr_t)address < o->end;
}

/* The dynamic section of an object that dl_iterate_phdr lists; NULL when it has none. */
const ElfW(Dyn) * gt_dynamic_section(const struct dl_phdr_info *info);

/* Reads the dynamic section of an object that is loaded at `base`. All NULL when `section` is NULL. */
struct gt_dynamic gt_dynamic_at(const ElfW(Dyn) * section, ElfW(Addr) base);

static inline struct gt_dynamic gt_dynamic_of(const struct link_map *map)
{
	return gt_dynamic_at(map ? map->l_ld : NULL, map ? map->l_addr : 0);
}

/* The symbol that the object itself defines under that name and exports, or NULL. */
const ElfW(Sym) * gt_dynamic_defines(const struct gt_dynamic *d, const char *name);

/* The same with the name's GNU hash, for callers that ask many objects. */
const ElfW(Sym) * gt_dynamic_defines_hashed(const struct gt_dynamic *d, const char *name, uint32_t hash);
uint32_t gt_gnu_hash(const char *name);

/* The name of a version in the object's tables of versions, NULL when it has none. */
const char *gt_dynamic_version(const struct gt_dynamic *d, unsigned index);

/* Is `p` an address in this library? */
bool gt_object_is_ours(const void *p);

#endif
