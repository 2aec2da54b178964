/*
 * Collects spans for the sinks until they are due: by number, by size in memory (2 MiB), or by the age of the oldest.
 * Pure except for malloc; the caller passes the time.
 */
#ifndef GT_BATCH_H
#define GT_BATCH_H

#include "exporter/span/span.h"
#include "shim/shared/clock.h"

struct gt_batch {
	struct gt_span *first, *last;
	uint32_t n;
	uint32_t max; /* spans in one export */
	size_t bytes; /* memory of the collected spans */
	int64_t delay_ns;
	struct gt_mono oldest; /* when the first span was added; valid while n > 0 */
};

void gt_batch_init(struct gt_batch *b, uint32_t max, int64_t delay_ns);

/* Takes `s`. */
void gt_batch_add(struct gt_batch *b, struct gt_span *s, struct gt_mono now);

/* No further span may join it: it has as many as one export, or its size. */
bool gt_batch_is_full(const struct gt_batch *b);

bool gt_batch_is_due(const struct gt_batch *b, struct gt_mono now);

/* Nanoseconds until it is due, 0 when it is, -1 when it is empty. */
int64_t gt_batch_due_in(const struct gt_batch *b, struct gt_mono now);

/* Gives the spans, a list of `*n` linked by next, and empties the batch. */
struct gt_span *gt_batch_take(struct gt_batch *b, uint32_t *n);

void gt_batch_free(struct gt_batch *b);

#endif
