/*
 * Finds calls that were recorded twice: a call of a model below another call of the same model. The second record is the
 * application's own instrumentation, or the other end of the wire. Pure.
 */
#ifndef GT_REPEATS_H
#define GT_REPEATS_H

#include "exporter/command/trace_span.h"

/* True for a span that is a call of a model: neither of an MCP peer, nor an operation around calls. */
bool gt_is_model_call(const struct gt_trace_span *s);

/* Sets is_repeat of every span. The spans have their parents, without cycles. Returns 0 or GT_ENOMEM. Walks the tree once
 * and without recursion: a chain may have as many levels as there are spans. */
int gt_repeats_mark(struct gt_trace_span *spans, uint32_t n);

#endif
