#include "exporter/base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_MIN 2048 /* most spans fit one block */
#define ALIGN	  16

struct gt_arena_block {
	struct gt_arena_block *next;
	size_t size, used;
	_Alignas(ALIGN) char data[];
};

void gt_arena_init(struct gt_arena *a, size_t limit)
{
	*a = (struct gt_arena){ .limit = limit };
}

void *gt_arena_alloc(struct gt_arena *a, size_t size)
{
	struct gt_arena_block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->limit && (size > a->limit || a->used > a->limit - size))
		return NULL;
	if (!b || size > b->size - b->used) {
		size_t room = size > BLOCK_MIN ? size : BLOCK_MIN;

		b = calloc(1, sizeof(*b) + room);
		if (!b)
			return NULL;
		b->size = room;
		b->next = a->blocks;
		a->blocks = b;
	}
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return p;
}

char *gt_arena_copy(struct gt_arena *a, struct gt_str s)
{
	char *p = gt_arena_alloc(a, s.len + 1);

	if (p && s.len)
		memcpy(p, s.p, s.len);
	return p;
}

void gt_arena_move(struct gt_arena *to, struct gt_arena *from)
{
	*to = *from;
	from->blocks = NULL;
	from->used = 0;
}

void gt_arena_free(struct gt_arena *a)
{
	while (a->blocks) {
		struct gt_arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	a->used = 0;
}
