/*
 * The trace context in which a request is served. One thread replaces it, and any other may read it meanwhile.
 *
 * A server may answer a request and read the next one while a thread of the first still makes calls. So a reader names
 * the request it asks about, and gets its context whole or nothing. Neither side waits; nothing is allocated.
 */
#ifndef GT_SERVED_H
#define GT_SERVED_H

#include <stdatomic.h>

#include "shim/shared/traceparent.h"

struct gt_served {
	struct gt_trace_context context;
	bool is_remote; /* the client sent the context */
	uint16_t tracestate_len;
	char tracestate[GT_TRACESTATE_MAX]; /* not terminated */
};

/* Where the context of a connection's latest request is kept. All zero: none. */
struct gt_served_cell {
	_Atomic uint32_t version; /* odd while the writer is inside */
	_Atomic uint64_t request; /* the number the writer gave it, with the two facts below */
	_Atomic uint64_t context[4];
	_Atomic uint64_t tracestate[GT_TRACESTATE_MAX / 8];
};

/* Replaces what the cell holds. `request` is not 0. One writer at a time. */
void gt_served_put(struct gt_served_cell *cell, uint32_t request, const struct gt_served *s);

/* False when the cell holds the context of another request, or none. Any thread. */
bool gt_served_get(const struct gt_served_cell *cell, uint32_t request, struct gt_served *out);

#endif
