/*
 * An object as it is mapped: its segments, their protection, and the functions that it exports. Reads the loaded program
 * headers and dynamic section only, and no file.
 *
 * Every address is checked against the segments, because a header may say anything. Pure but for the memory that it
 * reads. ELF(5); glibc and musl for the pages that RELRO protects.
 */
#ifndef GT_IMAGE_H
#define GT_IMAGE_H

#include "shim/object.h"

#define GT_IMAGE_PARTS 24 /* segments that are loaded; an object with more is not read */

struct gt_image_part {
	uintptr_t start, end;
	int protection; /* PROT_READ and so on, as the segment asks for */
};

struct gt_image {
	uintptr_t base;
	size_t n;
	struct gt_image_part parts[GT_IMAGE_PARTS];
	uintptr_t relro_start, relro_end; /* whole pages that are read-only once the loader has relocated the object */
	uintptr_t page;			  /* bytes of one */
	struct gt_dynamic d;		  /* bounded by the segments */
};

/* Reads an object that is loaded at `base` and remains loaded meanwhile. `within`: where all its segments must be; NULL:
 * anywhere. False: it has no exported symbols, or its headers contradict each other. */
bool gt_image_read(struct gt_image *i, const ElfW(Phdr) * headers, size_t n, uintptr_t base, uintptr_t page,
		   const struct gt_image_part *within);

/* The readable segment that has all these bytes; NULL: none has. */
const struct gt_image_part *gt_image_part_of(const struct gt_image *i, uintptr_t address, size_t len);

/* Is it the address of code of the object? */
bool gt_image_is_code(const struct gt_image *i, uintptr_t address);

/* A function that the object defines and exports, whatever its version; 0: it does not. */
uintptr_t gt_image_function(const struct gt_image *i, const char *name);

/* The protection of the page with that address, which is in a segment. */
int gt_image_protection(const struct gt_image *i, uintptr_t address);

#endif
