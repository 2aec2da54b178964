/*
 * Makes foreign text valid UTF-8 (RFC 3629), because a collector rejects a whole request for one bad byte. Pure.
 *
 * Half of a surrogate pair is three bytes in text from JSON (WTF-8, simonsapin.github.io/wtf-8). It is not valid UTF-8.
 * The second half may follow in the next chunk of a stream.
 */
#ifndef GT_UTF8_H
#define GT_UTF8_H

#include "exporter/base/arena.h"

/* Length of the valid sequence at `p`, or 0. Surrogates and overlong forms are invalid. `left` > 0: bytes at `p`. */
size_t gt_utf8_len(const char *p, size_t left);

bool gt_utf8_is_valid(struct gt_str s);

#define GT_UTF8_HALF 3 /* bytes of half of a surrogate pair */

/* How many bytes at `p`, where no valid sequence begins, one U+FFFD replaces: half of a pair, or one byte. */
size_t gt_utf8_bad_len(const char *p, size_t left);

/* Joins a first half and the second half after it to one character, in place. Returns the new length. */
size_t gt_utf8_join_halves(char *p, size_t len);

/* A terminated copy in `a` of at most `max_chars` characters. Each invalid byte and each half of a pair becomes U+FFFD.
 * .p NULL: no memory. */
struct gt_str gt_utf8_text(struct gt_arena *a, struct gt_str raw, uint32_t max_chars);

#endif
