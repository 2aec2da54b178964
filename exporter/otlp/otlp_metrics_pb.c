#include "exporter/otlp/otlp_metrics_pb.h"

#include "exporter/base/errors.h"
#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_pb_parts.h"
#include "metrics.pb-c.h"

#define METRICS(name) Opentelemetry__Proto__Metrics__V1__##name
#define INIT(name, p) opentelemetry__proto__metrics__v1__##name##__init(p)

typedef METRICS(Exemplar) pb_exemplar;
typedef METRICS(Metric) pb_metric;

/* What all builders need: where to build, and from what. */
struct building {
	struct gt_pb_builder *b;
	const struct gt_metrics_view *view;
};

struct exemplars {
	pb_exemplar **list;
	size_t n;
};

static struct exemplars build_exemplars(struct building *x, const struct gt_point *p, bool is_int)
{
	struct exemplars out = { .list = gt_pb_make(x->b, GT_EXEMPLARS_MAX, sizeof(*out.list)) };

	for (size_t i = 0; i < GT_EXEMPLARS_MAX && out.list; i++) {
		const struct gt_exemplar *e = &p->exemplars[i];
		pb_exemplar *to = e->unix_ns ? gt_pb_make(x->b, 1, sizeof(*to)) : NULL;

		if (!to)
			continue;
		INIT(exemplar, to);
		to->time_unix_nano = e->unix_ns;
		to->span_id = gt_pb_bytes(e->span_id.b, sizeof(e->span_id.b));
		to->trace_id = gt_pb_bytes(e->trace_id.b, sizeof(e->trace_id.b));
		if (is_int) {
			to->value_case = OPENTELEMETRY__PROTO__METRICS__V1__EXEMPLAR__VALUE_AS_INT;
			to->as_int = (int64_t)e->value;
		} else {
			to->value_case = OPENTELEMETRY__PROTO__METRICS__V1__EXEMPLAR__VALUE_AS_DOUBLE;
			to->as_double = e->value;
		}
		out.list[out.n++] = to;
	}
	return out;
}

/* The fields that all kinds of data points have, under the same names. */
#define SET_COMMON(x, to, p, is_int)                                                                \
	do {                                                                                        \
		struct gt_pb_attributes a_ = gt_pb_attributes_for((x)->b, (p)->n);                  \
		struct exemplars e_ = build_exemplars(x, p, is_int);                                \
                                                                                                    \
		for (uint32_t i_ = 0; i_ < (p)->n; i_++)                                            \
			gt_pb_attribute(&a_, (p)->attributes[i_].name, &(p)->attributes[i_].value); \
		(to)->attributes = a_.list;                                                         \
		(to)->n_attributes = a_.n;                                                          \
		(to)->exemplars = e_.list;                                                          \
		(to)->n_exemplars = e_.n;                                                           \
		(to)->start_time_unix_nano = (p)->start_unix_ns;                                    \
		(to)->time_unix_nano = (x)->view->time_unix_ns;                                     \
	} while (0)

#define SET_SUMMARY(to, h, NAME)                                                               \
	do {                                                                                   \
		(to)->count = (h)->count;                                                      \
		(to)->has_sum_case = OPENTELEMETRY__PROTO__METRICS__V1__##NAME##__HAS_SUM_SUM; \
		(to)->sum = (h)->sum;                                                          \
		(to)->has_min_case = OPENTELEMETRY__PROTO__METRICS__V1__##NAME##__HAS_MIN_MIN; \
		(to)->min = (h)->min;                                                          \
		(to)->has_max_case = OPENTELEMETRY__PROTO__METRICS__V1__##NAME##__HAS_MAX_MAX; \
		(to)->max = (h)->max;                                                          \
	} while (0)

static METRICS(NumberDataPoint) * build_number(struct building *x, const struct gt_instrument *of, const struct gt_point *p)
{
	METRICS(NumberDataPoint) *to = gt_pb_make(x->b, 1, sizeof(*to));

	if (!to)
		return NULL;
	INIT(number_data_point, to);
	SET_COMMON(x, to, p, of->is_int);
	if (of->is_int) {
		to->value_case = OPENTELEMETRY__PROTO__METRICS__V1__NUMBER_DATA_POINT__VALUE_AS_INT;
		to->as_int = (int64_t)p->count;
	} else {
		to->value_case = OPENTELEMETRY__PROTO__METRICS__V1__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
		to->as_double = p->sum;
	}
	return to;
}

static METRICS(HistogramDataPoint) *
	build_histogram(struct building *x, const struct gt_instrument *of, const struct gt_point *p)
{
	METRICS(HistogramDataPoint) *to = gt_pb_make(x->b, 1, sizeof(*to));

	if (!to)
		return NULL;
	INIT(histogram_data_point, to);
	SET_COMMON(x, to, p, of->is_int);
	SET_SUMMARY(to, &p->histogram, HISTOGRAM_DATA_POINT);
	to->bucket_counts = (uint64_t *)p->histogram.buckets;
	to->n_bucket_counts = of->bounds->n + 1;
	to->explicit_bounds = (double *)of->bounds->values;
	to->n_explicit_bounds = of->bounds->n;
	return to;
}

