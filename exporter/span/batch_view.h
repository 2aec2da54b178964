/*
 * The signals, and a batch as the encoders see it.
 */
#ifndef GT_BATCH_VIEW_H
#define GT_BATCH_VIEW_H

#include "exporter/span/hold.h"
#include "exporter/span/span.h"

struct gt_metrics_view;
struct gt_resource;

enum gt_signal { GT_TRACES, GT_METRICS, GT_LOGS, GT_SIGNALS };

/* Spans, linked by span->next, or metrics, and the resource and naming they share. All borrowed; a sink that keeps data of
 * the spans takes a reference to `hold`. */
struct gt_batch_view {
	const struct gt_span *first;
	const struct gt_metrics_view *metrics; /* for GT_METRICS only */
	uint32_t n;			       /* spans, events or data points */
	const struct gt_resource *resource;
	const struct gt_naming *naming;
	struct gt_hold *hold; /* NULL: the spans are in no spool */
};

#endif
