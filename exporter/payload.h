/*
 * Encoded batches waiting to be posted, oldest first.
 */
#ifndef GT_PAYLOAD_H
#define GT_PAYLOAD_H

#include "sink.h"

struct gt_payload {
	struct gt_payload *next;
	uint32_t spans;
	bool is_gzip;
	const uint8_t *p; /* in memory */
	size_t len;
	struct gt_arena memory;
};

/* Gives an encoded batch, gzipped if wanted and possible. GT_ENOMEM, GT_ETOOBIG beyond `max` bytes before compression. */
int gt_payload_make(const struct gt_batch_view *batch, size_t max, bool gzip, struct gt_payload **out);
void gt_payload_free(struct gt_payload *p);

struct gt_payload_queue {
	struct gt_payload *first, *last;
	uint64_t spans;
	size_t bytes;
};

/* Takes `p`. */
void gt_payload_push(struct gt_payload_queue *q, struct gt_payload *p);

/* Gives the first, or NULL. */
struct gt_payload *gt_payload_pop(struct gt_payload_queue *q);

#endif
