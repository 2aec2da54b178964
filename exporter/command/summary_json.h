/*
 * The summary for programs: one JSON object on one line. Pure.
 *
 *	gentap, command, start_unix_nano, duration_s, exit_code or signal, bad_lines
 *	total {calls, errors, input_tokens, cached_tokens, output_tokens, cost_usd, calls_without_cost}
 *	mcp {calls, errors}
 *	models [{model, provider, ... as total}]
 *	spans [{trace_id, span_id, parent_span_id, name, kind, service, pid, provider, model, start_unix_nano,
 *		duration_s, time_to_first_chunk_s, input_tokens, cached_tokens, output_tokens, cost_usd, error,
 *		incomplete}]
 *
 * Unknown values are left out. Times in nanoseconds are strings, as in OTLP/JSON. Strings contain no character that
 * could control a terminal.
 */
#ifndef GT_SUMMARY_JSON_H
#define GT_SUMMARY_JSON_H

#include "exporter/base/text.h"
#include "exporter/command/run.h"
#include "exporter/command/trace.h"

/* Adds the object and a newline to `out`. `t` is linked. 0 or GT_ENOMEM. */
int gt_summary_json(struct gt_text *out, const struct gt_run *run, const struct gt_trace *t);

#endif
