/*
 * What an ELF file asks the loader for: the shared libraries that it needs, and whether it is Bun. Reads foreign
 * files: every offset is checked.
 */
#ifndef GT_PROGRAM_NEEDS_H
#define GT_PROGRAM_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

#define GT_PROGRAM_NEEDS_MAX 64

struct gt_program_needs {
	char names[GT_PROGRAM_NEEDS_MAX][64]; /* longer names are cut */
	size_t n;
	bool is_bun; /* its symbols have a version of Bun's: see shim/bun.h */
};

/* False when the file cannot be read, or is not an ELF file with a dynamic section. */
bool gt_program_needs_read(struct gt_program_needs *needs, const char *path);

#endif
