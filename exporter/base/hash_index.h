/*
 * Finds items of an array by content, in constant time: each search of a list from its start takes time that grows with
 * the list. Holds positions only; the items stay the caller's. Any thread, no lock.
 *
 *	i = gt_hash_index_find(&index, hash, is_same, ctx);
 *	if (i < 0 && gt_hash_index_add(&index, hash, n))
 *		items[n++] = ...;
 */
#ifndef GT_HASH_INDEX_H
#define GT_HASH_INDEX_H

#include "shim/shared/str.h"

struct gt_hash_slot {
	uint32_t hash;
	uint32_t item; /* position + 1; 0: free */
};

struct gt_hash_index {
	struct gt_hash_slot *slots; /* owned */
	uint32_t room, n;	    /* room is a power of two, or 0 */
};

#define GT_HASH_START 0xcbf29ce484222325ULL

/* FNV-1a over `s` and its length, continuing from `hash`: GT_HASH_START, or the hash of what comes before. */
uint64_t gt_hash_of(uint64_t hash, struct gt_str s);

/* The position of an item with this hash for which `is_same` returns true, or -1. */
int64_t gt_hash_index_find(const struct gt_hash_index *index, uint64_t hash, bool (*is_same)(void *ctx, uint32_t item),
			   void *ctx);
/* Adds a position that is not in the index. False when memory runs out. */
bool gt_hash_index_add(struct gt_hash_index *index, uint64_t hash, uint32_t item);
void gt_hash_index_free(struct gt_hash_index *index);

#endif
