/*
 * Each request is followed for its traceparent: calls that the serving thread makes meanwhile become children of that
 * context.
 *
 * An MCP request has a span of its own. Where the head alone is certain to lead to a span, calls become children of
 * that span instead. Such a request is served from its last byte on. Only then is it known whether it asks for
 * anything, and whether params._meta names a parent: a context there precedes that of the HTTP request (MCP
 * conventions). A listener and an answer are not served.
 */
#include "shim/inbound.h"

#include "shim/conn_events.h"
#include "shim/conn_state.h"
#include "shim/handoff.h"
#include "shim/serving.h"
#include "shim/shared/compiler.h"
#include "shim/shared/log.h"
#include "shim/socket_id.h"

static void keep_state(struct gt_conn *c, struct gt_str tracestate)
{
	if (!tracestate.len)
		return;
	c->in.served_state = gt_event_new(GT_EVENT_SCRATCH, 0, tracestate.len);
	if (!c->in.served_state)
		return;
	memcpy(c->in.served_state->data, tracestate.p, tracestate.len);
	c->in.served_state->len = (uint32_t)tracestate.len;
}

static void drop_state(struct gt_conn *c)
{
	if (c->in.served_state)
		gt_event_free(c->in.served_state);
	c->in.served_state = NULL;
}

static void serve_in(struct gt_conn *c, const struct gt_trace_context *context, bool is_ours)
{
	c->in.served = *context;
	c->in.is_served_ours = is_ours;
	/* release: pairs with the acquire in gt_conn_served_context() */
	atomic_store_explicit(&c->in.has_served, true, memory_order_release);
}

/* ---------------------------------------------------------------- requests */

/* True when the request matches and was announced. */
static bool announce(struct gt_conn *c, const struct gt_request_view *view)
{
	struct gt_endpoint ep = gt_match_inbound(view);
	struct gt_announced what = { .endpoint = &ep };
	char peer[GT_SOCKET_PEER_MAX];
	struct gt_parentage par;

	if (ep.api == GT_API_NONE)
		return false;
	what.at = gt_mono_now();
	what.wall = gt_wall_now();
	what.parentage = &par;
	c->in.has_client_context = gt_context_received(view, &par);
	if (c->socket && gt_socket_number(c->fd) == c->socket)
		what.host = gt_str_make(peer, gt_socket_peer(c->fd, peer, &what.port));
	if (!gt_conn_announce(c, &what))
		return false;
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu: received %.*s %.*s matched", (unsigned long long)c->stream,
	       GT_STR_ARG(view->method), GT_STR_ARG(gt_target_path(view->target)));
	c->kept = 0;
	c->in.span = par.span;
	c->in.is_certain = ep.is_certain;
	gt_rpc_scan_init(&c->in.scan);
	if (ep.is_certain)
		keep_state(c, gt_str_make(par.tracestate, par.tracestate_len));
	return true;
}

/* In the client's own context. */
static void serve_sender(struct gt_conn *c, const struct gt_request_view *view)
{
	struct gt_trace_context sender;

	if (!view->has_traceparent || view->has_two_traceparents || !gt_traceparent_parse(view->traceparent, &sender))
		return;
	if (view->has_tracestate && gt_tracestate_is_valid(view->tracestate))
		keep_state(c, view->tracestate);
	serve_in(c, &sender, false);
}

static void begin_request(struct gt_conn *c, const struct gt_http1_head *head)
{
	uint32_t before = atomic_load_explicit(&c->in.unanswered, memory_order_acquire);
	struct gt_request_view view;
	bool is_later;

	gt_request_view_of(head, &view);
	atomic_store_explicit(&c->in.has_served, false, memory_order_relaxed);
	drop_state(c);
	c->in.is_head = gt_str_eq(head->method, GT_STR("HEAD"));
	c->is_ours = announce(c, &view);
	is_later = c->is_ours && c->in.is_certain;
	if (!c->is_ours && !gt_conn_pass_by(c, c->in.is_head, before == 0))
		gt_conn_lose(c);
	if (!is_later)
		serve_sender(c, &view);
	/* release: pairs with gt_conn_is_serving(); makes the context above visible */
	atomic_fetch_add_explicit(&c->in.unanswered, 1, memory_order_release);
	if (!is_later)
		gt_serving_begin(c);
}

/* The message names a parent of its own. Without memory for the event the span keeps its parent. */
static void move_under(struct gt_conn *c, const struct gt_trace_context *parent)
{
	struct gt_event *e = gt_event_new(GT_EVENT_PARENT, c->stream, sizeof(struct gt_new_parent));
	struct gt_new_parent *reported;

	if (!e)
		return;
	if (memcmp(&c->in.span.trace_id, &parent->trace_id, sizeof(parent->trace_id)) != 0)
		drop_state(c); /* it belongs to the other trace */
	gt_context_under(parent, &c->in.span);
	reported = (struct gt_new_parent *)e->data;
	*reported = (struct gt_new_parent){ .context = c->in.span,
					    .parent = parent->span_id,
					    .has_link = c->in.has_client_context };
	e->len = sizeof(*reported);
	gt_handoff_put(e);
}

static void end_request(struct gt_conn *c)
{
	if (c->in.scan.has_context && !c->in.scan.is_batch)
		move_under(c, &c->in.scan.context);
	if (!c->in.is_certain || !gt_rpc_scan_asks(&c->in.scan) ||
	    !atomic_load_explicit(&c->in.unanswered, memory_order_relaxed))
		return;
	serve_in(c, &c->in.span, true);
	gt_serving_begin(c);
}

void gt_inbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	if (ev->kind == GT_HTTP1_HEAD)
		begin_request(c, &ev->head);
	if (!c->is_ours)
		return;
	if (raw_len)
		gt_conn_keep_request(c, raw, raw_len);
	if (ev->kind == GT_HTTP1_DATA)
		gt_rpc_scan_feed(&c->in.scan, ev->data.p, ev->data.len);
	else if (ev->kind == GT_HTTP1_END)
		end_request(c);
}

/* ---------------------------------------------------------------- answers */

void gt_inbound_answer(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	uint32_t n = atomic_load_explicit(&c->in.unanswered, memory_order_relaxed);

	(void)raw;
	(void)raw_len;
	if (ev->kind == GT_HTTP1_HEAD) {
		c->in.is_final = ev->head.status >= 200 || ev->head.status == 101;
	} else if (ev->kind == GT_HTTP1_END && c->in.is_final) {
		/* release: pairs with the acquire in begin_request(); a fence is emitted after the bytes of this answer */
		while (n && !atomic_compare_exchange_weak_explicit(&c->in.unanswered, &n, n - 1, memory_order_release,
								   memory_order_relaxed))
			;
	}
}
