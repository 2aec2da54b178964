/*
 * Memory that is freed all at once: a span and everything it points to, or one encoded batch.
 *
 * Allocations are zeroed and aligned for any type; they cannot be freed one by one. When an arena runs out, the failing
 * call returns NULL and earlier allocations stay valid. One thread at a time may use an arena.
 */
#ifndef GT_ARENA_H
#define GT_ARENA_H

#include <stddef.h>

#include "shim/shared/str.h"

struct gt_arena_block;

struct gt_arena {
	struct gt_arena_block *blocks;
	size_t used;  /* bytes allocated so far, rounded up for alignment */
	size_t limit; /* bytes; 0: no limit */
};

void gt_arena_init(struct gt_arena *a, size_t limit);

/* NULL when `limit` would be exceeded or memory runs out. */
void *gt_arena_alloc(struct gt_arena *a, size_t size);

/* A terminated copy, or NULL as above. */
char *gt_arena_copy(struct gt_arena *a, struct gt_str s);

/* Moves everything from `from` to `to`, which must be empty, and leaves `from` empty. */
void gt_arena_move(struct gt_arena *to, struct gt_arena *from);

void gt_arena_free(struct gt_arena *a);

#endif
