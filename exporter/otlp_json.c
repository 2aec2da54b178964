#include "otlp_json.h"

#include <stdlib.h>

#include "otlp_span.h"
#include "text.h"

#define LINE_SIZE_MAX (64u << 20) /* as for a request to a collector */

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

/* 64-bit numbers are strings: a reader may hold numbers as doubles. */
static void put_uint(struct gt_text *t, uint64_t v)
{
	PUT(t, "\"");
	gt_text_uint(t, v);
	PUT(t, "\"");
}

static void put_texts(struct gt_text *t, const struct gt_value *v)
{
	PUT(t, "{\"arrayValue\":{\"values\":[");
	for (uint32_t i = 0; i < v->strs.n; i++) {
		if (i)
			PUT(t, ",");
		PUT(t, "{\"stringValue\":");
		gt_text_json(t, v->strs.items[i]);
		PUT(t, "}");
	}
	PUT(t, "]}}");
}

static void put_value(struct gt_text *t, const struct gt_value *v)
{
	switch (v->type) {
	case GT_VALUE_STR:
		PUT(t, "{\"stringValue\":");
		gt_text_json(t, v->str);
		break;
	case GT_VALUE_INT:
		PUT(t, "{\"intValue\":\"");
		gt_text_int(t, v->i);
		PUT(t, "\"");
		break;
	case GT_VALUE_DOUBLE:
		PUT(t, "{\"doubleValue\":");
		gt_text_double(t, v->d);
		break;
	case GT_VALUE_BOOL:
		PUT(t, "{\"boolValue\":");
		gt_text_add(t, v->b ? GT_STR("true") : GT_STR("false"));
		break;
	case GT_VALUE_STRS:
		put_texts(t, v);
		return;
	}
	PUT(t, "}");
}

struct attributes {
	struct gt_text *t;
	bool some;
};

static void put_attribute(void *ctx, const char *key, const struct gt_value *value)
{
	struct attributes *a = ctx;

	if (a->some)
		PUT(a->t, ",");
	a->some = true;
	PUT(a->t, "{\"key\":");
	gt_text_json(a->t, gt_str_of(key));
	PUT(a->t, ",\"value\":");
	put_value(a->t, value);
	PUT(a->t, "}");
}

static void put_ids(struct gt_text *t, const struct gt_span *s)
{
	PUT(t, "\"traceId\":\"");
	gt_text_hex(t, s->context.trace_id.b, sizeof(s->context.trace_id.b));
	PUT(t, "\",\"spanId\":\"");
	gt_text_hex(t, s->context.span_id.b, sizeof(s->context.span_id.b));
	PUT(t, "\"");
	if (s->tracestate.len) {
		PUT(t, ",\"traceState\":");
		gt_text_json(t, s->tracestate);
	}
	if (!gt_otlp_is_root(s)) {
		PUT(t, ",\"parentSpanId\":\"");
		gt_text_hex(t, s->parent.b, sizeof(s->parent.b));
		PUT(t, "\"");
	}
	PUT(t, ",\"flags\":");
	gt_text_uint(t, gt_otlp_flags(s));
}

static void put_status(struct gt_text *t, const struct gt_span *s)
{
	PUT(t, ",\"status\":{");
	if (s->is_error && s->status_message.len) {
		PUT(t, "\"message\":");
		gt_text_json(t, s->status_message);
		PUT(t, ",");
	}
	if (s->is_error)
		PUT(t, "\"code\":2");
	PUT(t, "}");
}

static void put_span(struct gt_text *t, const struct gt_span *s, const struct gt_naming *naming)
{
	struct attributes attributes = { .t = t };

	PUT(t, "{");
	put_ids(t, s);
	PUT(t, ",\"name\":");
	gt_text_json(t, gt_otlp_name(s));
	PUT(t, ",\"kind\":");
	gt_text_uint(t, s->kind);
	PUT(t, ",\"startTimeUnixNano\":");
	put_uint(t, s->start_unix_ns);
	PUT(t, ",\"endTimeUnixNano\":");
	put_uint(t, gt_otlp_end(s));
	PUT(t, ",\"attributes\":[");
	gt_span_each(s, naming, put_attribute, &attributes);
	PUT(t, "]");
	if (s->dropped) {
		PUT(t, ",\"droppedAttributesCount\":");
		gt_text_uint(t, s->dropped);
	}
	put_status(t, s);
	PUT(t, "}");
}

static void put_resource(struct gt_text *t, const struct gt_resource *r)
{
	struct attributes attributes = { .t = t };

	PUT(t, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
	for (unsigned i = 0; i < r->n; i++)
		put_attribute(&attributes, r->attributes[i].key, &r->attributes[i].value);
	PUT(t, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"" GT_OTLP_SCOPE_NAME "\",\"version\":\"" GENTAP_VERSION "\"},");
	PUT(t, "\"spans\":[");
}

char *gt_otlp_json_encode(const struct gt_batch_view *batch, size_t *len)
{
	struct gt_text t;
	uint32_t n = 0;

	gt_text_init(&t, LINE_SIZE_MAX);
	put_resource(&t, batch->resource);
	for (const struct gt_span *s = batch->first; s && n < batch->n; s = s->next) {
		if (n++)
			PUT(&t, ",");
		put_span(&t, s, batch->naming);
	}
	PUT(&t, "]}]}]}\n");
	return gt_text_take(&t, len);
}
