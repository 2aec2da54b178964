/*
 * Telling about lost spans, data points and events: the first loss is worth a line, each further one of the same spell is not. Part of a sink.
 */
#ifndef GT_LOSS_H
#define GT_LOSS_H

#include "exporter/sinks/sink.h"

struct gt_loss {
	bool told; /* since the last success */
};

/* Counts `n` items as dropped. `where` and `why` are for the log; `why` must hold no secret. */
void gt_loss_note(struct gt_loss *l, struct gt_sink *sink, uint64_t n, const char *where, const char *why);

/* Counts `n` items as sent; the next loss is told again. */
void gt_loss_over(struct gt_loss *l, struct gt_sink *sink, uint64_t n);

#endif
