#include "exporter/otlp/otlp_pb.h"

#include "exporter/base/errors.h"
#include "exporter/base/text.h"
#include "exporter/otlp/otlp_pb_parts.h"
#include "exporter/otlp/otlp_span.h"
#include "shim/shared/clock.h"
#include "trace.pb-c.h"

#define TRACE(name) Opentelemetry__Proto__Trace__V1__##name

#define REPLY_MEMORY_MAX (16u << 20) /* a 4 MiB reply of nothing but empty fields would take more, and is not read */

typedef TRACE(Span) pb_span;

static void build_links(struct gt_pb_builder *b, pb_span *out, const struct gt_span *s)
{
	TRACE(Span__Link) *links = gt_pb_make(b, s->n_links, sizeof(*links)), **list = gt_pb_make(b, s->n_links, sizeof(*list));

	if (!links || !list)
		return;
	for (uint32_t i = 0; i < s->n_links; i++) {
		const struct gt_trace_context *to = &s->links[i];

		opentelemetry__proto__trace__v1__span__link__init(&links[i]);
		links[i].trace_id = gt_pb_bytes(to->trace_id.b, sizeof(to->trace_id.b));
		links[i].span_id = gt_pb_bytes(to->span_id.b, sizeof(to->span_id.b));
		links[i].flags = to->flags;
		list[i] = &links[i];
	}
	out->links = list;
	out->n_links = s->n_links;
}

static pb_span *build_span(struct gt_pb_builder *b, const struct gt_span *s, const struct gt_naming *naming)
{
	struct gt_pb_attributes attributes = gt_pb_attributes_for(b, (size_t)s->n * GT_NAMES_MAX);
	TRACE(Status) *status = gt_pb_make(b, 1, sizeof(*status));
	pb_span *out = gt_pb_make(b, 1, sizeof(*out));

	if (!status || !out)
		return NULL;
	opentelemetry__proto__trace__v1__span__init(out);
	out->trace_id = gt_pb_bytes(s->context.trace_id.b, sizeof(s->context.trace_id.b));
	out->span_id = gt_pb_bytes(s->context.span_id.b, sizeof(s->context.span_id.b));
	if (!gt_otlp_is_root(s))
		out->parent_span_id = gt_pb_bytes(s->parent.b, sizeof(s->parent.b));
	out->trace_state = gt_pb_text(b, s->tracestate);
	out->flags = gt_otlp_flags(s);
	out->name = gt_pb_text(b, gt_otlp_name(s));
	out->kind = (TRACE(Span__SpanKind))s->kind;
	out->start_time_unix_nano = s->start_unix_ns;
	out->end_time_unix_nano = gt_otlp_end(s);
	gt_span_each(s, naming, gt_pb_attribute, &attributes);
	out->attributes = attributes.list;
	out->n_attributes = attributes.n;
	out->dropped_attributes_count = gt_span_dropped(s);
	if (s->n_links)
		build_links(b, out, s);
	if (s->is_error) {
		opentelemetry__proto__trace__v1__status__init(status);
		status->code = OPENTELEMETRY__PROTO__TRACE__V1__STATUS__STATUS_CODE__STATUS_CODE_ERROR;
		status->message = gt_pb_text(b, s->status_message);
		out->status = status;
	}
	return out;
}

static size_t build_spans(struct gt_pb_builder *b, pb_span **list, const struct gt_batch_view *batch)
{
	size_t n = 0;

	for (const struct gt_span *s = batch->first; s && n < batch->n && !b->has_failed; s = s->next)
		list[n++] = build_span(b, s, batch->naming);
	return n;
}

/* The messages around the spans, one of each. */
struct envelope {
	TRACE(ExportTraceServiceRequest) request;
	TRACE(ResourceSpans) resource_spans, *resource_spans_list;
	TRACE(ScopeSpans) scope_spans, *scope_spans_list;
	gt_pb_resource_message resource;
	gt_pb_scope_message scope;
};

