/*
 * Bytes that grow, never beyond a cap. Owned by whoever holds the struct. Several may share one allowance beside their caps.
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
	bool over;	/* bytes were refused: the cap or the end of the allowance was reached, or there was no memory */
	size_t *left;	/* borrowed: bytes of the allowance that nobody has taken; NULL: none is shared */
	size_t touched; /* bytes of `data` that were ever written, which is what the allowance counts */
};

void gt_buf_init(struct gt_buf *b, size_t max);

/* Appends all of it, or nothing and sets `over`. Once over, always over (until gt_buf_reset). */
bool gt_buf_add(struct gt_buf *b, const char *p, size_t len);

/* From now on `b`, which is empty, takes what it holds from `*left`, and gives it back when it is freed or cut. */
void gt_buf_share(struct gt_buf *b, size_t *left);

/* Keeps the first `len` bytes at most, gives the memory of the others back and takes no more: it is over. */
void gt_buf_cut(struct gt_buf *b, size_t len);

/* Removes the first n bytes. */
void gt_buf_drop(struct gt_buf *b, size_t n);

/* Empty and not over; keeps its memory. */
void gt_buf_reset(struct gt_buf *b);
void gt_buf_free(struct gt_buf *b);

static inline struct gt_str gt_buf_str(const struct gt_buf *b)
{
	return gt_str_make(b->data, b->len);
}

#endif
