/*
 * Finds calls that were recorded twice. Pure.
 *	- A call of a model below another call of the same model: the second record is the application's own
 *	  instrumentation, or the other end of the wire.
 *	- A call that was answered later, and the read that fetched the answer: the read has the tokens, so it is the call.
 */
#ifndef GT_REPEATS_H
#define GT_REPEATS_H

#include "exporter/command/trace_span.h"

/* True for a span that is a call of a model: neither of an MCP peer, nor an operation around calls. */
bool gt_is_model_call(const struct gt_trace_span *s);

/* True for a span with tokens or a cost. */
bool gt_has_use(const struct gt_trace_span *s);

/* True for a span that reads what another exchange has started: a response, a run, a batch. */
bool gt_is_read(const struct gt_trace_span *s);

/* Sets is_repeat of every span. The spans have their parents, without cycles. Returns 0 or GT_ENOMEM. Walks the tree once
 * and without recursion: a chain may have as many levels as there are spans. */
int gt_repeats_mark(struct gt_trace_span *spans, uint32_t n);

#endif
