/*
 * What OTLP's messages are made of whatever the signal: attributes, the resource, the scope, in protobuf-c's structs. Pure.
 *
 * The messages of one encoding are built in one tree, which is thrown away as a whole once they are packed. They borrow what
 * they can of what they are built from.
 */
#ifndef GT_OTLP_PB_PARTS_H
#define GT_OTLP_PB_PARTS_H

#include "common.pb-c.h"
#include "exporter/resource/resource.h"
#include "resource.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__KeyValue gt_pb_key_value;
typedef Opentelemetry__Proto__Common__V1__InstrumentationScope gt_pb_scope_message;
typedef Opentelemetry__Proto__Resource__V1__Resource gt_pb_resource_message;

/* `failed` is looked at in the end: no memory. */
struct gt_pb_builder {
	struct gt_arena tree;
	bool failed;
};

/* Room for `n` zeroed items of `size` bytes, or NULL. */
void *gt_pb_make(struct gt_pb_builder *b, size_t n, size_t size);

/* Valid UTF-8; borrows text that is that already. */
ProtobufCBinaryData gt_pb_text(struct gt_pb_builder *b, struct gt_str s);
ProtobufCBinaryData gt_pb_bytes(const uint8_t *p, size_t n);

/* A list of attributes that is filled one by one, up to the room made for it. */
struct gt_pb_attributes {
	struct gt_pb_builder *b;
	gt_pb_key_value **list;
	size_t n, room;
	bool is_structured; /* values of type JSON: as what they are, not as their text */
};

struct gt_pb_attributes gt_pb_attributes_for(struct gt_pb_builder *b, size_t room);

/* One more; `ctx` is the list, so that it can be given to gt_span_each. Borrows `key`. */
void gt_pb_attribute(void *ctx, const char *key, const struct gt_value *value);

void gt_pb_resource(struct gt_pb_builder *b, gt_pb_resource_message *out, const struct gt_resource *resource);
void gt_pb_scope(gt_pb_scope_message *out);

/* The bytes of a whole message, in `memory`. 0, GT_ETOOBIG with *len over `max`, or GT_ENOMEM; `message` is NULL when there was no
 * memory to build it. */
int gt_pb_pack(const ProtobufCMessage *message, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len);

#endif
