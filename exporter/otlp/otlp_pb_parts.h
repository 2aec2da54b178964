/*
 * The parts of OTLP messages that all signals share, as protobuf-c structs: attributes, the resource, the scope. Pure.
 *
 * The messages of one export form a tree in one arena, which gt_pb_encode frees. They borrow what they can
 * from the data they are built from.
 */
#ifndef GT_OTLP_PB_PARTS_H
#define GT_OTLP_PB_PARTS_H

#include "common.pb-c.h"
#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"
#include "resource.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__KeyValue gt_pb_key_value;
typedef Opentelemetry__Proto__Common__V1__InstrumentationScope gt_pb_scope_message;
typedef Opentelemetry__Proto__Resource__V1__Resource gt_pb_resource_message;

/* A gt_pb_build function checks `has_failed` at its end: an allocation failed. */
struct gt_pb_builder {
	struct gt_arena tree;
	bool has_failed;
};

/* Allocates `n` zeroed items of `size` bytes in the tree. NULL when out of memory; then sets `has_failed`. */
void *gt_pb_make(struct gt_pb_builder *b, size_t n, size_t size);

/* Text as valid UTF-8. Borrows `s` when it is valid, else repairs a copy in the tree. */
ProtobufCBinaryData gt_pb_text(struct gt_pb_builder *b, struct gt_str s);
/* Borrows the bytes. */
ProtobufCBinaryData gt_pb_bytes(const uint8_t *p, size_t n);

/* A list of attributes that is filled one by one, up to `room`. */
struct gt_pb_attributes {
	struct gt_pb_builder *b;
	gt_pb_key_value **list;
	size_t n, room;
	bool is_structured; /* write values of type JSON as arrays and objects, not as text */
};

struct gt_pb_attributes gt_pb_attributes_for(struct gt_pb_builder *b, size_t room);

/* Adds one attribute; a full list ignores it. A callback for gt_span_each: `ctx` is a struct gt_pb_attributes. Borrows
 * `key`. */
void gt_pb_attribute(void *ctx, const char *key, const struct gt_value *value);

void gt_pb_resource(struct gt_pb_builder *b, gt_pb_resource_message *out, const struct gt_resource *resource);
void gt_pb_scope(gt_pb_scope_message *out);

/* Builds the message of a batch in the builder's tree. NULL when out of memory. */
typedef const ProtobufCMessage *gt_pb_build(struct gt_pb_builder *b, const struct gt_batch_view *batch);

/* Builds a message and packs it into `memory`, `*len` bytes at `*out`; an empty batch has none. 0, GT_ENOMEM, or GT_ETOOBIG
 * with `*len` over `max`. */
int gt_pb_encode(gt_pb_build *build, const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
		 size_t *len);

#endif
