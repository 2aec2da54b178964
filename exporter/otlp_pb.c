#include "otlp_pb.h"

#include "../shim/clock.h"
#include "errors.h"
#include "otlp_span.h"
#include "text.h"
#include "trace.pb-c.h"
#include "utf8.h"

#define TRACE(name)    Opentelemetry__Proto__Trace__V1__##name
#define COMMON(name)   Opentelemetry__Proto__Common__V1__##name
#define RESOURCE(name) Opentelemetry__Proto__Resource__V1__##name

#define REPLY_MEMORY_MAX (16u << 20) /* a reply of 4 MiB that is nothing but empty fields takes more than this */

typedef TRACE(Span) pb_span;
typedef COMMON(AnyValue) pb_value;
typedef COMMON(KeyValue) pb_key_value;

/* One encoding. The messages are built in `tree`, which is thrown away as a whole; `failed` is looked at in the end. */
struct builder {
	struct gt_arena tree;
	bool failed;
};

static void *make(struct builder *b, size_t n, size_t size)
{
	void *p = gt_arena_alloc(&b->tree, n * size);

	if (!p)
		b->failed = true;
	return p;
}

/* Borrows text that is good already. */
static ProtobufCBinaryData text(struct builder *b, struct gt_str s)
{
	if (!gt_utf8_is_valid(s)) {
		s = gt_utf8_text(&b->tree, s, UINT32_MAX);
		b->failed |= !s.p;
	}
	return (ProtobufCBinaryData){ .len = s.len, .data = (uint8_t *)s.p };
}

static ProtobufCBinaryData bytes(const uint8_t *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = (uint8_t *)p };
}

static void set_text(struct builder *b, pb_value *v, struct gt_str s)
{
	opentelemetry__proto__common__v1__any_value__init(v);
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
	v->string_value = text(b, s);
}

static void set_texts(struct builder *b, pb_value *v, const struct gt_value *from)
{
	COMMON(ArrayValue) *array = make(b, 1, sizeof(*array));
	pb_value *items = make(b, from->strs.n, sizeof(*items));
	pb_value **list = make(b, from->strs.n, sizeof(*list));

	if (!array || !items || !list)
		return;
	opentelemetry__proto__common__v1__array_value__init(array);
	for (uint32_t i = 0; i < from->strs.n; i++) {
		set_text(b, &items[i], from->strs.items[i]);
		list[i] = &items[i];
	}
	array->values = list;
	array->n_values = from->strs.n;
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_ARRAY_VALUE;
	v->array_value = array;
}

static void set_value(struct builder *b, pb_value *v, const struct gt_value *from)
{
	opentelemetry__proto__common__v1__any_value__init(v);
	switch (from->type) {
	case GT_VALUE_STR:
		set_text(b, v, from->str);
		break;
	case GT_VALUE_INT:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE;
		v->int_value = from->i;
		break;
	case GT_VALUE_DOUBLE:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_DOUBLE_VALUE;
		v->double_value = from->d;
		break;
	case GT_VALUE_BOOL:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BOOL_VALUE;
		v->bool_value = from->b;
		break;
	case GT_VALUE_STRS:
		set_texts(b, v, from);
		break;
	}
}

/* A list of attributes that is filled one by one, up to the room made for it. */
struct attributes {
	struct builder *b;
	pb_key_value **list;
	size_t n, room;
};

static void add_attribute(void *ctx, const char *key, const struct gt_value *value)
{
	struct attributes *to = ctx;
	struct pair {
		pb_key_value kv;
		pb_value value;
	} *pair = to->n < to->room ? make(to->b, 1, sizeof(*pair)) : NULL;

	if (!pair)
		return;
	opentelemetry__proto__common__v1__key_value__init(&pair->kv);
	pair->kv.key = (char *)key;
	pair->kv.value = &pair->value;
	set_value(to->b, &pair->value, value);
	to->list[to->n++] = &pair->kv;
}

static struct attributes attributes_for(struct builder *b, size_t room)
{
	struct attributes to = { .b = b, .list = make(b, room, sizeof(*to.list)) };

	to.room = to.list ? room : 0;
	return to;
}

