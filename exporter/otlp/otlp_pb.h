/*
 * A batch as an OTLP ExportTraceServiceRequest in protobuf. Pure.
 */
#ifndef GT_OTLP_PB_H
#define GT_OTLP_PB_H

#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

/* Puts the message, `*len` bytes, into the caller's arena; `*len` is 0 when there are no spans. 0, GT_ENOMEM, or GT_ETOOBIG
 * beyond `max` bytes. */
int gt_otlp_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out, size_t *len);

/* Reads an Export...ServiceResponse of any signal. `rejected` is 0 and `message` empty for a full success. GT_EBAD when
 * unreadable. Messages are shortened and fit to be logged. (`unused`: JSON needs a name there.) */
int gt_otlp_pb_read_response(const uint8_t *p, size_t len, const char *unused, int64_t *rejected, char *message,
			     size_t message_cap);

/* Reads a google.rpc.Status, the body of a failure; GT_EBAD when it is not one. */
int gt_otlp_pb_read_status(const uint8_t *p, size_t len, char *message, size_t message_cap);

/* The delay of the google.rpc.RetryInfo among a google.rpc.Status's details; -1 when there is none that can be read. */
int64_t gt_otlp_pb_read_retry_delay(const uint8_t *p, size_t len);

#endif
