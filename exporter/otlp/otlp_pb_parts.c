#include "exporter/otlp/otlp_pb_parts.h"

#include <string.h>

#include "exporter/base/errors.h"
#include "exporter/base/json.h"
#include "exporter/base/utf8.h"
#include "exporter/otlp/otlp_span.h"
#include "version.h"

typedef Opentelemetry__Proto__Common__V1__AnyValue pb_value;
typedef Opentelemetry__Proto__Common__V1__ArrayValue pb_array;
typedef Opentelemetry__Proto__Common__V1__KeyValueList pb_members;

void *gt_pb_make(struct gt_pb_builder *b, size_t n, size_t size)
{
	void *p = gt_arena_alloc(&b->tree, n * size);

	if (!p)
		b->has_failed = true;
	return p;
}

ProtobufCBinaryData gt_pb_text(struct gt_pb_builder *b, struct gt_str s)
{
	if (!gt_utf8_is_valid(s)) {
		s = gt_utf8_text(&b->tree, s, UINT32_MAX);
		b->has_failed |= !s.p;
	}
	return (ProtobufCBinaryData){ .len = s.len, .data = (uint8_t *)s.p };
}

ProtobufCBinaryData gt_pb_bytes(const uint8_t *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = (uint8_t *)p };
}

static void set_text(struct gt_pb_builder *b, pb_value *v, struct gt_str s)
{
	opentelemetry__proto__common__v1__any_value__init(v);
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
	v->string_value = gt_pb_text(b, s);
}

