/*
 * The event gen_ai.client.inference.operation.details of each inference span, as an OTLP ExportLogsServiceRequest.
 * Pure.
 */
#ifndef GT_OTLP_EVENTS_H
#define GT_OTLP_EVENTS_H

#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

#define GT_EVENT_NAME "gen_ai.client.inference.operation.details"

/* How many of the first `n` spans have an event. A batch for an event sink has this number as its `n`. */
uint32_t gt_otlp_events_of(const struct gt_span *first, uint32_t n);

/* As gt_otlp_pb_encode. The batch's `n` counts events; spans without an event are skipped. */
int gt_otlp_events_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
			     size_t *len);
int gt_otlp_events_json_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
			       size_t *len);

#endif
