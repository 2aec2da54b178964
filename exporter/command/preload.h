/*
 * Finds libgentap.so and builds the values of LD_PRELOAD and ASAN_OPTIONS with which it is loaded.
 */
#ifndef GT_PRELOAD_H
#define GT_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/preload_list.h"

/* Writes the path of the library to `path`: in the folder of this program, or in ../lib of it. False when neither has
 * it; `path` is then the folder. */
bool gt_preload_find(char *path, size_t room);

/* False when LD_PRELOAD cannot contain this path: the dynamic loader splits its value at spaces and colons. */
bool gt_preload_can_name(const char *path);

/* Gives the new value of LD_PRELOAD (the caller frees it): `library` in front of `existing`, or `existing` alone if it
 * already lists the library. `existing` may be NULL. The runtime of the address sanitizer stays first: it must be.
 * NULL when out of memory. */
char *gt_preload_merge(const char *library, const char *existing);

/* Writes the path of the program that a shell would run for `file` to `path`. False when it finds none. */
bool gt_preload_find_program(const char *file, char *path, size_t room);

/* Gives the new value of ASAN_OPTIONS (the caller frees it). A program that is linked with the shared runtime of the
 * address sanitizer ends at once when another library comes first, as every preload does. The option switches that
 * check off; an option of the user's stays. `existing` may be NULL. NULL when out of memory. */
char *gt_preload_asan_options(const char *existing);

#endif