static void set_texts(struct gt_pb_builder *b, pb_value *v, const struct gt_value *from)
{
	pb_array *array = gt_pb_make(b, 1, sizeof(*array));
	pb_value *items = gt_pb_make(b, from->strs.n, sizeof(*items));
	pb_value **list = gt_pb_make(b, from->strs.n, sizeof(*list));

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

static void set_value(struct gt_pb_builder *b, pb_value *v, const struct gt_value *from)
{
	opentelemetry__proto__common__v1__any_value__init(v);
	switch (from->type) {
	case GT_VALUE_JSON:
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

static void set_json(struct gt_pb_builder *b, pb_value *v, const cJSON *from);

static struct gt_str keep(struct gt_pb_builder *b, const char *text)
{
	struct gt_str s = gt_utf8_text(&b->tree, gt_str_of(text), UINT32_MAX);

	b->has_failed |= !s.p;
	return s;
}

static void set_list(struct gt_pb_builder *b, pb_value *v, const cJSON *from)
{
	size_t n = (size_t)cJSON_GetArraySize(from), i = 0;
	pb_array *array = gt_pb_make(b, 1, sizeof(*array));
	pb_value *items = gt_pb_make(b, n, sizeof(*items));
	pb_value **list = gt_pb_make(b, n, sizeof(*list));

	if (!array || !items || !list)
		return;
	opentelemetry__proto__common__v1__array_value__init(array);
	for (const cJSON *item = from->child; item; item = item->next, i++) {
		list[i] = &items[i];
		set_json(b, list[i], item);
	}
	array->values = list;
	array->n_values = n;
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_ARRAY_VALUE;
	v->array_value = array;
}

static void set_members(struct gt_pb_builder *b, pb_value *v, const cJSON *from)
{
	size_t n = (size_t)cJSON_GetArraySize(from), i = 0;
	pb_members *members = gt_pb_make(b, 1, sizeof(*members));
	struct pair {
		gt_pb_key_value kv;
		pb_value value;
	} *pairs = gt_pb_make(b, n, sizeof(*pairs));
	gt_pb_key_value **list = gt_pb_make(b, n, sizeof(*list));

	if (!members || !pairs || !list)
		return;
	opentelemetry__proto__common__v1__key_value_list__init(members);
	for (const cJSON *item = from->child; item; item = item->next, i++) {
		opentelemetry__proto__common__v1__key_value__init(&pairs[i].kv);
		pairs[i].kv.key = (char *)keep(b, item->string).p;
		pairs[i].kv.value = &pairs[i].value;
		set_json(b, &pairs[i].value, item);
		list[i] = &pairs[i].kv;
	}
	members->values = list;
	members->n_values = n;
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_KVLIST_VALUE;
	v->kvlist_value = members;
}

/* null becomes a value with no kind set. Copies text. */
static void set_json(struct gt_pb_builder *b, pb_value *v, const cJSON *from)
{
	int64_t whole;

	opentelemetry__proto__common__v1__any_value__init(v);
	if (cJSON_IsArray(from)) {
		set_list(b, v, from);
	} else if (cJSON_IsObject(from)) {
		set_members(b, v, from);
	} else if (cJSON_IsString(from)) {
		set_text(b, v, keep(b, from->valuestring));
	} else if (gt_json_int(from, NULL, &whole)) {
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE;
		v->int_value = whole;
	} else if (cJSON_IsNumber(from)) {
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_DOUBLE_VALUE;
		v->double_value = from->valuedouble;
	} else if (cJSON_IsBool(from)) {
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BOOL_VALUE;
		v->bool_value = cJSON_IsTrue(from);
	}
}

static void set_structured(struct gt_pb_builder *b, pb_value *v, struct gt_str text)
{
	cJSON *json = gt_json_parse(text);

	if (!json)
		b->has_failed = true; /* the text is valid JSON, so memory ran out */
	else
		set_json(b, v, json);
	cJSON_Delete(json);
}

void gt_pb_attribute(void *ctx, const char *key, const struct gt_value *value)
{
	struct gt_pb_attributes *to = ctx;
	struct pair {
		gt_pb_key_value kv;
		pb_value value;
	} *pair = to->n < to->room ? gt_pb_make(to->b, 1, sizeof(*pair)) : NULL;

	if (!pair)
		return;
	opentelemetry__proto__common__v1__key_value__init(&pair->kv);
	pair->kv.key = (char *)key;
	pair->kv.value = &pair->value;
	if (to->is_structured && value->type == GT_VALUE_JSON)
		set_structured(to->b, &pair->value, value->str);
	else
		set_value(to->b, &pair->value, value);
	to->list[to->n++] = &pair->kv;
}

struct gt_pb_attributes gt_pb_attributes_for(struct gt_pb_builder *b, size_t room)
{
	struct gt_pb_attributes to = { .b = b, .list = gt_pb_make(b, room, sizeof(*to.list)) };

	to.room = to.list ? room : 0;
	return to;
}

void gt_pb_resource(struct gt_pb_builder *b, gt_pb_resource_message *out, const struct gt_resource *resource)
{
	struct gt_pb_attributes attributes = gt_pb_attributes_for(b, resource->n);

	opentelemetry__proto__resource__v1__resource__init(out);
	for (unsigned i = 0; i < resource->n; i++)
		gt_pb_attribute(&attributes, resource->attributes[i].key, &resource->attributes[i].value);
	out->attributes = attributes.list;
	out->n_attributes = attributes.n;
}

void gt_pb_scope(gt_pb_scope_message *out)
{
	opentelemetry__proto__common__v1__instrumentation_scope__init(out);
	out->name = (char *)GT_OTLP_SCOPE_NAME;
	out->version = (char *)GENTAP_VERSION;
}

static int pack(const ProtobufCMessage *message, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	if (!message)
		return GT_ENOMEM;
	*len = protobuf_c_message_get_packed_size(message);
	if (*len > max)
		return GT_ETOOBIG;
	*out = gt_arena_alloc(memory, *len);
	if (!*out)
		return GT_ENOMEM;
	protobuf_c_message_pack(message, *out);
	return 0;
}

int gt_pb_encode(gt_pb_build *build, const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
		 size_t *len)
{
	struct gt_pb_builder b = { .has_failed = false };
	int ret;

	*out = NULL;
	*len = 0;
	if (!batch->n)
		return 0;
	gt_arena_init(&b.tree, 0);
	ret = pack(build(&b, batch), max, memory, out, len);
	gt_arena_free(&b.tree);
	return ret;
}
