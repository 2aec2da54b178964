/*
 * The parts of OTLP/JSON that all signals share: attributes, the resource, the scope. Pure.
 */
#ifndef GT_OTLP_JSON_PARTS_H
#define GT_OTLP_JSON_PARTS_H

#include "exporter/base/text.h"
#include "exporter/resource/resource.h"

/* Writes a 64-bit number as a string: a reader that holds numbers as doubles would round it. */
void gt_json_put_uint(struct gt_text *t, uint64_t v);

/* A list of attributes that is written one by one. Starts with `has_some` false. */
struct gt_json_attributes {
	struct gt_text *t;
	bool has_some;	    /* an attribute has been written */
	bool is_structured; /* write values of type JSON as arrays and objects, not as text */
};

/* Adds one attribute. A callback for gt_span_each: `ctx` is a struct gt_json_attributes. */
void gt_json_put_attribute(void *ctx, const char *key, const struct gt_value *value);

/* Ends a text: copies it to the caller's arena and frees it. 0, GT_ENOMEM, or GT_ETOOBIG when it reached its cap. */
int gt_json_give(struct gt_text *t, struct gt_arena *memory, uint8_t **out, size_t *len);

/* "resource":{...} and "scope":{...} */
void gt_json_put_resource(struct gt_text *t, const struct gt_resource *r);
void gt_json_put_scope(struct gt_text *t);

#endif
