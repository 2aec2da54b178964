/*
 * Metrics as an OTLP ExportMetricsServiceRequest in protobuf. Pure.
 */
#ifndef GT_OTLP_METRICS_PB_H
#define GT_OTLP_METRICS_PB_H

#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"

/* As gt_otlp_pb_encode, for the batch's metrics. */
int gt_otlp_metrics_pb_encode(const struct gt_batch_view *batch, size_t max, struct gt_arena *memory, uint8_t **out,
			      size_t *len);

#endif
