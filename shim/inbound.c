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

/* ---------------------------------------------------------------- requests that wait for their answers */

void gt_inbound_init(struct gt_inbound *in)
{
	atomic_store_explicit(&in->pending, 0, memory_order_relaxed);
	in->is_final = false;
}

void gt_inbound_next_request(struct gt_inbound *in)
{
	atomic_fetch_add_explicit(&in->request, 1, memory_order_acq_rel);
}

void gt_inbound_drop_pending(struct gt_inbound *in)
{
	atomic_store_explicit(&in->pending, 0, memory_order_relaxed);
}

bool gt_inbound_answers_head(const struct gt_inbound *in)
{
	return atomic_load_explicit(&in->pending, memory_order_acquire) >> GT_INBOUND_FLAGS & 1;
}

/* There are fewer than GT_INBOUND_PENDING_MAX. */
static void add_pending(struct gt_inbound *in, bool is_head)
{
	uint64_t was = atomic_load_explicit(&in->pending, memory_order_relaxed), flag;

	do
		flag = (uint64_t)is_head << (GT_INBOUND_FLAGS + (was & GT_INBOUND_COUNT));
	/* release: makes the request's context visible */
	while (!atomic_compare_exchange_weak_explicit(&in->pending, &was, (was | flag) + 1, memory_order_release,
						      memory_order_relaxed));
}

static void remove_pending(struct gt_inbound *in)
{
	uint64_t was = atomic_load_explicit(&in->pending, memory_order_relaxed), n, flags;

	do {
		n = was & GT_INBOUND_COUNT;
		if (!n)
			return;
		flags = was >> (GT_INBOUND_FLAGS + 1);
		/* release: pairs with the acquire in begin_request(); a fence is emitted after the bytes of this answer */
	} while (!atomic_compare_exchange_weak_explicit(&in->pending, &was, flags << GT_INBOUND_FLAGS | (n - 1),
							memory_order_release, memory_order_relaxed));
}

/* ---------------------------------------------------------------- the context in which a request is served */

static void serve_in(struct gt_conn *c, const struct gt_trace_context *context, bool is_remote, struct gt_str tracestate)
{
	struct gt_served s;

	s.context = *context;
	s.is_remote = is_remote;
	s.tracestate_len = (uint16_t)tracestate.len;
	if (tracestate.len)
		memcpy(s.tracestate, tracestate.p, tracestate.len);
	gt_served_put(&c->in.served, gt_conn_note(c), &s);
}

/* ---------------------------------------------------------------- requests */

/* True when the request matches and was announced. */
static bool announce(struct gt_conn *c, const struct gt_request_view *view)
{
	struct gt_endpoint ep = gt_match_inbound(view);
	struct gt_announced what = { .endpoint = &ep, .stream = gt_conn_stream(c) };
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
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu: received %.*s %.*s matched", (unsigned long long)gt_conn_stream(c),
	       GT_STR_ARG(view->method), GT_STR_ARG(gt_target_path(view->target)));
	c->kept = 0;
	c->in.span = par.span;
	c->in.is_certain = ep.is_certain;
	gt_rpc_scan_init(&c->in.scan);
	if (ep.is_certain)
		serve_in(c, &par.span, false, gt_str_make(par.tracestate, par.tracestate_len));
	return true;
}

/* In the client's own context. */
static void serve_sender(struct gt_conn *c, const struct gt_request_view *view)
{
	struct gt_trace_context sender;

	if (!view->has_traceparent || view->has_two_traceparents || !gt_traceparent_parse(view->traceparent, &sender))
		return;
	serve_in(c, &sender, true,
		 view->has_tracestate && gt_tracestate_is_valid(view->tracestate) ? view->tracestate : GT_STR_NONE);
}

static void begin_request(struct gt_conn *c, const struct gt_http1_head *head)
{
	bool is_head = gt_str_eq(head->method, GT_STR("HEAD")), is_later;
	unsigned before = gt_inbound_pending(&c->in);
	struct gt_request_view view;

	c->is_ours = false;
	if (before == GT_INBOUND_PENDING_MAX) { /* more are pipelined than the flags can tell apart */
		gt_conn_leave(c);
		return;
	}
	atomic_store_explicit(&c->was_http, true, memory_order_relaxed);
	atomic_store_explicit(&c->is_tunnel, gt_str_eq(head->method, GT_STR("CONNECT")), memory_order_relaxed);
	gt_request_view_of(head, &view);
	gt_inbound_next_request(&c->in); /* the note of the request before it is closed */
	c->is_ours = announce(c, &view);
	is_later = c->is_ours && c->in.is_certain;
	if (!c->is_ours && !gt_conn_pass_by(c, is_head, before == 0)) {
		gt_conn_leave(c);
		return;
	}
	if (!is_later)
		serve_sender(c, &view);
	add_pending(&c->in, is_head);
	if (!is_later)
		gt_serving_begin(c);
}

/* The message names a parent of its own. Without memory for the event the span keeps its parent. */
static void move_under(struct gt_conn *c, const struct gt_trace_context *parent)
{
	struct gt_event *e = gt_event_new(GT_EVENT_PARENT, gt_conn_stream(c), sizeof(struct gt_new_parent));
	struct gt_new_parent *reported;
	struct gt_served s;

	if (!e)
		return;
	if (gt_served_get(&c->in.served, gt_conn_note(c), &s)) {
		bool is_same = memcmp(&s.context.trace_id, &parent->trace_id, sizeof(parent->trace_id)) == 0;

		gt_context_under(parent, &s.context);
		/* the tracestate belongs to its trace */
		serve_in(c, &s.context, false, gt_str_make(s.tracestate, is_same ? s.tracestate_len : 0));
	}
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
	if (c->in.is_certain && gt_rpc_scan_asks(&c->in.scan) && gt_inbound_pending(&c->in))
		gt_serving_begin(c);
}

void gt_inbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed) || gt_conn_is_lost(c))
		return; /* bytes before it in the same read ended or lost the connection */
	if (ev->kind == GT_HTTP1_HEAD)
		begin_request(c, &ev->head);
	if (!c->is_ours)
		return;
	if (ev->kind == GT_HTTP1_HEAD)
		gt_conn_keep_head(c, &ev->head, raw, raw_len);
	else if (raw_len)
		gt_conn_keep_request(c, raw, raw_len);
	if (ev->kind == GT_HTTP1_DATA)
		gt_rpc_scan_feed(&c->in.scan, ev->data.p, ev->data.len);
	else if (ev->kind == GT_HTTP1_END)
		end_request(c);
}

/* ---------------------------------------------------------------- answers */

void gt_inbound_answer(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	(void)raw;
	(void)raw_len;
	if (ev->kind == GT_HTTP1_HEAD) {
		c->in.is_switch = ev->head.status == 101; /* RFC 9110, 7.8: another protocol follows */
		c->in.is_final = ev->head.status >= 200 || c->in.is_switch;
	} else if (ev->kind == GT_HTTP1_END && c->in.is_final) {
		remove_pending(&c->in);
		c->tx.http.has_no_body = gt_inbound_answers_head(&c->in); /* the next answer may follow in the same write */
		if (c->in.is_switch)
			gt_conn_leave(c);
	}
}
