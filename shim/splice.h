/*
 * Inserts bytes into a stream that the application writes, invisibly to it. Pure.
 *
 * At one point of the application's bytes gentap's text goes in between. The wire may accept any part of a write, so
 * the text may leave in several pieces. The application never sent the text, so it must always get its own count.
 *
 * In HTTP/2 the frame that gets the text must also announce its new length. So a splice may have a patch: a few bytes of
 * the application's, before the text, that are replaced by as many others.
 *
 * A splice lives from the write that contains the insertion point until the last byte of the text is on the wire.
 */
#ifndef GT_SPLICE_H
#define GT_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define GT_SPLICE_PATCH 3

struct gt_splice {
	const char *text; /* borrowed; must outlive the splice */
	uint32_t len;
	uint32_t sent; /* sent <= len: bytes of the text that are on the wire */
	uint64_t at;   /* bytes of the application that precede the text and are not accepted yet */

	/* The patch: patch_at + patch_len - patch_sent <= at. */
	uint64_t patch_at;	       /* bytes of the application that precede the rest of it and are not accepted yet */
	uint8_t patch_len, patch_sent; /* 0 and 0: without a patch */
	unsigned char patch[GT_SPLICE_PATCH];
};

static inline bool gt_splice_is_active(const struct gt_splice *s)
{
	return s->sent < s->len;
}

/* Is a part of the text or of the patch on the wire? Then the rest must follow. */
static inline bool gt_splice_is_begun(const struct gt_splice *s)
{
	return s->sent > 0 || s->patch_sent > 0;
}

static inline unsigned gt_splice_patch_left(const struct gt_splice *s)
{
	return s->patch_len - s->patch_sent;
}

/* How many pieces a layout may have beyond the application's. */
static inline int gt_splice_more(const struct gt_splice *s)
{
	return gt_splice_patch_left(s) ? 4 : 2;
}

void gt_splice_start(struct gt_splice *s, const char *text, uint32_t len, uint64_t at);

/* Adds a patch of GT_SPLICE_PATCH bytes to a splice that has just started. `at` + GT_SPLICE_PATCH <= s->at. */
void gt_splice_set_patch(struct gt_splice *s, uint64_t at, const unsigned char *patch);

/* Fills `out` with the pieces that go on the wire for the application's `in`. `out` holds `max` pieces; `max` must be
 * at least n_in + gt_splice_more(s). Returns the number of pieces, or -1 when `max` is too small. Pieces borrow from `in`,
 * from the text and from the splice. */
int gt_splice_layout(const struct gt_splice *s, const struct iovec *in, int n_in, struct iovec *out, int max);

/* The wire took `wire` bytes of that layout; `app_len` is the number of bytes in `in`. Returns how many of them are
 * the application's. */
size_t gt_splice_account(struct gt_splice *s, size_t app_len, size_t wire);

size_t gt_iov_len(const struct iovec *iov, int n);

#endif
