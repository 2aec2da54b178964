/*
 * Hides what looks like a credential in text written by others. Pure.
 *
 * Providers repeat parts of keys in their error messages. A word is hidden when it starts like a known kind of key, or is long
 * and mixes letters and digits without looking like prose or a name.
 */
#ifndef GT_MASK_H
#define GT_MASK_H

#include "shim/shared/str.h"

/* Copies `in` to `out` (same length at most, `cap` >= in.len) with such words replaced by "***". Returns the new length. */
size_t gt_mask_secrets(struct gt_str in, char *out, size_t cap);

#endif
