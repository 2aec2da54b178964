/*
 * Where libgentap.so is, and how a child comes to load it.
 */
#ifndef GT_PRELOAD_H
#define GT_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#define GT_PRELOAD_LIBRARY "libgentap.so"

/* The library beside this program, or in ../lib of its folder. False: it is in neither, and `path` is that folder. */
bool gt_preload_find(char *path, size_t room);

/* False when the dynamic loader cannot be told this path: it splits LD_PRELOAD at blanks and colons. */
bool gt_preload_can_name(const char *path);

/* Gives what LD_PRELOAD is to be: the library in front of what is there, or just what is there when it names the library
 * already. NULL: no memory. Free it. */
char *gt_preload_merge(const char *library, const char *existing);

#endif
