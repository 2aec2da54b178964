#include "exporter/otlp/otlp_json_parts.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/json.h"
#include "exporter/otlp/otlp_span.h"
#include "version.h"

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

void gt_json_put_uint(struct gt_text *t, uint64_t v)
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

static void put_json(struct gt_text *t, const cJSON *v);

static void put_list(struct gt_text *t, const cJSON *v)
{
	PUT(t, "{\"arrayValue\":{\"values\":[");
	for (const cJSON *item = v->child; item; item = item->next) {
		put_json(t, item);
		if (item->next)
			PUT(t, ",");
	}
	PUT(t, "]}}");
}

static void put_members(struct gt_text *t, const cJSON *v)
{
	PUT(t, "{\"kvlistValue\":{\"values\":[");
	for (const cJSON *item = v->child; item; item = item->next) {
		PUT(t, "{\"key\":");
		gt_text_json(t, gt_str_of(item->string));
		PUT(t, ",\"value\":");
		put_json(t, item);
		gt_text_add(t, item->next ? GT_STR("},") : GT_STR("}"));
	}
	PUT(t, "]}}");
}

/* null becomes a value with no kind set. */
static void put_json(struct gt_text *t, const cJSON *v)
{
	int64_t whole;

	if (cJSON_IsArray(v)) {
		put_list(t, v);
	} else if (cJSON_IsObject(v)) {
		put_members(t, v);
	} else if (cJSON_IsString(v)) {
		PUT(t, "{\"stringValue\":");
		gt_text_json(t, gt_str_of(v->valuestring));
		PUT(t, "}");
	} else if (gt_json_int(v, NULL, &whole)) {
		PUT(t, "{\"intValue\":\"");
		gt_text_int(t, whole);
		PUT(t, "\"}");
	} else if (cJSON_IsNumber(v)) {
		PUT(t, "{\"doubleValue\":");
		gt_text_double(t, v->valuedouble);
		PUT(t, "}");
	} else if (cJSON_IsBool(v)) {
		gt_text_add(t, cJSON_IsTrue(v) ? GT_STR("{\"boolValue\":true}") : GT_STR("{\"boolValue\":false}"));
	} else {
		PUT(t, "{}");
	}
}

static void put_structured(struct gt_text *t, const struct gt_value *v)
{
	cJSON *json = gt_json_parse(v->str);

	if (!json)
		t->has_failed = true; /* the text is valid JSON, so memory ran out */
	else
		put_json(t, json);
	cJSON_Delete(json);
}

static void put_value(struct gt_text *t, const struct gt_value *v)
{
	switch (v->type) {
	case GT_VALUE_JSON:
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

void gt_json_put_attribute(void *ctx, const char *key, const struct gt_value *value)
{
	struct gt_json_attributes *a = ctx;

	if (a->has_some)
		PUT(a->t, ",");
	a->has_some = true;
	PUT(a->t, "{\"key\":");
	gt_text_json(a->t, gt_str_of(key));
	PUT(a->t, ",\"value\":");
	if (a->is_structured && value->type == GT_VALUE_JSON)
		put_structured(a->t, value);
	else
		put_value(a->t, value);
	PUT(a->t, "}");
}

void gt_json_put_resource(struct gt_text *t, const struct gt_resource *r)
{
	struct gt_json_attributes attributes = { .t = t };

	PUT(t, "\"resource\":{\"attributes\":[");
	for (unsigned i = 0; i < r->n; i++)
		gt_json_put_attribute(&attributes, r->attributes[i].key, &r->attributes[i].value);
	PUT(t, "]}");
}

void gt_json_put_scope(struct gt_text *t)
{
	PUT(t, "\"scope\":{\"name\":\"" GT_OTLP_SCOPE_NAME "\",\"version\":\"" GENTAP_VERSION "\"}");
}

int gt_json_give(struct gt_text *t, struct gt_arena *memory, uint8_t **out, size_t *len)
{
	int ret = t->is_too_long ? GT_ETOOBIG : GT_ENOMEM;
	char *text = gt_text_take(t, len);

	if (!text)
		return ret;
	*out = (uint8_t *)gt_arena_copy(memory, gt_str_make(text, *len));
	free(text);
	return *out ? 0 : GT_ENOMEM;
}
