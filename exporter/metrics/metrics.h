/*
 * Measurements of finished spans, aggregated until they are exported. Exporter thread; no clock of its own.
 *
 * Whatever the sampler says: metrics count every operation. An instrument holds one point for each set of attribute values, and
 * at most GT_POINTS_MAX of them; what comes in beyond that is aggregated in one point without attributes but
 * otel.metric.overflow, so that no measurement is lost.
 */
#ifndef GT_METRICS_H
#define GT_METRICS_H

#include "exporter/metrics/exp_histogram.h"
#include "exporter/metrics/instrument.h"

#define GT_POINTS_MAX 2000 /* the specification's default, the overflow point included */

enum gt_temporality { GT_DELTA = 1, GT_CUMULATIVE = 2 }; /* as on the wire */
enum gt_exemplars { GT_EXEMPLARS_TRACE_BASED, GT_EXEMPLARS_ALWAYS_ON, GT_EXEMPLARS_ALWAYS_OFF };

struct gt_metrics_form {
	enum gt_temporality temporality;
	bool is_exponential;
	enum gt_exemplars exemplars;
};

/* The last measurement that fell into a bucket of explicit bounds; or one of the last few. */
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
	uint64_t count; /* of a counter of whole numbers */
	double sum;	/* of any other counter */
	struct gt_histogram histogram;
	struct gt_exp_histogram *exponential; /* instead, when that is the form; NULL otherwise */
	struct gt_exemplar exemplars[GT_EXEMPLARS_MAX];
};

struct gt_metric {
	const struct gt_instrument *instrument;
	struct gt_point *first; /* NULL: nothing to tell */
	uint32_t n;
};

struct gt_metrics;

/* Gives them, or NULL. Borrows `naming`. */
struct gt_metrics *gt_metrics_new(const struct gt_metrics_form *form, const struct gt_naming *naming, uint64_t now_unix_ns);
void gt_metrics_free(struct gt_metrics *m);

/* Measures a span. Without memory a measurement goes to the overflow point, or is lost when that is not there yet. */
void gt_metrics_record(struct gt_metrics *m, const struct gt_span *s);

/* What is there to be told, as of `now`; borrowed until the next call of any kind. */
struct gt_metrics_view {
	const struct gt_metric *metrics;
	uint32_t n;
	uint32_t points; /* of all of them together */
	uint64_t time_unix_ns;
	struct gt_metrics_form form;
};
struct gt_metrics_view gt_metrics_collect(struct gt_metrics *m, uint64_t now_unix_ns);

/* Has been exported: exemplars begin anew, and with delta temporality everything does. */
void gt_metrics_told(struct gt_metrics *m, const struct gt_metrics_view *view);

/* Whether something has been measured since it was last told. */
bool gt_metrics_have_news(const struct gt_metrics *m);

#endif
