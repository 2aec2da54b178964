#include "exporter/base/hash_index.h"

#include <stdlib.h>

#include "exporter/base/steps.h"

#define ROOM_MIN 64

uint64_t gt_hash_of(uint64_t hash, struct gt_str s)
{
	GT_STEPS(s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3ULL;
	return (hash ^ s.len) * 0x100000001b3ULL;
}

static uint32_t folded(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

int64_t gt_hash_index_find(const struct gt_hash_index *index, uint64_t hash, bool (*is_same)(void *ctx, uint32_t item),
			   void *ctx)
{
	uint32_t wanted = folded(hash);

	if (!index->room)
		return -1;
	for (uint32_t i = wanted & (index->room - 1); index->slots[i].item; i = (i + 1) & (index->room - 1)) {
		GT_STEPS(1);
		if (index->slots[i].hash == wanted && is_same(ctx, index->slots[i].item - 1))
			return index->slots[i].item - 1;
	}
	return -1;
}

static void put(struct gt_hash_slot *slots, uint32_t room, struct gt_hash_slot slot)
{
	uint32_t i = slot.hash & (room - 1);

	while (slots[i].item) {
		GT_STEPS(1);
		i = (i + 1) & (room - 1);
	}
	slots[i] = slot;
}

bool gt_hash_index_add(struct gt_hash_index *index, uint64_t hash, uint32_t item)
{
	/* at most half of the slots are in use */
	if (index->n >= index->room / 2) {
		uint32_t room = index->room ? index->room * 2 : ROOM_MIN;
		struct gt_hash_slot *slots = room > index->room ? calloc(room, sizeof(*slots)) : NULL;

		if (!slots)
			return false;
		for (uint32_t i = 0; i < index->room; i++)
			if (index->slots[i].item)
				put(slots, room, index->slots[i]);
		free(index->slots);
		index->slots = slots;
		index->room = room;
	}
	put(index->slots, index->room, (struct gt_hash_slot){ folded(hash), item + 1 });
	index->n++;
	return true;
}

void gt_hash_index_free(struct gt_hash_index *index)
{
	free(index->slots);
	*index = (struct gt_hash_index){ .room = 0 };
}
