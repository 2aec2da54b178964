/*
 * Reads OTLP/JSON: one TracesData per line, as the file exporter of the OpenTelemetry specification writes it. A
 * document may also span several lines, or follow another on the same line. Several processes may have appended to one
 * file.
 *
 * Lenient: accepts integers as numbers or strings and attributes under the names of any version of the conventions, and
 * ignores unknown fields. Lines that are not a JSON object are counted in bad_lines.
 */
#ifndef GT_TRACE_FILE_H
#define GT_TRACE_FILE_H

#include "exporter/command/trace.h"

/* Adds the spans of `content` (borrowed for the call) to the trace and does not link them. Pure. 0, or GT_ENOMEM: the
 * trace keeps what was read. */
int gt_trace_file_parse(struct gt_trace *t, struct gt_str content);

/* Reads the descriptor to its end, parses and links. 0, GT_ENOMEM, GT_ETOOBIG (over 1 GiB), or GT_EIO (errno has the
 * reason). The trace is usable whatever the result. */
int gt_trace_file_load(struct gt_trace *t, int fd);

/* The reason of a failure above, for a message. For GT_EIO it is that of errno. */
const char *gt_trace_file_reason(int result);

#endif
