/*
 * Inserts bytes into a stream that the application writes, invisibly to it. Pure.
 *
 * At one point of the application's bytes gentap's text goes in between. The wire may accept any part of a write, so
 * the text may leave in several pieces. The application never sent the text, so it must always get its own count.
 *
 * A splice lives from the write that contains the insertion point until the last byte of the text is on the wire.
 */
#ifndef GT_SPLICE_H
#define GT_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct gt_splice {
	const char *text; /* borrowed; must outlive the splice */
	uint32_t len;
	uint32_t sent; /* sent <= len: bytes of the text that are on the wire */
	uint64_t at;   /* bytes of the application that precede the text and are not accepted yet */
};

static inline bool gt_splice_is_active(const struct gt_splice *s)
{
	return s->sent < s->len;
}

void gt_splice_start(struct gt_splice *s, const char *text, uint32_t len, uint64_t at);

/* Fills `out` with the pieces that go on the wire for the application's `in`. `out` holds `max` pieces; `max` must be
 * at least n_in + 2. Returns the number of pieces, or -1 when `max` is too small. Pieces borrow from `in` and from
 * the text. */
int gt_splice_layout(const struct gt_splice *s, const struct iovec *in, int n_in, struct iovec *out, int max);

/* The wire took `wire` bytes of that layout; `app_len` is the number of bytes in `in`. Returns how many of them are
 * the application's. */
size_t gt_splice_account(struct gt_splice *s, size_t app_len, size_t wire);

size_t gt_iov_len(const struct iovec *iov, int n);

#endif
