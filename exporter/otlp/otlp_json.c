#include "exporter/otlp/otlp_json.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/json.h"
#include "exporter/base/text.h"
#include "exporter/otlp/otlp_json_parts.h"
#include "exporter/otlp/otlp_span.h"

#define LINE_SIZE_MAX (64u << 20) /* the same limit as for a request to a collector */

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

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

static void put_links(struct gt_text *t, const struct gt_span *s)
{
	for (uint32_t i = 0; i < s->n_links; i++) {
		const struct gt_trace_context *to = &s->links[i];

		gt_text_add(t, i ? GT_STR(",{") : GT_STR(",\"links\":[{"));
		PUT(t, "\"traceId\":\"");
		gt_text_hex(t, to->trace_id.b, sizeof(to->trace_id.b));
		PUT(t, "\",\"spanId\":\"");
		gt_text_hex(t, to->span_id.b, sizeof(to->span_id.b));
		PUT(t, "\",\"flags\":");
		gt_text_uint(t, to->flags);
		PUT(t, "}");
	}
	if (s->n_links)
		PUT(t, "]");
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
	struct gt_json_attributes attributes = { .t = t };
	uint32_t dropped = gt_span_dropped(s);

	PUT(t, "{");
	put_ids(t, s);
	PUT(t, ",\"name\":");
	gt_text_json(t, gt_otlp_name(s));
	PUT(t, ",\"kind\":");
	gt_text_uint(t, s->kind);
	PUT(t, ",\"startTimeUnixNano\":");
	gt_json_put_uint(t, s->start_unix_ns);
	PUT(t, ",\"endTimeUnixNano\":");
	gt_json_put_uint(t, gt_otlp_end(s));
	PUT(t, ",\"attributes\":[");
	gt_span_each(s, naming, gt_json_put_attribute, &attributes);
	PUT(t, "]");
	put_links(t, s);
	if (dropped) {
		PUT(t, ",\"droppedAttributesCount\":");
		gt_text_uint(t, dropped);
	}
	put_status(t, s);
	PUT(t, "}");
}

static void put_request(struct gt_text *t, const struct gt_batch_view *batch)
{
	uint32_t n = 0;

	PUT(t, "{\"resourceSpans\":[{");
	gt_json_put_resource(t, batch->resource);
	PUT(t, ",\"scopeSpans\":[{");
	gt_json_put_scope(t);
	PUT(t, ",\"spans\":[");
	for (const struct gt_span *s = batch->first; s && n < batch->n; s = s->next) {
		if (n++)
			PUT(t, ",");
		put_span(t, s, batch->naming);
	}
	PUT(t, "]}]}]}");
}

char *gt_otlp_json_encode(const struct gt_batch_view *batch, size_t *len)
{
	struct gt_text t;

	gt_text_init(&t, LINE_SIZE_MAX);
	put_request(&t, batch);
	PUT(&t, "\n");
	return gt_text_take(&t, len);
}

int gt_otlp_json_request(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	struct gt_text t;

	*out = NULL;
	*len = 0;
	if (!batch->n)
		return 0;
	gt_text_init(&t, max);
	put_request(&t, batch);
	return gt_json_give(&t, memory, out, len);
}

/* ---------------------------------------------------------------- replies */

/* A 64-bit number is a string or a number. */
static int64_t read_count(const cJSON *root, const char *path)
{
	struct gt_str digits;
	uint64_t unsigned_count;
	int64_t count;

	if (gt_json_int(root, path, &count))
		return count;
	return gt_json_str(root, path, &digits) && gt_str_u64(digits, &unsigned_count) && unsigned_count <= INT64_MAX ?
		       (int64_t)unsigned_count :
		       0;
}

int gt_otlp_json_read_response(const uint8_t *p, size_t len, const char *rejected_path, int64_t *rejected, char *message,
			       size_t message_cap)
{
	cJSON *root = gt_json_parse(gt_str_make((const char *)p, len));
	struct gt_str text = GT_STR("");

	*rejected = root ? read_count(root, rejected_path) : 0;
	gt_json_str(root, "partialSuccess.errorMessage", &text);
	gt_text_show(text, message, message_cap);
	cJSON_Delete(root);
	return root ? 0 : GT_EBAD;
}

int gt_otlp_json_read_status(const uint8_t *p, size_t len, char *message, size_t message_cap)
{
	cJSON *root = gt_json_parse(gt_str_make((const char *)p, len));
	struct gt_str text = GT_STR("");

	gt_json_str(root, "message", &text);
	gt_text_show(text, message, message_cap);
	cJSON_Delete(root);
	return root ? 0 : GT_EBAD;
}
