/*
 * Reading OTLP/JSON: one TracesData per line, as the file exporter of the OpenTelemetry specification writes it, or written
 * over several lines, or one after the other; several processes may have appended to one file.
 *
 * Generous in what it takes: integers as numbers or strings, attributes under any name a generation of the conventions gave
 * them, unknown fields passed over. What is not JSON is counted in bad_lines.
 */
#ifndef GT_TRACE_FILE_H
#define GT_TRACE_FILE_H

#include "exporter/command/trace.h"

/* Adds the spans of `content` (borrowed for the call) to the trace; not linked yet. 0, or GT_ENOMEM: what was read stays. */
int gt_trace_file_parse(struct gt_trace *t, struct gt_str content);

/* Reads the descriptor to its end, parses and links. 0, GT_ENOMEM, GT_ETOOBIG, or GT_EIO (errno tells). The trace is good to
 * use whatever was returned. */
int gt_trace_file_load(struct gt_trace *t, int fd);

/* For a message: what one of the results above means. */
const char *gt_trace_file_reason(int result);

#endif
