/*
 * Copies of an input that end (or begin) where memory ends, so that a parser that reads one byte too many is killed at once,
 * also in a build without sanitizers.
 */
#ifndef GT_GUARD_PAGE_H
#define GT_GUARD_PAGE_H

#include <stddef.h>

/* Gives a copy of `len` bytes whose last byte is the last that can be read. `len` may be 0. */
char *gt_guard_end(const char *p, size_t len);

/* Gives a copy of `len` bytes whose first byte is the first that can be read. */
char *gt_guard_begin(const char *p, size_t len);

/* Takes either kind back. */
void gt_guard_free(char *copy, size_t len);

#endif