static const ProtobufCMessage *build(struct gt_pb_builder *b, const struct gt_batch_view *batch)
{
	struct envelope *e = gt_pb_make(b, 1, sizeof(*e));
	pb_span **spans = gt_pb_make(b, batch->n, sizeof(*spans));

	if (!e || !spans)
		return NULL;
	opentelemetry__proto__trace__v1__export_trace_service_request__init(&e->request);
	opentelemetry__proto__trace__v1__resource_spans__init(&e->resource_spans);
	opentelemetry__proto__trace__v1__scope_spans__init(&e->scope_spans);
	gt_pb_resource(b, &e->resource, batch->resource);
	gt_pb_scope(&e->scope);
	e->scope_spans.scope = &e->scope;
	e->scope_spans.spans = spans;
	e->scope_spans.n_spans = build_spans(b, spans, batch);
	e->scope_spans_list = &e->scope_spans;
	e->resource_spans.resource = &e->resource;
	e->resource_spans.scope_spans = &e->scope_spans_list;
	e->resource_spans.n_scope_spans = 1;
	e->resource_spans_list = &e->resource_spans;
	e->request.resource_spans = &e->resource_spans_list;
	e->request.n_resource_spans = 1;
	return b->has_failed ? NULL : &e->request.base;
}

int gt_otlp_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	return gt_pb_encode(build, batch, max, memory, out, len);
}

static void *arena_alloc(void *arena, size_t size)
{
	return gt_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

static void show(ProtobufCBinaryData message, char *out, size_t cap)
{
	gt_text_show(gt_str_make((const char *)message.data, message.len), out, cap);
}

int gt_otlp_pb_read_response(const uint8_t *p, size_t len, const char *unused, int64_t *rejected, char *message,
			     size_t message_cap)
{
	TRACE(ExportTraceServiceResponse) * reply;
	struct gt_arena memory;
	ProtobufCAllocator allocator = { arena_alloc, arena_free, &memory };

	(void)unused;
	*rejected = 0;
	message[0] = 0;
	gt_arena_init(&memory, REPLY_MEMORY_MAX);
	reply = opentelemetry__proto__trace__v1__export_trace_service_response__unpack(&allocator, len, p);
	if (reply && reply->partial_success) {
		*rejected = reply->partial_success->rejected_spans;
		show(reply->partial_success->error_message, message, message_cap);
	}
	gt_arena_free(&memory);
	return reply ? 0 : GT_EBAD;
}

int gt_otlp_pb_read_status(const uint8_t *p, size_t len, char *message, size_t message_cap)
{
	TRACE(RpcStatus) * status;
	struct gt_arena memory;
	ProtobufCAllocator allocator = { arena_alloc, arena_free, &memory };

	message[0] = 0;
	gt_arena_init(&memory, REPLY_MEMORY_MAX);
	status = opentelemetry__proto__trace__v1__rpc_status__unpack(&allocator, len, p);
	if (status)
		show(status->message, message, message_cap);
	gt_arena_free(&memory);
	return status ? 0 : GT_EBAD;
}

/* A google.protobuf.Duration in nanoseconds. 0 when it is missing, -1 when it is negative or out of range. */
static int64_t duration_ns(const TRACE(Duration) * d)
{
	if (!d || d->seconds < 0 || d->nanos < 0 || d->nanos >= GT_NS_PER_S || d->seconds > INT64_MAX / GT_NS_PER_S - 1)
		return d ? -1 : 0;
	return d->seconds * GT_NS_PER_S + d->nanos;
}

static int64_t retry_info_ns(ProtobufCAllocator *allocator, const TRACE(Any) * any)
{
	struct gt_str url = gt_str_make((const char *)any->type_url.data, any->type_url.len);
	TRACE(RetryInfo) *info = NULL;

	if (gt_str_ends(url, GT_STR("/google.rpc.RetryInfo")))
		info = opentelemetry__proto__trace__v1__retry_info__unpack(allocator, any->value.len, any->value.data);
	return info ? duration_ns(info->retry_delay) : -1;
}

int64_t gt_otlp_pb_read_retry_delay(const uint8_t *p, size_t len)
{
	TRACE(RpcStatus) * status;
	struct gt_arena memory;
	ProtobufCAllocator allocator = { arena_alloc, arena_free, &memory };
	int64_t delay = -1;

	gt_arena_init(&memory, REPLY_MEMORY_MAX);
	status = opentelemetry__proto__trace__v1__rpc_status__unpack(&allocator, len, p);
	for (size_t i = 0; status && i < status->n_details && delay < 0; i++)
		delay = retry_info_ns(&allocator, status->details[i]);
	gt_arena_free(&memory);
	return delay;
}
