/*
 * A byte buffer that grows up to a cap. The holder of the struct owns the bytes. Several buffers may also share one
 * allowance, in addition to their own caps.
 */
#ifndef GT_BUF_H
#define GT_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/str.h"

struct gt_buf {
	char *data; /* owned; NULL until the first byte */
	size_t len, room;
	size_t max;
	bool is_over;	/* bytes were rejected: cap reached, allowance used up, or no memory */
	size_t *left;	/* borrowed: bytes still free in the shared allowance; NULL when none is shared */
	size_t touched; /* bytes of `data` ever written, as counted against the allowance */
};

void gt_buf_init(struct gt_buf *b, size_t max);

/* Appends all bytes and returns true, or appends none, sets `is_over` and returns false. `is_over` stays set until
 * gt_buf_reset or gt_buf_free. */
bool gt_buf_add(struct gt_buf *b, const char *p, size_t len);

/* `b` must be empty. From now on its bytes are deducted from `*left`, and returned to it when `b` is freed or cut.
 * Borrows `left`. */
void gt_buf_share(struct gt_buf *b, size_t *left);

/* Keeps at most the first `len` bytes, frees the memory of the rest and sets `is_over`, so that no more is appended. */
void gt_buf_cut(struct gt_buf *b, size_t len);

/* Removes the first n bytes. */
void gt_buf_drop(struct gt_buf *b, size_t n);

/* Empties `b` and clears `is_over`; keeps the memory. */
void gt_buf_reset(struct gt_buf *b);

/* Frees the bytes. `b` is empty and can be used again, with the same cap and allowance. */
void gt_buf_free(struct gt_buf *b);

static inline struct gt_str gt_buf_str(const struct gt_buf *b)
{
	return gt_str_make(b->data, b->len);
}

#endif
