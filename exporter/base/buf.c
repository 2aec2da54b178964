#include "exporter/base/buf.h"

#include <stdlib.h>

#include "exporter/base/steps.h"

#define ROOM_MIN 512

void gt_buf_init(struct gt_buf *b, size_t max)
{
	*b = (struct gt_buf){ .max = max };
}

void gt_buf_share(struct gt_buf *b, size_t *left)
{
	b->left = left;
}

/* Reserves allowance for `len` bytes in total. False when not enough is left. */
static bool take(struct gt_buf *b, size_t len)
{
	if (!b->left || len <= b->touched)
		return true;
	if (len - b->touched > *b->left)
		return false;
	*b->left -= len - b->touched;
	b->touched = len;
	return true;
}

static void give_back(struct gt_buf *b, size_t len)
{
	if (!b->left || len >= b->touched)
		return;
	*b->left += b->touched - len;
	b->touched = len;
}

bool gt_buf_add(struct gt_buf *b, const char *p, size_t len)
{
	GT_STEPS(len);
	if (b->is_over)
		return false;
	if (!len)
		return true;
	if (len > b->max - b->len || !take(b, b->len + len)) {
		b->is_over = true;
		return false;
	}
	if (b->len + len > b->room) {
		size_t room = b->room ? b->room : ROOM_MIN;
		char *data;

		while (room < b->len + len)
			room *= 2;
		if (room > b->max)
			room = b->max;
		data = realloc(b->data, room);
		if (!data) {
			b->is_over = true;
			return false;
		}
		b->data = data;
		b->room = room;
	}
	memcpy(b->data + b->len, p, len);
	b->len += len;
	return true;
}

void gt_buf_cut(struct gt_buf *b, size_t len)
{
	char *data;

	b->is_over = true;
	if (b->len > len)
		b->len = len;
	if (b->room <= len || !b->data)
		return;
	if (!len) {
		free(b->data);
		b->data = NULL;
		b->room = 0;
	} else {
		data = realloc(b->data, len);
		if (!data)
			return; /* the memory stays allocated, and counted */
		b->data = data;
		b->room = len;
	}
	give_back(b, len);
}

void gt_buf_drop(struct gt_buf *b, size_t n)
{
	if (!n)
		return;
	if (n < b->len)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n < b->len ? n : b->len;
}

void gt_buf_reset(struct gt_buf *b)
{
	b->len = 0;
	b->is_over = false;
}

void gt_buf_free(struct gt_buf *b)
{
	size_t *left = b->left;

	give_back(b, 0);
	free(b->data);
	gt_buf_init(b, b->max);
	b->left = left;
}
