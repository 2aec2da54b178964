/*
 * Memory that is given back all at once: a span and everything it points to, or one encoded batch.
 *
 * Allocations are zeroed and aligned for any type; single ones are not freed. An arena that ran out stays usable: the call
 * that failed gives NULL, earlier memory stays good. Not for several threads at a time.
 */
#ifndef GT_ARENA_H
#define GT_ARENA_H

#include <stddef.h>

#include "shim/shared/str.h"

struct gt_arena_block;

struct gt_arena {
	struct gt_arena_block *blocks;
	size_t used;  /* bytes given out, for accounting */
	size_t limit; /* 0: none */
};

void gt_arena_init(struct gt_arena *a, size_t limit);
void *gt_arena_alloc(struct gt_arena *a, size_t size);

/* A terminated copy; NULL when there is no memory. */
char *gt_arena_copy(struct gt_arena *a, struct gt_str s);

/* Moves everything over to `to` (which must be empty) and leaves `from` empty. */
void gt_arena_move(struct gt_arena *to, struct gt_arena *from);

void gt_arena_free(struct gt_arena *a);

#endif
