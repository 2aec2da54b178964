/*
 * Encoded batches that wait to be posted, oldest first. Exporter thread.
 */
#ifndef GT_PAYLOAD_H
#define GT_PAYLOAD_H

#include "exporter/otlp/otlp_protocol.h"

struct gt_payload {
	struct gt_payload *next;
	uint32_t spans; /* or events, or data points */
	bool is_gzip;
	struct gt_hold *hold; /* a reference of its own, or NULL */
	const uint8_t *p;     /* in `memory` */
	size_t len;
	struct gt_arena memory;
};

/* How batches are encoded. */
struct gt_payload_form {
	const struct gt_otlp_protocol *protocol;
	const struct gt_otlp_signal *signal;
	bool is_gzip; /* compress; a batch is sent uncompressed when memory runs out */
	size_t max;   /* bytes of a message before compression */
};

/* Gives an encoded batch. 0, GT_ENOMEM or GT_ETOOBIG. */
int gt_payload_make(const struct gt_batch_view *batch, const struct gt_payload_form *form, struct gt_payload **out);
void gt_payload_free(struct gt_payload *p);

struct gt_payload_queue {
	struct gt_payload *first, *last;
	uint64_t spans;
	size_t bytes;
};

/* Takes `p`. */
void gt_payload_push(struct gt_payload_queue *q, struct gt_payload *p);

/* Gives the oldest, or NULL. */
struct gt_payload *gt_payload_pop(struct gt_payload_queue *q);

#endif
