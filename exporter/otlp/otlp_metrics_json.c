#include "exporter/otlp/otlp_metrics_json.h"

#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_json_parts.h"

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

static void put_exemplar(struct gt_text *t, const struct gt_exemplar *e, bool is_int)
{
	PUT(t, "{\"timeUnixNano\":");
	gt_json_put_uint(t, e->unix_ns);
	if (is_int) {
		PUT(t, ",\"asInt\":");
		gt_json_put_uint(t, (uint64_t)e->value);
	} else {
		PUT(t, ",\"asDouble\":");
		gt_text_double(t, e->value);
	}
	PUT(t, ",\"spanId\":\"");
	gt_text_hex(t, e->span_id.b, sizeof(e->span_id.b));
	PUT(t, "\",\"traceId\":\"");
	gt_text_hex(t, e->trace_id.b, sizeof(e->trace_id.b));
	PUT(t, "\"}");
}

/* The members that all kinds of data points begin with. */
static void put_common(struct gt_text *t, const struct gt_point *p, const struct gt_metrics_view *view, bool is_int)
{
	struct gt_json_attributes attributes = { .t = t };
	bool some = false;

	PUT(t, "{\"startTimeUnixNano\":");
	gt_json_put_uint(t, p->start_unix_ns);
	PUT(t, ",\"timeUnixNano\":");
	gt_json_put_uint(t, view->time_unix_ns);
	PUT(t, ",\"attributes\":[");
	for (uint32_t i = 0; i < p->n; i++)
		gt_json_put_attribute(&attributes, p->attributes[i].name, &p->attributes[i].value);
	PUT(t, "],\"exemplars\":[");
	for (size_t i = 0; i < GT_EXEMPLARS_MAX; i++) {
		if (!p->exemplars[i].unix_ns)
			continue;
		if (some)
			PUT(t, ",");
		some = true;
		put_exemplar(t, &p->exemplars[i], is_int);
	}
	PUT(t, "]");
}

static void put_counts(struct gt_text *t, const uint64_t *counts, uint32_t n)
{
	PUT(t, "\"bucketCounts\":[");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			PUT(t, ",");
		gt_json_put_uint(t, counts[i]);
	}
	PUT(t, "]");
}

static void put_summary(struct gt_text *t, uint64_t count, double sum, double min, double max)
{
	PUT(t, ",\"count\":");
	gt_json_put_uint(t, count);
	PUT(t, ",\"sum\":");
	gt_text_double(t, sum);
	PUT(t, ",\"min\":");
	gt_text_double(t, min);
	PUT(t, ",\"max\":");
	gt_text_double(t, max);
	PUT(t, ",");
}

static void put_number(struct gt_text *t, const struct gt_instrument *of, const struct gt_point *p)
{
	if (of->is_int) {
		PUT(t, ",\"asInt\":");
		gt_json_put_uint(t, p->count);
	} else {
		PUT(t, ",\"asDouble\":");
		gt_text_double(t, p->sum);
	}
}

static void put_histogram(struct gt_text *t, const struct gt_instrument *of, const struct gt_point *p)
{
	const struct gt_histogram *h = &p->histogram;

	put_summary(t, h->count, h->sum, h->min, h->max);
	put_counts(t, h->buckets, of->bounds->n + 1);
	PUT(t, ",\"explicitBounds\":[");
	for (uint32_t i = 0; i < of->bounds->n; i++) {
		if (i)
			PUT(t, ",");
		gt_text_double(t, of->bounds->values[i]);
	}
	PUT(t, "]");
}

static void put_exponential(struct gt_text *t, const struct gt_instrument *of, const struct gt_point *p)
{
	const struct gt_exp_histogram *h = p->exponential;

	(void)of;
	put_summary(t, h->count, h->sum, h->min, h->max);
	PUT(t, "\"scale\":");
	gt_text_int(t, h->scale);
	PUT(t, ",\"zeroCount\":");
	gt_json_put_uint(t, h->zeros);
	PUT(t, ",\"positive\":{\"offset\":");
	gt_text_int(t, h->offset);
	PUT(t, ",");
	put_counts(t, h->buckets, h->n);
	PUT(t, "}");
}

#define LITERAL(text) { text, sizeof(text) - 1 }

enum shape { SUM, EXPLICIT, EXPONENTIAL };

static const struct {
	struct gt_str opening; /* before the data points */
	struct gt_str closing; /* after the data points and the temporality */
	void (*put)(struct gt_text *t, const struct gt_instrument *of, const struct gt_point *p);
} shapes[] = {
	[SUM] = { LITERAL(",\"sum\":{"), LITERAL(",\"isMonotonic\":true}}"), put_number },
	[EXPLICIT] = { LITERAL(",\"histogram\":{"), LITERAL("}}"), put_histogram },
	[EXPONENTIAL] = { LITERAL(",\"exponentialHistogram\":{"), LITERAL("}}"), put_exponential },
};

static void put_metric(struct gt_text *t, const struct gt_metric *metric, const struct gt_metrics_view *view)
{
	const struct gt_instrument *of = metric->instrument;
	enum shape shape = of->kind == GT_COUNTER ? SUM : view->form.is_exponential ? EXPONENTIAL : EXPLICIT;

	PUT(t, "{\"name\":");
	gt_text_json(t, gt_str_of(of->name));
	PUT(t, ",\"description\":");
	gt_text_json(t, gt_str_of(of->description));
	PUT(t, ",\"unit\":");
	gt_text_json(t, gt_str_of(of->unit));
	gt_text_add(t, shapes[shape].opening);
	PUT(t, "\"dataPoints\":[");
	for (const struct gt_point *p = metric->first; p; p = p->next) {
		if (p != metric->first)
			PUT(t, ",");
		put_common(t, p, view, of->is_int);
		shapes[shape].put(t, of, p);
		PUT(t, "}");
	}
	PUT(t, "],\"aggregationTemporality\":");
	gt_text_int(t, view->form.temporality);
	gt_text_add(t, shapes[shape].closing);
}

int gt_otlp_metrics_json_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
				size_t *len)
{
	const struct gt_metrics_view *view = batch->metrics;
	struct gt_text t;
	bool some = false;

	*out = NULL;
	*len = 0;
	if (!batch->n)
		return 0;
	gt_text_init(&t, max);
	PUT(&t, "{\"resourceMetrics\":[{");
	gt_json_put_resource(&t, batch->resource);
	PUT(&t, ",\"scopeMetrics\":[{");
	gt_json_put_scope(&t);
	PUT(&t, ",\"metrics\":[");
	for (uint32_t i = 0; i < view->n; i++) {
		if (!view->metrics[i].first)
			continue;
		if (some)
			PUT(&t, ",");
		some = true;
		put_metric(&t, &view->metrics[i], view);
	}
	PUT(&t, "]}]}]}");
	return gt_json_give(&t, memory, out, len);
}
