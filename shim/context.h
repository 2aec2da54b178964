/*
 * The trace context of a new span, and the header lines that carry it to the server.
 *
 * The parent is the first that exists: the traceparent that the application put on the request; the inbound request
 * that this thread serves; TRACEPARENT in the environment. Otherwise the span is a root; under `gentap -- CMD` all
 * roots of a run share one trace id. Ids are final when the request passes: gentap exports the ids that it injected.
 *
 * Application threads; lock-free. The constructor calls gt_context_init once.
 */
#ifndef GT_CONTEXT_H
#define GT_CONTEXT_H

#include "shim/shared/match.h"
#include "shim/shared/sampler.h"

struct gt_parentage {
	struct gt_trace_context span; /* ids of the new span */
	struct gt_span_id parent;     /* all zero: root */
	bool parent_is_remote;
	uint16_t tracestate_len; /* 0: the parent has no tracestate */
	char tracestate[GT_TRACESTATE_MAX];
};

void gt_context_init(void);

/* Makes a span's ids for a matched request. */
void gt_context_new(const struct gt_request_view *request, struct gt_parentage *out);

/* The same for a request that this process received. The parent is the span that the client sent, else TRACEPARENT in
 * the environment. True when the client sent a parent. */
bool gt_context_received(const struct gt_request_view *request, struct gt_parentage *out);

/* Moves a span under a parent that became known later: sets trace id and flags, keeps the span id. */
void gt_context_under(const struct gt_trace_context *parent, struct gt_trace_context *span);

/* Writes the lines to add to a request, each with CR LF: traceparent, then tracestate and baggage where there are
 * values and the request has none. Returns 0 when gentap adds nothing: the application sends its own traceparent, or
 * propagation is off. A `cap` of gt_context_lines_max() always suffices. */
size_t gt_context_lines(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap);
size_t gt_context_lines_max(void);

/* The same as fields of HTTP/2: literals that are never indexed (RFC 7541, 6.2.3). */
size_t gt_context_fields(const struct gt_parentage *p, const struct gt_request_view *request, char *out, size_t cap);
size_t gt_context_fields_max(void);

#endif
