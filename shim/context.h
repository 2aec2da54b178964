/*
 * Where a span belongs, and the header lines that say so to the other side.
 *
 * The parent is the first that exists: a traceparent the application put on the request itself; the one inbound request this
 * thread is serving; TRACEPARENT in the environment; else the span is a root (under `gentap -- CMD` all roots of a run share
 * one trace id). Ids are final when a request passes: what is injected is what will be exported.
 *
 * Application threads; lock-free; gt_context_init is called once from the constructor.
 */
#ifndef GT_CONTEXT_H
#define GT_CONTEXT_H

#include "shim/shared/match.h"
#include "shim/shared/sampler.h"

struct gt_parentage {
	struct gt_trace_context span; /* of the new span */
	struct gt_span_id parent;     /* all zero: root */
	bool parent_is_remote;
	uint16_t tracestate_len; /* of the parent's tracestate, 0 when there is none */
	char tracestate[GT_TRACESTATE_MAX];
};

void gt_context_init(void);

/* Makes a span's ids for a matched request. */
void gt_context_new(const struct gt_request_view *request, struct gt_parentage *out);

/* The same for a request that this process has received: its parent is the sender's span, else TRACEPARENT in the environment,
 * which is the parent of everything this process does. True when the request has named one. */
bool gt_context_received(const struct gt_request_view *request, struct gt_parentage *out);

/* Puts a span under a parent that became known later: sets its trace id and flags, keeps its own id. */
void gt_context_under(const struct gt_trace_context *parent, struct gt_trace_context *span);

/* Writes the lines to add to a request, each ending in CR LF: traceparent, then tracestate and baggage where there are any
 * and the request has none. 0 when nothing may be added (the application's own traceparent stands, or propagation is off).
 * `cap` of gt_context_lines_max() always suffices. */
size_t gt_context_lines(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap);
size_t gt_context_lines_max(void);

#endif
