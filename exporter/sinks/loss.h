/*
 * Logs lost spans, data points and events: the first loss after a success, and not the rest. Part of a sink.
 */
#ifndef GT_LOSS_H
#define GT_LOSS_H

#include "exporter/sinks/sink.h"

struct gt_loss {
	bool is_reported; /* a loss has been logged since the last success */
};

/* Counts `n` items as dropped, of a batch with that hold. `where` and `why` go to the log, so `why` must not contain a
 * secret. */
void gt_loss_note(struct gt_loss *l, struct gt_sink *sink, const struct gt_hold *hold, uint64_t n, const char *where,
		  const char *why);

/* Counts `n` items as sent. The next loss is logged again. */
void gt_loss_over(struct gt_loss *l, struct gt_sink *sink, const struct gt_hold *hold, uint64_t n);

/* Keeps the sink's first problem. */
void gt_loss_note_problem(struct gt_sink *sink, const char *where, const char *why);

/* Only counts them as sent. */
void gt_loss_count_sent(struct gt_sink *sink, const struct gt_hold *hold, uint64_t n);

#endif
