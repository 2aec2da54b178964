/*
 * A batch as one line of OTLP/JSON (TracesData), as the file exporter of the OpenTelemetry specification writes it. Pure.
 */
#ifndef GT_OTLP_JSON_H
#define GT_OTLP_JSON_H

#include "sink.h"

/* Gives a malloc'd line ending in a newline, `*len` bytes, or NULL when there is no memory for it or it would be longer than
 * 64 MiB. The batch has spans. */
char *gt_otlp_json_encode(const struct gt_batch_view *batch, size_t *len);

#endif
