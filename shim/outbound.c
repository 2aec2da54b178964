/*
 * A plan survives a write that was refused whole (EAGAIN, WANT_WRITE). The application offers the same head again, and
 * must get the same ids: TLS may have encrypted them already.
 */
#include "shim/outbound.h"

#include "shim/conn_events.h"
#include "shim/conn_state.h"
#include "shim/handoff.h"
#include "shim/shared/compiler.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/unread.h"

void gt_outbound_drop_plan(struct gt_outbound *out)
{
	out->plan = (struct gt_plan){ .state = GT_UNDECIDED };
	out->splice = (struct gt_splice){ 0 };
}

void gt_outbound_init(struct gt_outbound *out)
{
	gt_outbound_drop_plan(out);
	out->is_offer_sent = false;
	atomic_store_explicit(&out->has_rx, false, memory_order_relaxed);
	atomic_store_explicit(&out->is_text_due, false, memory_order_relaxed);
	atomic_store_explicit(&out->is_offered, false, memory_order_relaxed);
	atomic_store_explicit(&out->offers_socket, false, memory_order_relaxed);
	atomic_store_explicit(&out->is_socket, false, memory_order_relaxed);
}

/* ---------------------------------------------------------------- another protocol on the same connection */

/* RFC 9110, 7.8: an offer changes nothing until the server agrees to it with a 101. After that the connection speaks
 * another protocol, whose bytes may look like a request (a line typed into a container's shell). */
static void offer(struct gt_conn *c)
{
	if (atomic_load_explicit(&c->out.is_offered, memory_order_acquire))
		return;
	c->out.is_offer_sent = false; /* what an earlier offer was answered is known */
	c->out.scan = (struct gt_status_scan){ 0 };
	atomic_store_explicit(&c->out.offers_socket, false, memory_order_relaxed);
	/* release: pairs with the acquire in gt_outbound_watch_answer(); hands `scan` over */
	atomic_store_explicit(&c->out.is_offered, true, memory_order_release);
}

/* A head has left. False when an earlier offer waits for its answer: these bytes may be another protocol's. */
static bool settle_offer(struct gt_conn *c, bool is_offer)
{
	/* acquire: pairs with the release in gt_outbound_watch_answer() */
	if (c->out.is_offer_sent && atomic_load_explicit(&c->out.is_offered, memory_order_acquire))
		return false;
	if (is_offer)
		offer(c);
	else /* it was only planned: the application has sent another request instead */
		atomic_store_explicit(&c->out.is_offered, false, memory_order_relaxed);
	c->out.is_offer_sent = is_offer;
	return true;
}

void gt_outbound_watch_answer(struct gt_conn *c, const char *p, size_t len)
{
	int status;

	if (!atomic_load_explicit(&c->out.is_offered, memory_order_acquire) ||
	    atomic_load_explicit(&c->out.is_socket, memory_order_relaxed))
		return;
	status = gt_status_scan_feed(&c->out.scan, p, len);
	if (status == 101 && atomic_load_explicit(&c->out.offers_socket, memory_order_relaxed))
		/* release: pairs with the acquire in gt_outbound_is_socket() */
		atomic_store_explicit(&c->out.is_socket, c->out.scan.is_head_over, memory_order_release);
	else if (status == 101 || status < 0)
		gt_conn_leave(c);
	else if (status > 0)
		/* release: pairs with the acquire in settle_offer(); gives `scan` back */
		atomic_store_explicit(&c->out.is_offered, false, memory_order_release);
}

/* ---------------------------------------------------------------- requests */

/* FNV-1a, only to recognise a refused head that is offered again. */
static uint64_t digest_of(const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ULL;
	return h ^ len;
}

struct gt_str gt_outbound_host(const struct gt_conn *c, const struct gt_request_view *view, uint16_t *port)
{
	struct gt_str host;

	gt_host_split(view->host, &host, port);
	if (!*port)
		*port = c->is_tls ? 443 : 80;
	if (c->peer_len)
		host = gt_conn_peer(c);
	return host.len > 255 ? GT_STR_NONE : host;
}

