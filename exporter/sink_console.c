/*
 * Spans for people. To stderr: stdout is the application's, and a program that reads it must find nothing there it did not
 * expect. The format is for debugging and may change.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "loss.h"
#include "otlp_span.h"
#include "sink.h"
#include "text.h"

#define BLOCK_MAX (1u << 20) /* one span; with content in its attributes it can be long */

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

/* One write for each block, so that it does not mix with the application's lines more than it must. */
static bool put_out(const char *p, size_t len)
{
	ssize_t n;

	do
		n = write(STDERR_FILENO, p, len);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

static void console_write(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	struct console_sink *c = (struct console_sink *)sink;
	const struct gt_span *s = batch->first;

	for (uint32_t i = 0; s && i < batch->n; i++, s = s->next) {
		struct gt_text t;
		size_t len;
		char *block;

		gt_text_init(&t, BLOCK_MAX);
		put_block(&t, s, batch->naming);
		block = gt_text_take(&t, &len);
		if (block && put_out(block, len))
			gt_loss_over(&c->loss, sink, 1);
		else
			gt_loss_note(&c->loss, sink, 1, "stderr", block ? "it is closed or full" : "no memory");
		free(block);
	}
}

static void console_close(struct gt_sink *sink)
{
	free(sink);
}

static const struct gt_sink_ops console_ops = { .name = "console", .write = console_write, .close = console_close };

struct gt_sink *gt_sink_console_open(void)
{
	struct console_sink *c = calloc(1, sizeof(*c));

	if (c)
		c->base.ops = &console_ops;
	return c ? &c->base : NULL;
}
