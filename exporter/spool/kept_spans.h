/*
 * Copies of this process's finished spans in its spool, from when they are finished until a destination has them.
 *
 * The exporter adds each span. When a batch is written, the copies made since the last batch move to the hold of that
 * batch. Exporter thread.
 */
#ifndef GT_KEPT_SPANS_H
#define GT_KEPT_SPANS_H

#include "exporter/span/hold.h"
#include "exporter/span/span.h"
#include "shim/shared/exporter_host.h"

struct gt_kept_spans {
	const struct gt_exporter_host *host;
	struct gt_event *first; /* of the spans that are in no batch yet */
	uint64_t undelivered;	/* spans that stay in the spool at the end */
};

void gt_kept_spans_init(struct gt_kept_spans *k, const struct gt_exporter_host *host);

/* Copies the span into the spool. Without a spool or room the span has no copy. */
void gt_kept_spans_add(struct gt_kept_spans *k, const struct gt_span *s);

/* Gives the hold of a batch with `n` spans that is about to be written to the sinks, with one reference. NULL when it has
 * no copies, or without memory: then they are released at once. `k` must outlive it. */
struct gt_hold *gt_kept_spans_hold(struct gt_kept_spans *k, uint32_t n);

#endif