/* Makes the splice. False when there is nothing to add or no memory. */
static bool plan_lines(struct gt_conn *c, const struct gt_request_view *view, const struct gt_parentage *par, uint64_t at)
{
	size_t len;

	gt_conn_drop_event(&c->out.lines);
	c->out.lines = gt_event_new(GT_EVENT_SCRATCH, 0, gt_context_lines_max());
	if (!c->out.lines)
		return false;
	len = gt_context_lines(par, view, c->out.lines->data, gt_context_lines_max());
	if (!len)
		return false;
	gt_splice_start(&c->out.splice, c->out.lines->data, (uint32_t)len, at);
	return true;
}

/* Decides about a complete head, and announces the exchange when it matches. `insert_at` is the offset in this write at
 * which lines may be added, or -1. */
static void decide(struct gt_conn *c, const struct gt_http1_head *head, int64_t insert_at, const struct gt_tx *t)
{
	struct gt_announced what = { .at = t->at, .wall = t->wall, .stream = gt_conn_stream(c) };
	struct gt_request_view view;
	struct gt_parentage par;
	struct gt_endpoint ep;

	gt_stat_add(GT_STAT_REQUESTS, 1);
	gt_request_view_of(head, &view);
	if (view.has_upgrade)
		offer(c); /* before the write: another thread may read the answer before it returns */
	ep = gt_match(&view, gt_conn_peer(c));
	c->out.plan.state = GT_NOT_OURS;
	if (ep.api == GT_API_NONE) {
		gt_unread_request(&view);
		return;
	}
	gt_context_new(&view, &par);
	what.endpoint = &ep;
	what.parentage = &par;
	what.host = gt_outbound_host(c, &view, &what.port);
	what.is_injected = !view.has_traceparent && insert_at >= 0 && plan_lines(c, &view, &par, (uint64_t)insert_at);
	if (!gt_conn_announce(c, &what)) {
		c->out.splice = (struct gt_splice){ 0 };
		return;
	}
	if (!view.has_traceparent)
		gt_stat_add(what.is_injected ? GT_STAT_INJECTED : GT_STAT_NOT_INJECTED, 1);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu: %.*s %.*s host %.*s matched (api %d)%s",
	       (unsigned long long)gt_conn_stream(c), GT_STR_ARG(view.method), GT_STR_ARG(gt_target_path(view.target)),
	       GT_STR_ARG(view.host), ep.api, gt_splice_is_active(&c->out.splice) ? ", adding traceparent" : "");
	c->out.plan.state = GT_OURS;
	/* before the write, and thus before the answer */
	atomic_store_explicit(&c->out.offers_socket, gt_api_is_socket(ep.api) && !c->is_bare, memory_order_relaxed);
}

bool gt_outbound_is_socket(const struct gt_conn *c)
{
	/* acquire: pairs with the release in gt_outbound_watch_answer() */
	return atomic_load_explicit(&c->out.is_socket, memory_order_acquire);
}

void gt_outbound_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed) ||
	    atomic_load_explicit(&c->is_adrift, memory_order_relaxed))
		return; /* bytes before it in the same write ended or lost the connection */
	if (ev->kind == GT_HTTP1_HEAD) {
		bool is_tunnel = gt_str_eq(ev->head.method, GT_STR("CONNECT"));

		if (!settle_offer(c, gt_http1_field(&ev->head, GT_STR("upgrade")).p != NULL)) {
			gt_conn_leave(c);
			return;
		}
		atomic_store_explicit(&c->was_http, true, memory_order_relaxed);
		atomic_store_explicit(&c->is_tunnel, is_tunnel, memory_order_relaxed);
		if (c->out.plan.state == GT_UNDECIDED) {
			/* a second request in one write, or a head whose end came in another write: followed, not changed */
			struct gt_tx t = { .c = c, .at = gt_mono_now(), .wall = gt_wall_now() };

			decide(c, &ev->head, -1, &t);
		}
		c->is_ours = c->out.plan.state == GT_OURS;
		c->kept = 0;
		if (!c->is_ours) {
			bool no_body = gt_str_eq(ev->head.method, GT_STR("HEAD"));

			/* the application begins another request, so it has received the answer */
			if (!gt_conn_pass_by(c, no_body, atomic_load_explicit(&c->out.has_rx, memory_order_relaxed)))
				gt_conn_leave(c);
		}
		c->out.plan.state = GT_UNDECIDED;
		c->out.splice = (struct gt_splice){ 0 };
	}
	if (c->is_ours && ev->kind == GT_HTTP1_HEAD)
		gt_conn_keep_head(c, &ev->head, raw, raw_len);
	else if (c->is_ours && raw_len)
		gt_conn_keep_request(c, raw, raw_len);
}

