/*
 * What OTLP/JSON is made of whatever the signal: attributes, the resource, the scope. Pure.
 */
#ifndef GT_OTLP_JSON_PARTS_H
#define GT_OTLP_JSON_PARTS_H

#include "exporter/base/text.h"
#include "exporter/resource/resource.h"

/* 64-bit numbers are strings: a reader may hold numbers as doubles. */
void gt_json_put_uint(struct gt_text *t, uint64_t v);

/* The items of a list of attributes, one by one; begin with `some` false. */
struct gt_json_attributes {
	struct gt_text *t;
	bool some;
	bool is_structured; /* values of type JSON: as what they are, not as their text */
};

/* `ctx` is the list, so that it can be given to gt_span_each. */
void gt_json_put_attribute(void *ctx, const char *key, const struct gt_value *value);

/* Ends a text: moves it into the caller's arena. 0, GT_ENOMEM, or GT_ETOOBIG when it reached its cap. */
int gt_json_give(struct gt_text *t, struct gt_arena *memory, uint8_t **out, size_t *len);

/* "resource":{...} and "scope":{...} */
void gt_json_put_resource(struct gt_text *t, const struct gt_resource *r);
void gt_json_put_scope(struct gt_text *t);

#endif
