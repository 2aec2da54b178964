/*
 * A batch as one line of OTLP/JSON (TracesData), as the file exporter of the OpenTelemetry specification writes it.
 * Pure.
 */
#ifndef GT_OTLP_JSON_H
#define GT_OTLP_JSON_H

#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

/* Gives a malloc'd line of `*len` bytes that ends in a newline. NULL when out of memory, or when it would exceed 64
 * MiB. The batch must have spans. */
char *gt_otlp_json_encode(const struct gt_batch_view *batch, size_t *len);

/* The same as a request body, in the caller's arena. Returns as gt_otlp_pb_encode. */
int gt_otlp_json_request(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len);

/* As their counterparts in otlp_pb.h. `rejected_path` is the path of the count, such as
 * "partialSuccess.rejectedSpans". */
int gt_otlp_json_read_response(const uint8_t *p, size_t len, const char *rejected_path, int64_t *rejected, char *message,
			       size_t message_cap);
int gt_otlp_json_read_status(const uint8_t *p, size_t len, char *message, size_t message_cap);

#endif
