/*
 * How bytes pass through a connection.
 *
 *   gt_tx_begin	examines a write before it is made. When it holds the end of a matching request head, gentap makes
 *			a plan: ids, the BEGIN event, and a splice that adds header lines. BEGIN is emitted at once, so that
 *			it precedes what another thread may receive.
 *   the real call	is made by the hook, with the splice laid out.
 *   gt_tx_end		feeds the accepted bytes to the framing, which passes the request to the exporter.
 *   gt_rx		copies what was received.
 *
 * Inbound: the receive side parses requests, and the transmit side parses responses to learn when they end. For
 * matching requests both are copied. gentap changes neither.
 */
#include "shim/conn_events.h"
#include "shim/conn_state.h"
#include "shim/handoff.h"
#include "shim/readable.h"
#include "shim/shared/compiler.h"

typedef void event_fn(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

/* Feeds one side. `on` gets every event with its bytes; a head that arrives in pieces is joined first. False when this
 * is not HTTP/1, or when memory, or the share of it, does not suffice to join a head. */
static bool follow(struct gt_conn *c, struct gt_conn_side *s, const char *p, size_t len, event_fn *on)
{
	struct gt_http1_event ev;
	ssize_t used;

	do {
		if (s->head) {
			size_t had = s->head->len, n = GT_EVENT_ROOM_MAX - had < len ? GT_EVENT_ROOM_MAX - had : len;

			memcpy(s->head->data + had, p, n);
			used = gt_http1_feed(&s->http, s->head->data, had + n, &ev);
			if (used < 0)
				return false;
			if (ev.kind == GT_HTTP1_MORE) {
				s->head->len += (uint32_t)n;
				return true;
			}
			on(c, &ev, s->head->data, (size_t)used);
			gt_conn_drop_head(c, s);
			p += (size_t)used - had;
			len -= (size_t)used - had;
			continue;
		}
		used = gt_http1_feed(&s->http, p, len, &ev);
		if (used < 0)
			return false;
		on(c, &ev, p, (size_t)used);
		p += used;
		len -= (size_t)used;
	} while (ev.kind != GT_HTTP1_MORE);
	if (!len)
		return true;
	if (s == &c->rx && !gt_conn_take_share())
		return false;
	s->head = gt_event_new(GT_EVENT_SCRATCH, 0, GT_EVENT_ROOM_MAX);
	if (!s->head) {
		if (s == &c->rx)
			gt_conn_give_share();
		return false;
	}
	memcpy(s->head->data, p, len); /* shorter than GT_CONN_HEAD_MAX: the framing refuses longer heads */
	s->head->len = (uint32_t)len;
	return true;
}

void gt_tx_begin(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change)
{
	*t = (struct gt_tx){ .c = NULL };
	if (gt_conn_is_over(c))
		return;
	/* acquire: pairs with the release in gt_tx_end(); makes the last writer's state visible */
	if (atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	t->c = c;
	if (c->role == GT_ROLE_INBOUND)
		return;
	if (c->out.splice.sent || atomic_load_explicit(&c->has_ended, memory_order_relaxed)) {
		/* the decision about this head is final, whatever follows */
		t->has_splice = gt_splice_is_active(&c->out.splice);
	} else if (gt_http1_wants_head(&c->tx.http)) {
		t->at = gt_mono_now();
		t->wall = gt_wall_now();
		/* with TLS a bad pointer needs no check: OpenSSL would crash on it as well */
		if (c->is_tls || gt_iov_is_readable(iov, n, GT_CONN_HEAD_MAX))
			t->has_splice = gt_outbound_plan(t, c, iov, n, may_change);
	}
}

void gt_tx_await_retry(struct gt_conn *c, bool awaits)
{
	atomic_store_explicit(&c->out.is_text_due, awaits || (c->out.splice.sent && gt_splice_is_active(&c->out.splice)),
			      memory_order_relaxed);
}

void gt_tx_give_up(struct gt_conn *c)
{
	if (!atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		c->out.splice = (struct gt_splice){ 0 };
		atomic_store_explicit(&c->is_tx_busy, false, memory_order_release);
	}
	gt_tx_await_retry(c, false);
	gt_conn_lose(c);
}

struct gt_splice *gt_tx_splice(struct gt_tx *t)
{
	return &t->c->out.splice;
}

void gt_tx_end(struct gt_tx *t, const struct iovec *iov, int n, size_t accepted)
{
	struct gt_conn *c = t->c;
	struct gt_mono at = { 0 };
	event_fn *on;
	bool copies;

	if (!c)
		return;
	on = c->role == GT_ROLE_INBOUND ? gt_inbound_answer : gt_outbound_request;
	/* acquire: pairs with the release in gt_conn_announce(); these bytes are emitted after BEGIN */
	copies = c->role == GT_ROLE_INBOUND && accepted && atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire);
	if (copies)
		at = gt_mono_now();
	if (c->role == GT_ROLE_INBOUND)
		c->tx.http.has_no_body = gt_inbound_answers_head(&c->in);
	else if (!c->is_tls)
		gt_tx_await_retry(c, false);
	for (int i = 0; i < n && accepted && !atomic_load_explicit(&c->has_ended, memory_order_relaxed); i++) {
		size_t part = iov[i].iov_len < accepted ? iov[i].iov_len : accepted;

		if (part && copies)
			gt_conn_copy_answer(c, at, iov[i].iov_base, part);
		if (part && !follow(c, &c->tx, iov[i].iov_base, part, on))
			gt_conn_lose(c);
		accepted -= part;
	}
	atomic_store_explicit(&c->is_tx_busy, false, memory_order_release);
}

void gt_tx_unseen(struct gt_conn *c, size_t len)
{
	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed))
		return;
	if (atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	if (!gt_http1_skip(&c->tx.http, len) ||
	    !follow(c, &c->tx, "", 0, c->role == GT_ROLE_INBOUND ? gt_inbound_answer : gt_outbound_request))
		gt_conn_lose(c);
	else if (c->role == GT_ROLE_OUTBOUND && c->is_ours && c->kept != UINT64_MAX)
		gt_conn_keep_no_more(c);
	else if (c->role == GT_ROLE_INBOUND && atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire))
		c->gap += len;
	atomic_store_explicit(&c->is_tx_busy, false, memory_order_release);
}

bool gt_rx_is_wanted(struct gt_conn *c)
{
	return c->role == GT_ROLE_INBOUND || atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire);
}

void gt_rx(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	struct gt_mono at = gt_mono_now();

	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed))
		return;
	if (atomic_exchange_explicit(&c->is_rx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	if (c->role == GT_ROLE_OUTBOUND)
		atomic_store_explicit(&c->out.has_rx, true, memory_order_relaxed);
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (c->role == GT_ROLE_OUTBOUND) {
			gt_conn_copy_answer(c, at, iov[i].iov_base, part);
		} else if (part && !follow(c, &c->rx, iov[i].iov_base, part, gt_inbound_request)) {
			gt_conn_lose(c);
			break;
		}
		len -= part;
	}
	atomic_store_explicit(&c->is_rx_busy, false, memory_order_release);
}
