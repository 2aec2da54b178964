/*
 * Inbound connections: this process is the server. Nothing is added to what passes.
 *
 * Each request is followed for its trace context, so that calls the same thread makes meanwhile become children of it
 * (serving.h). Requests of MCP get a span of their own.
 */
#ifndef GT_INBOUND_H
#define GT_INBOUND_H

#include <stdatomic.h>

#include "shim/rpc_scan.h"
#include "shim/shared/exchange.h"

struct gt_conn;
struct gt_http1_event;

struct gt_inbound {
	_Atomic uint32_t unanswered; /* requests read minus responses sent */

	/* The trace context of the request that is served. The thread with is_rx_busy writes it. It clears `has_served`
	 * before it raises `unanswered` (release), and sets `has_served` (release) after the rest: at once, or for an
	 * MCP request at its end. */
	_Atomic bool has_served;
	bool is_served_ours; /* the context is that of the request's own span; else the client's */
	struct gt_trace_context served;
	struct gt_event *served_state; /* owned; the context's tracestate, or NULL */

	/* Of the current request, for the thread with is_rx_busy. */
	bool is_head;		      /* its method is HEAD; the thread with is_tx_busy reads it too */
	bool is_certain;	      /* the head alone decides that there will be a span */
	bool has_client_context;      /* it carries a valid traceparent */
	struct gt_rpc_scan scan;      /* of its body, when it is MCP */
	struct gt_trace_context span; /* as the exporter knows it */

	/* Of the current answer, for the thread with is_tx_busy. */
	bool is_final; /* not an interim response (RFC 9110, 15.2), or 101, which ends HTTP on the connection */
};

/* Events of the framing, with the bytes they were made of: of what was received, and of what was sent. The thread
 * inside that side. */
void gt_inbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);
void gt_inbound_answer(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

#endif