/* Finds the head that ends in this write. Returns its bytes in contiguous memory, or NULL. `before` is how many of them
 * earlier writes have sent. `scratch` is set when memory was needed; the caller drops it. */
static const char *gather_head(struct gt_conn *c, const struct iovec *iov, int n, size_t *len, size_t *before,
			       struct gt_event **scratch)
{
	struct gt_event *e = c->tx.head;
	size_t fill;

	*before = e ? e->len : 0;
	while (n && !iov->iov_len) {
		iov++;
		n--;
	}
	if (!n)
		return NULL;
	if (!e) {
		struct gt_http1_head head;

		*len = iov->iov_len < GT_CONN_HEAD_MAX ? iov->iov_len : GT_CONN_HEAD_MAX;
		if (n == 1 || gt_http1_parse_head(GT_HTTP1_REQUEST, iov->iov_base, *len, NULL, &head) != 0)
			return iov->iov_base;
		e = *scratch = gt_event_new_private();
		if (!e)
			return NULL;
	}
	fill = *before;
	for (int i = 0; i < n && fill < GT_EVENT_ROOM_MAX; i++) {
		size_t part = iov[i].iov_len < GT_EVENT_ROOM_MAX - fill ? iov[i].iov_len : GT_EVENT_ROOM_MAX - fill;

		if (part)
			memcpy(e->data + fill, iov[i].iov_base, part);
		fill += part;
	}
	*len = fill;
	return e->data;
}

bool gt_outbound_plan(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change)
{
	struct gt_event *scratch = NULL;
	struct gt_http1_head head;
	size_t len = 0, before = 0, skip = 0;
	const char *p;
	uint64_t digest;
	ssize_t got = -1;
	bool in_hand;

	if (!gt_iov_len(iov, n))
		return false;
	p = gather_head(c, iov, n, &len, &before, &scratch);
	while (p && !before && skip < len && (p[skip] == '\r' || p[skip] == '\n'))
		skip++;
	if (p)
		got = gt_http1_parse_head(GT_HTTP1_REQUEST, p + skip, len - skip, NULL, &head);
	if (got == 0) {
		/* incomplete: a plan for refused bytes is confirmed or dropped when the end of the head comes */
		gt_conn_drop_event(&scratch);
		return false;
	}
	digest = got > 0 ? digest_of(p + skip, (size_t)got) : 0;
	in_hand = got > 0 && may_change && head.has_crlf && head.insert_at + skip >= before;
	if (c->out.plan.state == GT_UNDECIDED || c->out.plan.digest != digest) {
		c->out.splice = (struct gt_splice){ 0 };
		c->out.plan = (struct gt_plan){ .state = GT_UNDECIDED, .digest = digest };
		if (got > 0 && (size_t)got <= GT_CONN_HEAD_MAX)
			decide(c, &head, in_hand ? (int64_t)(head.insert_at + skip - before) : -1, t);
	} else if (in_hand) {
		/* the same head again, perhaps at another offset of the write */
		c->out.splice.at = head.insert_at + skip - before;
	} else {
		c->out.splice = (struct gt_splice){ 0 };
	}
	gt_conn_drop_event(&scratch);
	return gt_splice_is_active(&c->out.splice);
}
