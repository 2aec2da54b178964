/*
 * An array in order, without memory and without a system call. For more than 1 KiB, glibc's qsort calls sysinfo. A filter
 * of the application may end the process for that.
 *
 * Pure; any thread. Not stable.
 */
#ifndef GT_SORT_H
#define GT_SORT_H

#include <stddef.h>

#define GT_SORT_SIZE_MAX 32 /* bytes of an item */

/* As qsort. `n` may be 0, and `items` NULL then. Takes n * log n steps in the worst case. */
void gt_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *));

#endif
