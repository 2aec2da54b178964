/*
 * Hides what looks like a credential in foreign text: providers repeat parts of keys in their error messages. Pure.
 *
 * A word is hidden when it has a known key prefix, at its beginning or after `=` or `/`. Words of 24 characters
 * and more are also hidden when they have a long run of mixed letters and digits, or only hex digits and dashes.
 */
#ifndef GT_MASK_H
#define GT_MASK_H

#include "shim/shared/str.h"

/* Copies `in` to `out` with such words replaced by "***". Returns the new length, which is at most in.len and at most
 * `cap`; what exceeds `cap` is cut off. */
size_t gt_mask_secrets(struct gt_str in, char *out, size_t cap);

#endif
