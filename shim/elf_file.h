/*
 * An ELF shared library as a file, before the loader has seen it. Every offset in the file is checked: the loader
 * rejects a damaged file, and gentap must not crash on it.
 */
#ifndef GT_ELF_FILE_H
#define GT_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/object.h"

struct gt_elf_file {
	const char *bytes; /* the whole file */
	size_t size;
	struct gt_dynamic d; /* pointers into `bytes`; d.end is set */
	const ElfW(Dyn) * dynamic;
	size_t n_dynamic;
	size_t n_relative; /* relocations at the start of the second part that have no symbol */
	bool is_symbolic;  /* its own definitions come first for it (DT_SYMBOLIC) */
};

/* Reads a file that is in memory, aligned as a mapping is; `bytes` stay the caller's. False: not a shared library for
 * this processor. */
bool gt_elf_file_read(struct gt_elf_file *f, const void *bytes, size_t size);

/* The n-th (from 0) string of that tag (DT_NEEDED, DT_RUNPATH, ...), or NULL. */
const char *gt_elf_file_string(const struct gt_elf_file *f, ElfW(Sxword) tag, size_t n);

/* The symbol of the i-th relocation of a part (0, 1), and its name. NULL when that relocation has none. */
const ElfW(Sym) * gt_elf_file_symbol(const struct gt_elf_file *f, int part, size_t i, const char **name);

#endif
