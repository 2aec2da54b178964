#include "exporter/span/peer_memory.h"

#include <stdlib.h>

#define SLOTS 256 /* a power of two; few programs call as many servers */

/* Each slot has the hash of what was noted last in it; 0: nothing. Two peers with the same 64 bits are unlikely, and a
 * span without a body would only name the API of the wrong one. */
struct gt_peer_memory {
	uint64_t slot[SLOTS];
};

struct gt_peer_memory *gt_peer_memory_new(void)
{
	return calloc(1, sizeof(struct gt_peer_memory));
}

void gt_peer_memory_free(struct gt_peer_memory *m)
{
	free(m);
}

static uint64_t add(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * 0x100000001b3; /* FNV-1a */
}

static uint64_t hash_of(enum gt_api api, struct gt_str host, uint16_t port)
{
	uint64_t hash = 0xcbf29ce484222325;

	hash = add(add(hash, (unsigned char)api), (unsigned char)((unsigned)api >> 8));
	hash = add(add(hash, (unsigned char)port), (unsigned char)(port >> 8));
	for (size_t i = 0; i < host.len; i++)
		hash = add(hash, (unsigned char)host.p[i]);
	return hash ? hash : 1;
}

/* The last step of MurmurHash3: FNV alone puts similar names into few slots. */
static size_t slot_of(uint64_t hash)
{
	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
	return (hash ^ hash >> 33) % SLOTS;
}

void gt_peer_memory_note(struct gt_peer_memory *m, enum gt_api api, struct gt_str host, uint16_t port)
{
	uint64_t hash = hash_of(api, host, port);

	if (m)
		m->slot[slot_of(hash)] = hash;
}

bool gt_peer_memory_has(const struct gt_peer_memory *m, enum gt_api api, struct gt_str host, uint16_t port)
{
	uint64_t hash = hash_of(api, host, port);

	return m && m->slot[slot_of(hash)] == hash;
}
