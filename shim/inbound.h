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
#include "shim/served.h"
#include "shim/shared/exchange.h"

struct gt_conn;
struct gt_http1_event;

/* The bits of `pending` that count; the others, from GT_INBOUND_FLAGS on, are the flags. */
#define GT_INBOUND_COUNT       63U
#define GT_INBOUND_FLAGS       6
#define GT_INBOUND_PENDING_MAX (64 - GT_INBOUND_FLAGS)

struct gt_inbound {
	/* The requests that are read and not answered: how many, and for each, oldest first, whether its answer has no
	 * body because the method is HEAD. The thread with is_rx_busy adds, that with is_tx_busy removes. */
	_Atomic uint64_t pending;

	/* Counts the requests that were read in this slot; its lower bits name the latest. Any thread reads it. */
	_Atomic uint32_t request;

	/* The trace context in which the latest request is served, under the note of that request. The thread with
	 * is_rx_busy puts it there at the head, or for a certain MCP request at its end. */
	struct gt_served_cell served;

	/* Of the current request, for the thread with is_rx_busy. */
	bool is_certain;	      /* the head alone decides that there will be a span */
	bool has_client_context;      /* it carries a valid traceparent */
	struct gt_rpc_scan scan;      /* of its body, when it is MCP */
	struct gt_trace_context span; /* as the exporter knows it */

	/* Of the current answer, for the thread with is_tx_busy. */
	bool is_switch; /* 101 */
	bool is_final;	/* not an interim response (RFC 9110, 15.2), or 101, which ends HTTP on the connection */
};

/* For a new connection, and when a slot becomes free. */
void gt_inbound_init(struct gt_inbound *in);
void gt_inbound_next_request(struct gt_inbound *in);

/* The number of requests that are read and not answered. Any thread. */
static inline unsigned gt_inbound_pending(const struct gt_inbound *in)
{
	/* acquire: pairs with the release that adds or removes one; the context of the request is visible */
	return atomic_load_explicit(&in->pending, memory_order_acquire) & GT_INBOUND_COUNT;
}

/* The connection has ended: no request waits for an answer any more. Any thread. */
void gt_inbound_drop_pending(struct gt_inbound *in);

/* The next answer has no body, whatever its head says. The thread with is_tx_busy. */
bool gt_inbound_answers_head(const struct gt_inbound *in);

/* Events of the framing, with the bytes they were made of: of what was received, and of what was sent. The thread
 * inside that side. */
void gt_inbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);
void gt_inbound_answer(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

#endif
