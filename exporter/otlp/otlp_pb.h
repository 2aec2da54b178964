/*
 * A batch as an OTLP ExportTraceServiceRequest in protobuf. Pure.
 */
#ifndef GT_OTLP_PB_H
#define GT_OTLP_PB_H

#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

/* Puts the message, `*len` bytes, into the caller's arena. `*len` is 0 for a batch without spans. 0, GT_ENOMEM, or
 * GT_ETOOBIG when the message would exceed `max` bytes. */
int gt_otlp_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len);

/* Reads an Export...ServiceResponse of any signal. `*rejected` is 0 and `message` empty for a full success. 0, or
 * GT_EBAD when it cannot be decoded. Messages are shortened and safe to log. `unused` is the JSON path that otlp_json.h
 * needs there. */
int gt_otlp_pb_read_response(const uint8_t *p, size_t len, const char *unused, int64_t *rejected, char *message,
			     size_t message_cap);

/* Reads a google.rpc.Status, the body of a failed export. 0, or GT_EBAD when it cannot be decoded. */
int gt_otlp_pb_read_status(const uint8_t *p, size_t len, char *message, size_t message_cap);

/* The delay, in nanoseconds, of the google.rpc.RetryInfo among the details of a google.rpc.Status. -1 when it is
 * missing or cannot be read. */
int64_t gt_otlp_pb_read_retry_delay(const uint8_t *p, size_t len);

#endif
