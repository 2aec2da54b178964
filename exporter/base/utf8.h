/*
 * Makes foreign text valid UTF-8 (RFC 3629), because a collector rejects a whole request for one bad byte. Pure.
 */
#ifndef GT_UTF8_H
#define GT_UTF8_H

#include "exporter/base/arena.h"

/* Length of the valid sequence at `p`, or 0. Surrogates and overlong forms are invalid. `left` > 0: bytes at `p`. */
size_t gt_utf8_len(const char *p, size_t left);

bool gt_utf8_is_valid(struct gt_str s);

/* A terminated copy in `a` of at most `max_chars` characters; each invalid byte becomes U+FFFD. .p NULL: no memory. */
struct gt_str gt_utf8_text(struct gt_arena *a, struct gt_str raw, uint32_t max_chars);

#endif
