#include "buf.h"

#include <stdlib.h>

#define ROOM_MIN 512

void gt_buf_init(struct gt_buf *b, size_t max)
{
	*b = (struct gt_buf){ .max = max };
}

bool gt_buf_add(struct gt_buf *b, const char *p, size_t len)
{
	if (b->over)
		return false;
	if (!len)
		return true;
	if (len > b->max - b->len) {
		b->over = true;
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
			b->over = true;
			return false;
		}
		b->data = data;
		b->room = room;
	}
	memcpy(b->data + b->len, p, len);
	b->len += len;
	return true;
}

void gt_buf_drop(struct gt_buf *b, size_t n)
{
	if (n < b->len)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n < b->len ? n : b->len;
}

void gt_buf_reset(struct gt_buf *b)
{
	b->len = 0;
	b->over = false;
}

void gt_buf_free(struct gt_buf *b)
{
	free(b->data);
	gt_buf_init(b, b->max);
}
