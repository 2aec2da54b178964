/*
 * Which peers have shown which API: by a request whose body only that API has, or by the answer of a model. When memory
 * is short, the bytes of a call are not copied. What its path only promises then counts as shown, when an earlier call
 * to the same peer showed it.
 *
 * A fixed table: a new entry may replace another. A peer that was replaced is noted again by its next whole call.
 * Exporter thread.
 */
#ifndef GT_PEER_MEMORY_H
#define GT_PEER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/match.h"
#include "shim/shared/str.h"

struct gt_peer_memory;

/* Gives a memory, or NULL. The functions below accept NULL: no peer has shown anything. */
struct gt_peer_memory *gt_peer_memory_new(void);
void gt_peer_memory_free(struct gt_peer_memory *m);

/* `host` and `port` are those of the server; empty and 0 when this process is the server. */
void gt_peer_memory_note(struct gt_peer_memory *m, enum gt_api api, struct gt_str host, uint16_t port);
bool gt_peer_memory_has(const struct gt_peer_memory *m, enum gt_api api, struct gt_str host, uint16_t port);

#endif