static METRICS(ExponentialHistogramDataPoint) *
	build_exponential(struct building *x, const struct gt_instrument *of, const struct gt_point *p)
{
	METRICS(ExponentialHistogramDataPoint) *to = gt_pb_make(x->b, 1, sizeof(*to));
	METRICS(Buckets) *buckets = gt_pb_make(x->b, 1, sizeof(*buckets));

	if (!to || !buckets)
		return NULL;
	INIT(exponential_histogram_data_point, to);
	SET_COMMON(x, to, p, of->is_int);
	SET_SUMMARY(to, p->exponential, EXPONENTIAL_HISTOGRAM_DATA_POINT);
	to->scale = p->exponential->scale;
	to->zero_count = p->exponential->zeros;
	INIT(buckets, buckets);
	buckets->offset = p->exponential->offset;
	buckets->bucket_counts = p->exponential->buckets;
	buckets->n_bucket_counts = p->exponential->n;
	to->positive = buckets;
	return to;
}

/* Defines a function that sets a metric's data: the message around the data points, and its place in the oneof. */
#define DEFINE_DATA(function, Data, data, DATA, build_point, also)                                            \
	static void function(struct building *x, pb_metric *to, const struct gt_metric *metric)               \
	{                                                                                                     \
		METRICS(Data) *around = gt_pb_make(x->b, 1, sizeof(*around));                                 \
		size_t n = 0;                                                                                 \
                                                                                                              \
		if (!around)                                                                                  \
			return;                                                                               \
		INIT(data, around);                                                                           \
		around->data_points = gt_pb_make(x->b, metric->n, sizeof(*around->data_points));              \
		for (const struct gt_point *p = metric->first; p && !x->b->has_failed; p = p->next)           \
			around->data_points[n++] = build_point(x, metric->instrument, p);                     \
		around->n_data_points = n;                                                                    \
		around->aggregation_temporality = (METRICS(AggregationTemporality))x->view->form.temporality; \
		also;                                                                                         \
		to->data = around;                                                                            \
		to->data_case = OPENTELEMETRY__PROTO__METRICS__V1__METRIC__DATA_##DATA;                       \
	}

DEFINE_DATA(set_sum, Sum, sum, SUM, build_number, around->is_monotonic = true)
DEFINE_DATA(set_histogram, Histogram, histogram, HISTOGRAM, build_histogram, (void)0)
DEFINE_DATA(set_exponential, ExponentialHistogram, exponential_histogram, EXPONENTIAL_HISTOGRAM, build_exponential, (void)0)

static pb_metric *build_metric(struct building *x, const struct gt_metric *metric)
{
	pb_metric *to = gt_pb_make(x->b, 1, sizeof(*to));

	if (!to)
		return NULL;
	INIT(metric, to);
	to->name = (char *)metric->instrument->name;
	to->description = (char *)metric->instrument->description;
	to->unit = (char *)metric->instrument->unit;
	if (metric->instrument->kind == GT_COUNTER)
		set_sum(x, to, metric);
	else if (x->view->form.is_exponential)
		set_exponential(x, to, metric);
	else
		set_histogram(x, to, metric);
	return to;
}

struct envelope {
	METRICS(ExportMetricsServiceRequest) request;
	METRICS(ResourceMetrics) resource_metrics, *resource_metrics_list;
	METRICS(ScopeMetrics) scope_metrics, *scope_metrics_list;
	gt_pb_resource_message resource;
	gt_pb_scope_message scope;
};

static const ProtobufCMessage *build(struct gt_pb_builder *b, const struct gt_batch_view *batch)
{
	struct building x = { .b = b, .view = batch->metrics };
	struct envelope *e = gt_pb_make(b, 1, sizeof(*e));
	pb_metric **metrics = gt_pb_make(b, x.view->n, sizeof(*metrics));
	size_t n = 0;

	if (!e || !metrics)
		return NULL;
	INIT(export_metrics_service_request, &e->request);
	INIT(resource_metrics, &e->resource_metrics);
	INIT(scope_metrics, &e->scope_metrics);
	gt_pb_resource(b, &e->resource, batch->resource);
	gt_pb_scope(&e->scope);
	for (uint32_t i = 0; i < x.view->n && !b->has_failed; i++)
		if (x.view->metrics[i].first)
			metrics[n++] = build_metric(&x, &x.view->metrics[i]);
	e->scope_metrics.scope = &e->scope;
	e->scope_metrics.metrics = metrics;
	e->scope_metrics.n_metrics = n;
	e->scope_metrics_list = &e->scope_metrics;
	e->resource_metrics.resource = &e->resource;
	e->resource_metrics.scope_metrics = &e->scope_metrics_list;
	e->resource_metrics.n_scope_metrics = 1;
	e->resource_metrics_list = &e->resource_metrics;
	e->request.resource_metrics = &e->resource_metrics_list;
	e->request.n_resource_metrics = 1;
	return b->has_failed ? NULL : &e->request.base;
}

int gt_otlp_metrics_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
			      size_t *len)
{
	return gt_pb_encode(build, batch, max, memory, out, len);
}
