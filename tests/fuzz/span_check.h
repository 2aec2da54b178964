/*
 * Checks what must hold for every span, whatever input it came from. Strings are UTF-8, numbers are finite, and token
 * counts are not negative. Failed spans have error.type, and no others do. Both encodings of a span can be parsed
 * again and have the same number of attributes. A check that fails aborts.
 */
#ifndef GT_FUZZ_SPAN_CHECK_H
#define GT_FUZZ_SPAN_CHECK_H

#include "exporter/base/json.h"
#include "exporter/base/utf8.h"
#include "exporter/command/trace_file.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_json.h"
#include "exporter/otlp/otlp_pb.h"
#include "fuzz.h"
#include "logs.pb-c.h"
#include "trace.pb-c.h"

static inline void span_check_value(const struct gt_attribute *a)
{
	const struct gt_value *v = &a->value;

	FUZZ_CHECK(v->type == gt_attr_type(a->key));
	if (v->type == GT_VALUE_STR)
		FUZZ_CHECK(v->str.p && gt_utf8_is_valid(v->str));
	if (v->type == GT_VALUE_JSON) {
		cJSON *json = gt_json_parse(v->str);

		FUZZ_CHECK((json || !v->str.len) && gt_utf8_is_valid(v->str));
		cJSON_Delete(json);
	}
	if (v->type == GT_VALUE_DOUBLE)
		FUZZ_CHECK(v->d - v->d == 0);
	if (v->type == GT_VALUE_INT && a->key >= GT_ATTR_USAGE_INPUT_TOKENS && a->key <= GT_ATTR_USAGE_AUDIO_CACHE_READ)
		FUZZ_CHECK(v->i >= 0);
	for (uint32_t i = 0; v->type == GT_VALUE_STRS && i < v->strs.n; i++)
		FUZZ_CHECK(gt_utf8_is_valid(v->strs.items[i]));
}

static inline void span_check(const struct gt_span *s)
{
	FUZZ_CHECK(s->end_unix_ns >= s->start_unix_ns);
	FUZZ_CHECK(s->name.len && gt_utf8_is_valid(s->name));
	FUZZ_CHECK(gt_utf8_is_valid(s->status_message) && gt_utf8_is_valid(s->tracestate));
	FUZZ_CHECK(s->n <= GT_ATTR_COUNT && gt_span_dropped(s) >= s->dropped);
	FUZZ_CHECK(s->dropped || s->is_error == gt_span_has(s, GT_ATTR_ERROR_TYPE));
	FUZZ_CHECK(s->is_error || !s->status_message.len);
	for (uint32_t i = 0; i < s->n; i++) {
		span_check_value(&s->attributes[i]);
		for (uint32_t k = 0; k < i; k++)
			FUZZ_CHECK(s->attributes[k].key != s->attributes[i].key);
	}
}

#define PB(name) opentelemetry__proto__trace__v1__##name

/* Encodes the span as protobuf and parses the result. Returns the number of attributes. */
static inline size_t span_check_pb(const struct gt_batch_view *batch)
{
	Opentelemetry__Proto__Trace__V1__ExportTraceServiceRequest *request;
	const Opentelemetry__Proto__Trace__V1__Span *s;
	struct gt_arena memory;
	size_t len, n;
	uint8_t *p;

	gt_arena_init(&memory, 0);
	FUZZ_CHECK(gt_otlp_pb_encode(batch, 64 << 20, &memory, &p, &len) == 0 && len);
	request = PB(export_trace_service_request__unpack)(NULL, len, p);
	FUZZ_CHECK(request && request->n_resource_spans == 1 && request->resource_spans[0]->n_scope_spans == 1);
	FUZZ_CHECK(request->resource_spans[0]->scope_spans[0]->n_spans == 1);
	s = request->resource_spans[0]->scope_spans[0]->spans[0];
	FUZZ_CHECK(s->name.len == batch->first->name.len && !memcmp(s->name.data, batch->first->name.p, s->name.len));
	FUZZ_CHECK((s->status != NULL) == batch->first->is_error);
	n = s->n_attributes;
	PB(export_trace_service_request__free_unpacked)(request, NULL);
	gt_arena_free(&memory);
	return n;
}

/* Encodes the span as JSON. Parses the result as JSON and as `gentap show` does. Returns the number of attributes. */
static inline size_t span_check_json(const struct gt_batch_view *batch)
{
	const cJSON *attributes;
	struct gt_str name;
	struct gt_trace t;
	const char *end;
	cJSON *json;
	size_t len, n;
	char *line = gt_otlp_json_encode(batch, &len);

	FUZZ_CHECK(line && len && memchr(line, '\n', len) == line + len - 1);
	json = cJSON_ParseWithLengthOpts(line, len, &end, false);
	FUZZ_CHECK(json && end == line + len - 1 && gt_utf8_is_valid(gt_str_make(line, len)));
	attributes = gt_json_at(json, "resourceSpans.0.scopeSpans.0.spans.0.attributes");
	FUZZ_CHECK(cJSON_IsArray(attributes));
	FUZZ_CHECK(gt_json_str(json, "resourceSpans.0.scopeSpans.0.spans.0.name", &name));
	n = (size_t)cJSON_GetArraySize(attributes);
	cJSON_Delete(json);
	gt_trace_init(&t);
	FUZZ_CHECK(gt_trace_file_parse(&t, gt_str_make(line, len)) == 0 && gt_trace_link(&t) == 0);
	FUZZ_CHECK(t.n == 1 && !t.bad_lines && t.n_processes == 1);
	FUZZ_CHECK(t.spans[0].is_error == batch->first->is_error);
	FUZZ_CHECK(t.spans[0].start_ns == batch->first->start_unix_ns && t.spans[0].end_ns == batch->first->end_unix_ns);
	gt_trace_free(&t);
	free(line);
	return n;
}

/* Encodes the span as an event, in which content is structured, in both encodings, and parses the results. */
static inline void span_check_event(const struct gt_batch_view *batch)
{
	Opentelemetry__Proto__Logs__V1__ExportLogsServiceRequest *request;
	struct gt_arena memory;
	size_t len;
	uint8_t *p;
	cJSON *json;

	gt_arena_init(&memory, 0);
	FUZZ_CHECK(gt_otlp_events_pb_encode(batch, 64 << 20, &memory, &p, &len) == 0 && len);
	request = opentelemetry__proto__logs__v1__export_logs_service_request__unpack(NULL, len, p);
	FUZZ_CHECK(request != NULL);
	opentelemetry__proto__logs__v1__export_logs_service_request__free_unpacked(request, NULL);
	FUZZ_CHECK(gt_otlp_events_json_encode(batch, 64 << 20, &memory, &p, &len) == 0 && len);
	json = cJSON_ParseWithLengthOpts((char *)p, len, NULL, false);
	FUZZ_CHECK(json && gt_utf8_is_valid(gt_str_make((char *)p, len)));
	cJSON_Delete(json);
	gt_arena_free(&memory);
}

static inline void span_check_encodings(struct gt_span *s, const struct gt_naming *naming)
{
	struct gt_resource resource = { .n = 1 };
	struct gt_batch_view batch = { .first = s, .n = 1, .resource = &resource, .naming = naming };

	resource.attributes[0] =
		(struct gt_resource_attribute){ "service.name", { .type = GT_VALUE_STR, .str = GT_STR("bot") } };
	FUZZ_CHECK(span_check_pb(&batch) == span_check_json(&batch));
	span_check_event(&batch);
}

#endif