static pb_span *build_span(struct builder *b, const struct gt_span *s, const struct gt_naming *naming)
{
	struct attributes attributes = attributes_for(b, (size_t)s->n * GT_NAMES_MAX);
	TRACE(Status) *status = make(b, 1, sizeof(*status));
	pb_span *out = make(b, 1, sizeof(*out));

	if (!status || !out)
		return NULL;
	opentelemetry__proto__trace__v1__span__init(out);
	out->trace_id = bytes(s->context.trace_id.b, sizeof(s->context.trace_id.b));
	out->span_id = bytes(s->context.span_id.b, sizeof(s->context.span_id.b));
	if (!gt_otlp_is_root(s))
		out->parent_span_id = bytes(s->parent.b, sizeof(s->parent.b));
	out->trace_state = text(b, s->tracestate);
	out->flags = gt_otlp_flags(s);
	out->name = text(b, gt_otlp_name(s));
	out->kind = (TRACE(Span__SpanKind))s->kind;
	out->start_time_unix_nano = s->start_unix_ns;
	out->end_time_unix_nano = gt_otlp_end(s);
	gt_span_each(s, naming, add_attribute, &attributes);
	out->attributes = attributes.list;
	out->n_attributes = attributes.n;
	out->dropped_attributes_count = s->dropped;
	if (s->is_error) {
		opentelemetry__proto__trace__v1__status__init(status);
		status->code = OPENTELEMETRY__PROTO__TRACE__V1__STATUS__STATUS_CODE__STATUS_CODE_ERROR;
		status->message = text(b, s->status_message);
		out->status = status;
	}
	return out;
}

static void build_resource(struct builder *b, RESOURCE(Resource) *out, const struct gt_resource *resource)
{
	struct attributes attributes = attributes_for(b, resource->n);

	opentelemetry__proto__resource__v1__resource__init(out);
	for (unsigned i = 0; i < resource->n; i++)
		add_attribute(&attributes, resource->attributes[i].key, &resource->attributes[i].value);
	out->attributes = attributes.list;
	out->n_attributes = attributes.n;
}

static size_t build_spans(struct builder *b, pb_span **list, const struct gt_batch_view *batch)
{
	size_t n = 0;

	for (const struct gt_span *s = batch->first; s && n < batch->n && !b->failed; s = s->next)
		list[n++] = build_span(b, s, batch->naming);
	return n;
}

/* The messages around the spans, of which there is one each. */
struct envelope {
	TRACE(ExportTraceServiceRequest) request;
	TRACE(ResourceSpans) resource_spans, *resource_spans_list;
	TRACE(ScopeSpans) scope_spans, *scope_spans_list;
	RESOURCE(Resource) resource;
	COMMON(InstrumentationScope) scope;
};

static struct envelope *build(struct builder *b, const struct gt_batch_view *batch)
{
	struct envelope *e = make(b, 1, sizeof(*e));
	pb_span **spans = make(b, batch->n, sizeof(*spans));

	if (!e || !spans)
		return NULL;
	opentelemetry__proto__trace__v1__export_trace_service_request__init(&e->request);
	opentelemetry__proto__trace__v1__resource_spans__init(&e->resource_spans);
	opentelemetry__proto__trace__v1__scope_spans__init(&e->scope_spans);
	opentelemetry__proto__common__v1__instrumentation_scope__init(&e->scope);
	build_resource(b, &e->resource, batch->resource);
	e->scope.name = (char *)GT_OTLP_SCOPE_NAME;
	e->scope.version = (char *)GENTAP_VERSION;
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
	return b->failed ? NULL : e;
}

int gt_otlp_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	struct builder b = { .failed = false };
	struct envelope *e;
	int ret = GT_ENOMEM;

	*out = NULL;
	*len = 0;
	if (!batch->n)
		return 0;
	gt_arena_init(&b.tree, 0);
	e = build(&b, batch);
	if (!e)
		goto out;
	*len = opentelemetry__proto__trace__v1__export_trace_service_request__get_packed_size(&e->request);
	ret = GT_ETOOBIG;
	if (*len > max)
		goto out;
	*out = gt_arena_alloc(memory, *len);
	ret = *out ? 0 : GT_ENOMEM;
	if (*out)
		opentelemetry__proto__trace__v1__export_trace_service_request__pack(&e->request, *out);
out:
	gt_arena_free(&b.tree);
	return ret;
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
	TRACE(ExportTraceServiceResponse) *reply;
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
	TRACE(RpcStatus) *status;
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

/* A google.protobuf.Duration; what is no sensible one is -1. */
static int64_t duration_ns(const TRACE(Duration) *d)
{
	if (!d || d->seconds < 0 || d->nanos < 0 || d->nanos >= GT_NS_PER_S || d->seconds > INT64_MAX / GT_NS_PER_S - 1)
		return d ? -1 : 0;
	return d->seconds * GT_NS_PER_S + d->nanos;
}

static int64_t retry_info_ns(ProtobufCAllocator *allocator, const TRACE(Any) *any)
{
	struct gt_str url = gt_str_make((const char *)any->type_url.data, any->type_url.len);
	TRACE(RetryInfo) *info = NULL;

	if (gt_str_ends(url, GT_STR("/google.rpc.RetryInfo")))
		info = opentelemetry__proto__trace__v1__retry_info__unpack(allocator, any->value.len, any->value.data);
	return info ? duration_ns(info->retry_delay) : -1;
}

int64_t gt_otlp_pb_read_retry_delay(const uint8_t *p, size_t len)
{
	TRACE(RpcStatus) *status;
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
