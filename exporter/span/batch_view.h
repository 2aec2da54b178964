/*
 * A batch as the encoders see it, and the signals there are.
 */
#ifndef GT_BATCH_VIEW_H
#define GT_BATCH_VIEW_H

#include "exporter/span/span.h"

struct gt_metrics_view;
struct gt_resource;

enum gt_signal { GT_TRACES, GT_METRICS, GT_LOGS, GT_SIGNALS };

/* Spans, linked by span->next, or metrics, with what they have in common. All borrowed. */
struct gt_batch_view {
	const struct gt_span *first;
	const struct gt_metrics_view *metrics; /* for sinks of metrics only */
	uint32_t n;			       /* spans, events or data points */
	const struct gt_resource *resource;
	const struct gt_naming *naming;
};

#endif
