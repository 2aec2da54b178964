/*
 * Aggregates measurements of finished spans until they are exported. Exporter thread; the caller passes the time.
 *
 * Metrics count every operation, sampled or not. An instrument has one point for each set of attribute values, and at
 * most GT_POINTS_MAX points. Measurements with further sets are aggregated in one overflow point, whose only attribute
 * is otel.metric.overflow, so that no measurement is lost.
 */
#ifndef GT_METRICS_H
#define GT_METRICS_H

#include "exporter/metrics/exp_histogram.h"
#include "exporter/metrics/instrument.h"

#define GT_POINTS_MAX 2000 /* the specification's default, the overflow point included */

enum gt_temporality { GT_DELTA = 1, GT_CUMULATIVE = 2 }; /* values of OTLP */
enum gt_exemplars { GT_EXEMPLARS_TRACE_BASED, GT_EXEMPLARS_ALWAYS_ON, GT_EXEMPLARS_ALWAYS_OFF };

struct gt_metrics_form {
	enum gt_temporality temporality;
	bool is_exponential;
	enum gt_exemplars exemplars;
};

/* One of the latest measurements: the last in each bucket of explicit bounds; the last GT_EXEMPLARS_MAX of an
 * exponential histogram; the last of a counter. */
struct gt_exemplar {
	uint64_t unix_ns; /* 0: none */
	double value;
	struct gt_trace_id trace_id;
	struct gt_span_id span_id;
};

#define GT_EXEMPLARS_MAX (GT_BOUNDS_MAX + 1)

struct gt_point_attribute {
	const char *name;
	struct gt_value value; /* STR or INT, or BOOL for the overflow */
};

struct gt_point {
	struct gt_point *next; /* in the order of their first measurement */
	struct gt_point_attribute attributes[GT_INSTRUMENT_ATTRIBUTES_MAX];
	uint32_t n;
	uint64_t start_unix_ns;
	uint64_t count; /* of an integer counter */
	double sum;	/* of any other counter */
	struct gt_histogram histogram;
	struct gt_exp_histogram *exponential; /* owned; used instead of `histogram`, or NULL */
	struct gt_exemplar exemplars[GT_EXEMPLARS_MAX];
};

struct gt_metric {
	const struct gt_instrument *instrument;
	struct gt_point *first; /* NULL: no points */
	uint32_t n;
};

struct gt_metrics;

/* Gives the metrics, or NULL. Borrows `naming`. */
struct gt_metrics *gt_metrics_new(const struct gt_metrics_form *form, const struct gt_naming *naming, uint64_t now_unix_ns);
void gt_metrics_free(struct gt_metrics *m);

/* Measures a span. Without memory for a new point a measurement goes to the overflow point; without that it is lost. */
void gt_metrics_record(struct gt_metrics *m, const struct gt_span *s);

/* All points as of `now`; borrowed until the next call of any function here. */
struct gt_metrics_view {
	const struct gt_metric *metrics;
	uint32_t n;
	uint32_t points; /* of all metrics together */
	uint64_t time_unix_ns;
	struct gt_metrics_form form;
};
struct gt_metrics_view gt_metrics_collect(struct gt_metrics *m, uint64_t now_unix_ns);

/* Call after the view was exported: clears the exemplars, and with delta temporality all points. */
void gt_metrics_reported(struct gt_metrics *m, const struct gt_metrics_view *view);

/* True when something was measured since the last gt_metrics_reported. */
bool gt_metrics_have_news(const struct gt_metrics *m);

#endif
