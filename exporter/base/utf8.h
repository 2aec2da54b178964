/*
 * Text that came from elsewhere, made valid UTF-8 (RFC 3629): a collector refuses a whole request for one bad byte. Pure.
 */
#ifndef GT_UTF8_H
#define GT_UTF8_H

#include "exporter/base/arena.h"

/* Length of the valid sequence at `p`, 0 when there is none: no surrogates, no overlong forms. `left` > 0. */
size_t gt_utf8_len(const char *p, size_t left);

bool gt_utf8_is_valid(struct gt_str s);

/* A terminated copy of at most `max_chars` characters; each bad byte becomes U+FFFD. .p NULL: no memory. */
struct gt_str gt_utf8_text(struct gt_arena *a, struct gt_str raw, uint32_t max_chars);

#endif
