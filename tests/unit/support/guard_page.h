/*
 * Copies of an input that end (or begin) where memory ends: a parser that reads or writes past them gets SIGSEGV, also in a
 * build without sanitizers. Each copy has a region of its own. For one thread.
 *
 * Regions are reused, because system calls for each piece of every_split.h made the walks slow. A freed copy therefore stays
 * readable, but holds GT_GUARD_POISON. A write to it is noticed when the region is reused. With the
 * address sanitizer, a freed copy and the bytes before a copy are not accessible.
 */
#ifndef GT_GUARD_PAGE_H
#define GT_GUARD_PAGE_H

#include <stddef.h>

#define GT_GUARD_POISON 0xdf

/* Gives a copy of `len` bytes whose last byte is the last before an inaccessible page. `len` may be 0. */
char *gt_guard_end(const char *p, size_t len);

/* Gives a copy of `len` bytes whose first byte is the first after an inaccessible page. */
char *gt_guard_begin(const char *p, size_t len);

/* Takes either kind back, with the `len` it was made with. Aborts when something wrote next to the copy. */
void gt_guard_free(char *copy, size_t len);

#endif
