/*
 * Finds libgentap.so and builds the LD_PRELOAD value that loads it.
 */
#ifndef GT_PRELOAD_H
#define GT_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#define GT_PRELOAD_LIBRARY "libgentap.so"

/* Writes the path of the library to `path`: in the folder of this program, or in ../lib of it. False when neither has
 * it; `path` is then the folder. */
bool gt_preload_find(char *path, size_t room);

/* False when LD_PRELOAD cannot contain this path: the dynamic loader splits its value at spaces and colons. */
bool gt_preload_can_name(const char *path);

/* Gives the new value of LD_PRELOAD (the caller frees it): `library` in front of `existing`, or `existing` alone if it
 * already lists the library. `existing` may be NULL. NULL when out of memory. */
char *gt_preload_merge(const char *library, const char *existing);

#endif
