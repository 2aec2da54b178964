#include "exporter/otlp/otlp_events.h"

#include "exporter/base/errors.h"
#include "exporter/metrics/instrument.h"
#include "exporter/otlp/otlp_json_parts.h"
#include "exporter/otlp/otlp_pb_parts.h"
#include "exporter/otlp/otlp_span.h"
#include "logs.pb-c.h"

#define LOGS(name)	Opentelemetry__Proto__Logs__V1__##name
#define INIT(name, p)	opentelemetry__proto__logs__v1__##name##__init(p)
#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

static bool has_event(const struct gt_span *s)
{
	return gt_measured_as(s) == GT_MEASURED_INFERENCE;
}

uint32_t gt_otlp_events_of(const struct gt_span *first, uint32_t n)
{
	uint32_t events = 0;

	for (const struct gt_span *s = first; s && n--; s = s->next)
		events += has_event(s);
	return events;
}

/* The attributes of the span, but span and event each have content only when the user asked for it there. In the event,
 * content is structured. */
static void each_attribute(const struct gt_span *s, const struct gt_naming *naming,
			   void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx)
{
	gt_span_each_of_event(s, naming, each, ctx);
}

/* ---------------------------------------------------------------- protobuf */

static LOGS(LogRecord) * build_record(struct gt_pb_builder *b, const struct gt_span *s, const struct gt_naming *naming)
{
	struct gt_pb_attributes attributes = gt_pb_attributes_for(b, (size_t)s->n * GT_NAMES_MAX);
	LOGS(LogRecord) *out = gt_pb_make(b, 1, sizeof(*out));

	if (!out)
		return NULL;
	INIT(log_record, out);
	out->time_unix_nano = out->observed_time_unix_nano = gt_otlp_end(s);
	out->event_name = (char *)GT_EVENT_NAME;
	out->trace_id = gt_pb_bytes(s->context.trace_id.b, sizeof(s->context.trace_id.b));
	out->span_id = gt_pb_bytes(s->context.span_id.b, sizeof(s->context.span_id.b));
	out->flags = s->context.flags;
	attributes.is_structured = true;
	each_attribute(s, naming, gt_pb_attribute, &attributes);
	out->attributes = attributes.list;
	out->n_attributes = attributes.n;
	out->dropped_attributes_count = gt_span_dropped_of_event(s);
	return out;
}

struct envelope {
	LOGS(ExportLogsServiceRequest) request;
	LOGS(ResourceLogs) resource_logs, *resource_logs_list;
	LOGS(ScopeLogs) scope_logs, *scope_logs_list;
	gt_pb_resource_message resource;
	gt_pb_scope_message scope;
};

static const ProtobufCMessage *build(struct gt_pb_builder *b, const struct gt_batch_view *batch)
{
	struct envelope *e = gt_pb_make(b, 1, sizeof(*e));
	LOGS(LogRecord) **records = gt_pb_make(b, batch->n, sizeof(*records));
	size_t n = 0;

	if (!e || !records)
		return NULL;
	INIT(export_logs_service_request, &e->request);
	INIT(resource_logs, &e->resource_logs);
	INIT(scope_logs, &e->scope_logs);
	gt_pb_resource(b, &e->resource, batch->resource);
	gt_pb_scope(&e->scope);
	for (const struct gt_span *s = batch->first; s && n < batch->n && !b->has_failed; s = s->next)
		if (has_event(s))
			records[n++] = build_record(b, s, batch->naming);
	e->scope_logs.scope = &e->scope;
	e->scope_logs.log_records = records;
	e->scope_logs.n_log_records = n;
	e->scope_logs_list = &e->scope_logs;
	e->resource_logs.resource = &e->resource;
	e->resource_logs.scope_logs = &e->scope_logs_list;
	e->resource_logs.n_scope_logs = 1;
	e->resource_logs_list = &e->resource_logs;
	e->request.resource_logs = &e->resource_logs_list;
	e->request.n_resource_logs = 1;
	return b->has_failed ? NULL : &e->request.base;
}

int gt_otlp_events_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	return gt_pb_encode(build, batch, max, memory, out, len);
}

/* ---------------------------------------------------------------- JSON */

static void put_record(struct gt_text *t, const struct gt_span *s, const struct gt_naming *naming)
{
	struct gt_json_attributes attributes = { .t = t, .is_structured = true };
	uint32_t dropped = gt_span_dropped_of_event(s);

	PUT(t, "{\"timeUnixNano\":");
	gt_json_put_uint(t, gt_otlp_end(s));
	PUT(t, ",\"observedTimeUnixNano\":");
	gt_json_put_uint(t, gt_otlp_end(s));
	PUT(t, ",\"eventName\":\"" GT_EVENT_NAME "\",\"traceId\":\"");
	gt_text_hex(t, s->context.trace_id.b, sizeof(s->context.trace_id.b));
	PUT(t, "\",\"spanId\":\"");
	gt_text_hex(t, s->context.span_id.b, sizeof(s->context.span_id.b));
	PUT(t, "\",\"flags\":");
	gt_text_uint(t, s->context.flags);
	PUT(t, ",\"attributes\":[");
	each_attribute(s, naming, gt_json_put_attribute, &attributes);
	PUT(t, "]");
	if (dropped) {
		PUT(t, ",\"droppedAttributesCount\":");
		gt_text_uint(t, dropped);
	}
	PUT(t, "}");
}

int gt_otlp_events_json_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
			       size_t *len)
{
	struct gt_text t;
	uint32_t n = 0;

	*out = NULL;
	*len = 0;
	if (!batch->n)
		return 0;
	gt_text_init(&t, max);
	PUT(&t, "{\"resourceLogs\":[{");
	gt_json_put_resource(&t, batch->resource);
	PUT(&t, ",\"scopeLogs\":[{");
	gt_json_put_scope(&t);
	PUT(&t, ",\"logRecords\":[");
	for (const struct gt_span *s = batch->first; s && n < batch->n; s = s->next) {
		if (!has_event(s))
			continue;
		if (n++)
			PUT(&t, ",");
		put_record(&t, s, batch->naming);
	}
	PUT(&t, "]}]}]}");
	return gt_json_give(&t, memory, out, len);
}
