/*
 * When metrics are exported: an interval after the last export, while something new was measured. When the last export is
 * long ago, when the calls have ceased, but an interval after the first new measurement at the latest. Exporter thread;
 * the caller passes the time.
 *
 * Source: OpenTelemetry specification, metrics SDK, "Periodic exporting MetricReader".
 */
#ifndef GT_METRIC_READER_H
#define GT_METRIC_READER_H

#include "exporter/metrics/metrics.h"
#include "shim/shared/clock.h"

/* Zeroed, it measures nothing. */
struct gt_metric_reader {
	struct gt_metrics *metrics; /* owned; NULL: off */
	int64_t interval_ns;
	struct gt_mono due;  /* valid while there are new measurements */
	bool is_due_at_rest; /* the last export is long ago: the next need not wait until it is due */
};

/* Borrows `naming`. Without memory it stays off. */
void gt_metric_reader_open(struct gt_metric_reader *r, const struct gt_metrics_form *form, const struct gt_naming *naming,
			   int64_t interval_ns, struct gt_wall now);
/* It is off then. */
void gt_metric_reader_close(struct gt_metric_reader *r);

/* Measures a span; nothing when it is off. */
void gt_metric_reader_record(struct gt_metric_reader *r, const struct gt_span *s, struct gt_mono now);

/* Nanoseconds until an export is due; -1: nothing to export. */
int64_t gt_metric_reader_due_in(const struct gt_metric_reader *r, struct gt_mono now);

/* `is_quiet`: the calls have ceased. */
bool gt_metric_reader_is_due(const struct gt_metric_reader *r, struct gt_mono now, bool is_quiet);

/* The view was exported. */
void gt_metric_reader_reported(struct gt_metric_reader *r, const struct gt_metrics_view *view, struct gt_mono now);

#endif
