/*
 * LD_PRELOAD as a list: paths of libraries, between blanks and colons (ld.so(8)).
 *
 * Pure functions of bytes.
 */
#ifndef GT_PRELOAD_LIST_H
#define GT_PRELOAD_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/str.h"

#define GT_PRELOAD_LIBRARY "libgentap.so"

/* Cuts the next library off `*rest`; false at the end. */
bool gt_preload_next(struct gt_str *rest, struct gt_str *item);

/* Bytes that gt_preload_put writes at most, with the NUL. */
size_t gt_preload_room(struct gt_str library, struct gt_str list);

/* Writes the list with `library` in front. The runtime of the address sanitizer stays first: it must be. */
void gt_preload_put(char *out, struct gt_str library, struct gt_str list);

#endif
