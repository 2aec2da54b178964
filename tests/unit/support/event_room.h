/*
 * Events as the hand-off delivers them, one at a time. The data of each ends at an inaccessible page, or up to 7 bytes
 * before it, because the event is aligned. Nothing is allocated for an event.
 */
#ifndef GT_EVENT_ROOM_H
#define GT_EVENT_ROOM_H

#include "shim/shared/exchange.h"

struct gt_event_room {
	char *end; /* the first inaccessible byte */
	size_t size, used;
};

void gt_event_room_init(struct gt_event_room *r);
void gt_event_room_free(struct gt_event_room *r);

/* The event is valid until the next one is made. `len` is at most 64 KiB. */
const struct gt_event *gt_event_room_make(struct gt_event_room *r, enum gt_event_type type, uint64_t stream, struct gt_mono at,
					  const void *data, size_t len);

/* A BEGIN. The lengths of the texts in `b` are filled in; the texts may be NULL. */
const struct gt_event *gt_event_room_begin(struct gt_event_room *r, uint64_t stream, struct gt_mono at,
					   const struct gt_begin *b, const char *host, const char *provider,
					   const char *tracestate);

#endif
