/*
 * Prints spans, metrics and events for people, on stderr. stdout belongs to the application: a program that reads it
 * must not find anything unexpected there. The format is for debugging and may change.
 */
#include <stdlib.h>

#include "exporter/base/text.h"
#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_span.h"
#include "exporter/sinks/loss.h"
#include "exporter/sinks/sink.h"
#include "shim/shared/standard_error.h"

#define BLOCK_MAX (1u << 20) /* bytes of one span, which is long when its attributes hold content */

struct console_sink {
	struct gt_sink base;
	struct gt_loss loss;
};

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

static const struct gt_str kinds[] = {
	[GT_KIND_INTERNAL] = { "internal", 8 },
	[GT_KIND_SERVER] = { "server", 6 },
	[GT_KIND_CLIENT] = { "client", 6 },
};

static void put_value(struct gt_text *t, const struct gt_value *v)
{
	switch (v->type) {
	case GT_VALUE_STR:
		gt_text_json(t, v->str);
		break;
	case GT_VALUE_JSON:
		gt_text_add(t, v->str);
		break;
	case GT_VALUE_INT:
		gt_text_int(t, v->i);
		break;
	case GT_VALUE_DOUBLE:
		gt_text_double(t, v->d);
		break;
	case GT_VALUE_BOOL:
		gt_text_add(t, v->b ? GT_STR("true") : GT_STR("false"));
		break;
	case GT_VALUE_STRS:
		PUT(t, "[");
		for (uint32_t i = 0; i < v->strs.n; i++) {
			if (i)
				PUT(t, ", ");
			gt_text_json(t, v->strs.items[i]);
		}
		PUT(t, "]");
		break;
	}
}

static void put_attribute(void *ctx, const char *key, const struct gt_value *value)
{
	struct gt_text *t = ctx;

	PUT(t, "  ");
	gt_text_add(t, gt_str_of(key));
	PUT(t, " = ");
	put_value(t, value);
	PUT(t, "\n");
}

static void put_ids(struct gt_text *t, const struct gt_span *s)
{
	PUT(t, "  trace ");
	gt_text_hex(t, s->context.trace_id.b, sizeof(s->context.trace_id.b));
	PUT(t, " span ");
	gt_text_hex(t, s->context.span_id.b, sizeof(s->context.span_id.b));
	if (!gt_otlp_is_root(s)) {
		PUT(t, " parent ");
		gt_text_hex(t, s->parent.b, sizeof(s->parent.b));
	}
	PUT(t, "\n");
}

static void put_block(struct gt_text *t, const struct gt_span *s, const struct gt_naming *naming)
{
	PUT(t, "span ");
	gt_text_json(t, gt_otlp_name(s));
	PUT(t, " ");
	gt_text_add(t, kinds[s->kind]);
	PUT(t, " ");
	gt_text_time(t, s->start_unix_ns);
	PUT(t, " ");
	gt_text_double(t, (double)((gt_otlp_end(s) - s->start_unix_ns) / 1000) / 1000);
	PUT(t, " ms\n");
	put_ids(t, s);
	gt_span_each(s, naming, put_attribute, t);
	if (s->is_error) {
		PUT(t, "  error ");
		gt_text_json(t, s->status_message);
		PUT(t, "\n");
	}
}

static void put_event(struct gt_text *t, const struct gt_span *s, const struct gt_naming *naming)
{
	PUT(t, "event \"" GT_EVENT_NAME "\" ");
	gt_text_time(t, gt_otlp_end(s));
	PUT(t, "\n");
	put_ids(t, s);
	gt_span_each_of_event(s, naming, put_attribute, t);
}

static void put_number(struct gt_text *t, const char *name, double v)
{
	PUT(t, " ");
	gt_text_add(t, gt_str_of(name));
	PUT(t, " ");
	gt_text_double(t, v);
}

static void put_point(struct gt_text *t, const struct gt_instrument *of, const struct gt_point *p)
{
	const struct gt_histogram *h = &p->histogram;
	const struct gt_exp_histogram *e = p->exponential;

	PUT(t, "metric \"");
	gt_text_add(t, gt_str_of(of->name));
	PUT(t, "\"");
	if (of->kind == GT_COUNTER) {
		put_number(t, "sum", of->is_int ? (double)p->count : p->sum);
	} else {
		put_number(t, "count", (double)(e ? e->count : h->count));
		put_number(t, "sum", e ? e->sum : h->sum);
		put_number(t, "min", e ? e->min : h->min);
		put_number(t, "max", e ? e->max : h->max);
	}
	PUT(t, " ");
	gt_text_add(t, gt_str_of(of->unit));
	PUT(t, "\n");
	for (uint32_t i = 0; i < p->n; i++)
		put_attribute(t, p->attributes[i].name, &p->attributes[i].value);
}

/* One write per block, so that it mixes with the application's lines as little as possible. */
static bool put_out(const char *p, size_t len)
{
	return gt_stderr_write(p, len, true);
}

/* Writes and frees the text. */
static void finish_block(struct console_sink *c, const struct gt_batch_view *batch, struct gt_text *t)
{
	size_t len;
	char *block = gt_text_take(t, &len);

	if (block && put_out(block, len))
		gt_loss_over(&c->loss, &c->base, batch->hold, 1);
	else
		gt_loss_note(&c->loss, &c->base, batch->hold, 1, "stderr", block ? "it is closed or full" : "no memory");
	free(block);
}

static void write_spans(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	const struct gt_span *s = batch->first;

	for (uint32_t i = 0; s && i < batch->n; i++, s = s->next) {
		struct gt_text t;

		gt_text_init(&t, BLOCK_MAX);
		put_block(&t, s, batch->naming);
		finish_block((struct console_sink *)sink, batch, &t);
	}
}

static void write_events(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	uint32_t n = 0;

	for (const struct gt_span *s = batch->first; s && n < batch->n; s = s->next) {
		struct gt_text t;

		if (!gt_otlp_events_of(s, 1))
			continue;
		n++;
		gt_text_init(&t, BLOCK_MAX);
		put_event(&t, s, batch->naming);
		finish_block((struct console_sink *)sink, batch, &t);
	}
}

static void write_metrics(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	for (uint32_t i = 0; i < batch->metrics->n; i++) {
		for (const struct gt_point *p = batch->metrics->metrics[i].first; p; p = p->next) {
			struct gt_text t;

			gt_text_init(&t, BLOCK_MAX);
			put_point(&t, batch->metrics->metrics[i].instrument, p);
			finish_block((struct console_sink *)sink, batch, &t);
		}
	}
}

static void console_close(struct gt_sink *sink)
{
	free(sink);
}

static const struct gt_sink_ops console_ops[GT_SIGNALS] = {
	[GT_TRACES] = { .name = "console", .write = write_spans, .close = console_close },
	[GT_METRICS] = { .name = "console", .write = write_metrics, .close = console_close },
	[GT_LOGS] = { .name = "console", .write = write_events, .close = console_close },
};

struct gt_sink *gt_sink_console_open(enum gt_signal signal)
{
	struct console_sink *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base.ops = &console_ops[signal];
	c->base.signal = signal;
	return &c->base;
}
