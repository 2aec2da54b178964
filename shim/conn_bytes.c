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
#include "shim/socket_id.h"
#include "shim/unread.h"

typedef void event_fn(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

/* The framing rejects these bytes. A head that is only too long is HTTP all the same. */
static bool refuse(struct gt_conn *c, const char *p, size_t len)
{
	struct gt_http1_head head;

	if (len >= GT_CONN_HEAD_MAX && gt_http1_parse_head(GT_HTTP1_REQUEST, p, GT_CONN_HEAD_MAX - 1, NULL, &head) == 0)
		atomic_store_explicit(&c->was_http, true, memory_order_relaxed);
	return false;
}

/* A block for a head in pieces; NULL without memory, or when other received heads hold the share of it. */
static struct gt_event *new_head(struct gt_conn *c, const struct gt_conn_side *s)
{
	bool is_received = s == &c->rx;
	struct gt_event *e = NULL;

	if (!is_received || gt_conn_take_share())
		e = gt_event_new_private();
	else
		is_received = false;
	if (!e && is_received)
		gt_conn_give_share();
	return e;
}

/* Do these bytes, of the side that carries requests, belong to another file? The hooks missed a close then. */
static bool is_elsewhere(const struct gt_conn *c, const struct gt_conn_side *s)
{
	return s->is_blind && s == (c->role == GT_ROLE_INBOUND ? &c->rx : &c->tx) && c->socket &&
	       gt_socket_number(c->fd) != c->socket;
}

/* Feeds one side. `on` gets every event with its bytes; a head that arrives in pieces is joined first. False when this
 * is not HTTP/1, or when memory, or the share of it, does not suffice to join a head. */
static bool feed(struct gt_conn *c, struct gt_conn_side *s, const char *p, size_t len, event_fn *on)
{
	struct gt_http1_event ev;
	ssize_t used;

	do {
		if (s->head) {
			size_t had = s->head->len, n = GT_EVENT_ROOM_MAX - had < len ? GT_EVENT_ROOM_MAX - had : len;

			memcpy(s->head->data + had, p, n);
			used = gt_http1_feed(&s->http, s->head->data, had + n, &ev);
			if (used < 0)
				return refuse(c, s->head->data, had + n);
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
			return refuse(c, p, len);
		if (ev.kind == GT_HTTP1_HEAD && is_elsewhere(c, s)) {
			gt_conn_leave(c);
			return true;
		}
		on(c, &ev, p, (size_t)used);
		p += used;
		len -= (size_t)used;
	} while (ev.kind != GT_HTTP1_MORE);
	if (!len)
		return true;
	s->head = new_head(c, s);
	if (!s->head) {
		atomic_store_explicit(&c->was_http, true, memory_order_relaxed); /* so far it looks like it */
		return false;
	}
	memcpy(s->head->data, p, len); /* shorter than GT_CONN_HEAD_MAX: the framing refuses longer heads */
	s->head->len = (uint32_t)len;
	return true;
}

static bool is_followed(const struct gt_conn *c)
{
	return !atomic_load_explicit(&c->has_ended, memory_order_relaxed) && !gt_conn_is_lost(c);
}

/* Feeds one side with bytes that passed, until they end or lose the connection. */
static void follow(struct gt_conn *c, struct gt_conn_side *s, const struct iovec *iov, int n, size_t len, event_fn *on)
{
	for (int i = 0; i < n && len && is_followed(c); i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (part && !feed(c, s, iov[i].iov_base, part, on)) {
			/* through an HTTP proxy */
			if (c->role == GT_ROLE_OUTBOUND && s == &c->tx &&
			    atomic_load_explicit(&c->is_tunnel, memory_order_relaxed))
				gt_unread_begin(c->fd, iov[i].iov_base, part);
			gt_conn_lose(c);
		}
		len -= part;
	}
}

static void copy_answer(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	struct gt_mono at = gt_mono_now();

	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (part)
			gt_conn_copy_answer(c, at, iov[i].iov_base, part);
		len -= part;
	}
}

static void pass_answer(struct gt_conn *c, const struct gt_conn_side *s, const struct iovec *iov, int n, size_t len)
{
	if (s->is_blind) {
		if (s->skips_answer)
			gt_conn_skip_answer(c, len);
	} else if (atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire)) {
		/* acquire: pairs with the release in gt_conn_announce(); these bytes are emitted after BEGIN */
		copy_answer(c, iov, n, len);
	}
}

/* ---------------------------------------------------------------- lost connections */

/* Methods of RFC 9110 and 5789 that clients send. A body is less likely to have such a line at its start. */
static bool is_method(struct gt_str method)
{
	static const struct gt_str methods[] = { { "GET", 3 },	{ "POST", 4 },	 { "PUT", 3 },	  { "PATCH", 5 },
						 { "HEAD", 4 }, { "DELETE", 6 }, { "OPTIONS", 7 } };

	for (size_t i = 0; i < GT_COUNT_OF(methods); i++)
		if (gt_str_eq(method, methods[i]))
			return true;
	return false;
}

bool gt_conn_begins_http(const char *p, size_t len)
{
	struct gt_str line = gt_str_make(p, gt_str_find(gt_str_make(p, len), '\n'));
	struct gt_http1_head head;

	return line.len < len && is_method(gt_str_make(p, gt_str_find(line, ' '))) &&
	       gt_http1_parse_head(GT_HTTP1_REQUEST, p, len, NULL, &head) >= 0;
}

static bool is_whole_head(const char *p, size_t len)
{
	struct gt_http1_head head;

	return gt_http1_parse_head(GT_HTTP1_REQUEST, p, len, NULL, &head) > 0 && head.len <= GT_CONN_HEAD_MAX &&
	       is_method(head.method) && gt_http1_field(&head, GT_STR("host")).p;
}

/* Where was the connection lost? If these bytes begin the next request, it is taken up again. An answer must have been
 * sent since, because a body may have bytes like a head. The thread inside side `s`, which carries requests. */
static void try_to_resume(struct gt_conn *c, struct gt_conn_side *s, const struct iovec *iov, int n, size_t len)
{
	if (!atomic_load_explicit(&c->has_answered, memory_order_relaxed))
		return;
	while (n > 1 && !iov->iov_len) {
		iov++;
		n--;
	}
	if (n > 0 && is_whole_head(iov->iov_base, iov->iov_len < len ? iov->iov_len : len) && !is_elsewhere(c, s))
		gt_conn_resume(c, s);
}

static void note_answer(struct gt_conn *c)
{
	if (gt_conn_is_lost(c))
		atomic_store_explicit(&c->has_answered, true, memory_order_relaxed);
}

static void note_bytes(struct gt_conn *c)
{
	if (!gt_conn_has_bytes(c))
		atomic_store_explicit(&c->has_bytes, true, memory_order_relaxed);
}

/* ---------------------------------------------------------------- transmit side */

static bool is_offer_open(struct gt_conn *c)
{
	/* acquire: pairs with the release in gt_outbound_watch_answer() */
	return c->out.is_offer_sent && atomic_load_explicit(&c->out.is_offered, memory_order_acquire);
}

/* True when the next bytes of an answer are not copied: they are of no call of interest, or memory is short. Decides it once
 * for these bytes: what is left out must be counted. */
static bool leaves_answer(const struct gt_conn *c, struct gt_conn_side *s)
{
	bool is_wanted = atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire);

	s->skips_answer = is_wanted && gt_pool_leaves_out(gt_conn_stream(c));
	return !is_wanted || s->skips_answer;
}

static bool enter_tx(struct gt_tx *t, struct gt_conn *c, bool is_blind)
{
	*t = (struct gt_tx){ .c = NULL };
	if (gt_conn_is_over(c))
		return false;
	/* acquire: pairs with the release in leave_tx(); makes the last writer's state visible */
	if (atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return false;
	}
	t->c = c;
	t->was_adrift = gt_conn_is_lost(c);
	t->is_socket = gt_outbound_is_socket(c);
	c->tx.is_blind = is_blind;
	note_bytes(c);
	return true;
}

static void leave_tx(struct gt_conn *c)
{
	atomic_store_explicit(&c->is_tx_busy, false, memory_order_release);
}

bool gt_tx_begin_blind(struct gt_tx *t, struct gt_conn *c)
{
	bool is_blind;

	if (gt_conn_is_aliased(c) || c->http2)
		return false;
	if (!enter_tx(t, c, true))
		return true; /* nothing to do */
	if (c->role == GT_ROLE_INBOUND)
		is_blind = leaves_answer(c, &c->tx);
	else if (gt_splice_is_begun(&c->out.splice) || atomic_load_explicit(&c->has_ended, memory_order_relaxed))
		is_blind = false;
	else if (t->is_socket)
		is_blind = !gt_conn_copies_request(c);
	else
		is_blind = t->was_adrift || (!gt_conn_copies_request(c) && !gt_http1_wants_head(&c->tx.http));
	if (!is_blind) {
		t->c = NULL;
		leave_tx(c);
	} else if (t->was_adrift && c->role == GT_ROLE_OUTBOUND) {
		gt_outbound_drop_plan(&c->out);
	}
	return is_blind;
}

/* Copies the bytes from..to of these pieces. */
static void keep_frames(const struct gt_tx *t, const struct iovec *iov, int n, size_t from, size_t to)
{
	size_t at = 0;

	for (int i = 0; i < n && at < to && is_followed(t->c); i++) {
		size_t begin = from > at ? from - at : 0, end = iov[i].iov_len < to - at ? iov[i].iov_len : to - at;

		if (begin < end)
			gt_conn_keep_frames(t->c, t->at, (const char *)iov[i].iov_base + begin, end - begin);
		at += iov[i].iov_len;
	}
}

/* Copies frames before they are sent, because another thread may receive the answer before the write returns. Bytes that are
 * not accepted will be offered again: they are copied once. */
static void offer_frames(struct gt_tx *t, const struct iovec *iov, int n)
{
	struct gt_conn *c = t->c;
	size_t len = gt_iov_len(iov, n);

	t->at = gt_mono_now();
	if (len <= c->ahead || !gt_conn_copies_request(c) || (!c->is_tls && !gt_iov_is_readable(iov, n, len)))
		return;
	keep_frames(t, iov, n, c->ahead, len);
	c->ahead = len;
}

static void sent_frames(const struct gt_tx *t, const struct iovec *iov, int n, size_t accepted)
{
	struct gt_conn *c = t->c;

	if (accepted > c->ahead) {
		keep_frames(t, iov, n, c->ahead, accepted);
		c->ahead = accepted;
	}
	c->ahead -= accepted;
}

void gt_tx_begin(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change)
{
	if (!enter_tx(t, c, false))
		return;
	if (c->role == GT_ROLE_INBOUND)
		return;
	if (c->http2) {
		if (c->is_tls)
			gt_http2_plan(c, iov, n, SIZE_MAX, may_change);
		else if (gt_iov_is_readable(iov, n, GT_CONN_HEAD_MAX))
			gt_http2_plan(c, iov, n, GT_CONN_HEAD_MAX, may_change);
		t->has_splice = gt_splice_is_active(&c->out.splice);
	} else if (gt_splice_is_begun(&c->out.splice) || atomic_load_explicit(&c->has_ended, memory_order_relaxed)) {
		/* the decision about this head is final, whatever follows */
		t->has_splice = gt_splice_is_active(&c->out.splice);
	} else if (t->is_socket) {
		offer_frames(t, iov, n);
	} else if (t->was_adrift) {
		gt_outbound_drop_plan(&c->out);
	} else if (gt_http1_wants_head(&c->tx.http) && !is_offer_open(c)) {
		t->at = gt_mono_now();
		t->wall = gt_wall_now();
		/* with TLS a bad pointer needs no check: OpenSSL would crash on it as well */
		if (c->is_tls || gt_iov_is_readable(iov, n, GT_CONN_HEAD_MAX))
			t->has_splice = gt_outbound_plan(t, c, iov, n, may_change && !c->is_guess);
	}
	/* during the call too: another thread may find that the connection is over */
	if (t->has_splice)
		atomic_store_explicit(&c->out.is_text_due, true, memory_order_relaxed);
}

void gt_tx_await_retry(struct gt_conn *c, bool awaits)
{
	atomic_store_explicit(&c->out.is_text_due,
			      awaits || (gt_splice_is_begun(&c->out.splice) && gt_splice_is_active(&c->out.splice)),
			      memory_order_relaxed);
}

void gt_tx_give_up(struct gt_conn *c)
{
	if (!atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		c->out.splice = (struct gt_splice){ 0 };
		atomic_store_explicit(&c->is_tx_busy, false, memory_order_release);
	}
	gt_tx_await_retry(c, false);
	gt_conn_leave(c);
}

struct gt_splice *gt_tx_splice(struct gt_tx *t)
{
	return &t->c->out.splice;
}

static void sent_request(const struct gt_tx *t, const struct iovec *iov, int n, size_t accepted)
{
	struct gt_conn *c = t->c;

	if (t->is_socket) {
		sent_frames(t, iov, n, accepted);
		return;
	}
	if (!c->is_tls)
		gt_tx_await_retry(c, false);
	if (t->was_adrift && accepted && !gt_splice_is_active(&c->out.splice))
		try_to_resume(c, &c->tx, iov, n, accepted);
	follow(c, &c->tx, iov, n, accepted, gt_outbound_request);
}

static void sent_answer(struct gt_conn *c, const struct iovec *iov, int n, size_t accepted)
{
	if (!accepted)
		return;
	note_answer(c);
	gt_conn_meet_stream(c);
	pass_answer(c, &c->tx, iov, n, accepted);
	c->tx.http.has_no_body = gt_inbound_answers_head(&c->in);
	follow(c, &c->tx, iov, n, accepted, gt_inbound_answer);
}

static void sent_http2(struct gt_conn *c, const struct iovec *iov, int n, size_t accepted)
{
	if (!c->is_tls)
		gt_tx_await_retry(c, false);
	gt_http2_sent(c, iov, n, accepted);
}

void gt_tx_end(struct gt_tx *t, const struct iovec *iov, int n, size_t accepted)
{
	if (!t->c)
		return;
	if (t->c->http2)
		sent_http2(t->c, iov, n, accepted);
	else if (t->c->role == GT_ROLE_INBOUND)
		sent_answer(t->c, iov, n, accepted);
	else
		sent_request(t, iov, n, accepted);
	leave_tx(t->c);
}

void gt_tx_unseen(struct gt_conn *c, size_t len)
{
	if (!is_followed(c)) {
		if (c->role == GT_ROLE_INBOUND)
			note_answer(c);
		return;
	}
	if (c->http2 || atomic_exchange_explicit(&c->is_tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	if (c->role == GT_ROLE_INBOUND)
		gt_conn_meet_stream(c);
	if (!gt_http1_skip(&c->tx.http, len) ||
	    !feed(c, &c->tx, "", 0, c->role == GT_ROLE_INBOUND ? gt_inbound_answer : gt_outbound_request))
		gt_conn_lose(c);
	else if (c->role == GT_ROLE_OUTBOUND && c->is_ours && c->kept != UINT64_MAX)
		gt_conn_keep_no_more(c);
	else if (c->role == GT_ROLE_INBOUND && atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire))
		c->gap += len;
	leave_tx(c);
}

/* ---------------------------------------------------------------- receive side */

bool gt_rx_is_wanted(struct gt_conn *c)
{
	return c->role == GT_ROLE_INBOUND || c->http2 || atomic_load_explicit(&c->is_answer_wanted, memory_order_acquire) ||
	       atomic_load_explicit(&c->out.is_offered, memory_order_relaxed) || gt_conn_is_lost(c);
}

static void received_answer(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	note_answer(c);
	gt_conn_meet_stream(c);
	atomic_store_explicit(&c->out.has_rx, true, memory_order_relaxed);
	pass_answer(c, &c->rx, iov, n, len);
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		gt_outbound_watch_answer(c, iov[i].iov_base, part);
		len -= part;
	}
}

static void received_request(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	if (gt_conn_is_lost(c))
		try_to_resume(c, &c->rx, iov, n, len);
	follow(c, &c->rx, iov, n, len, gt_inbound_request);
}

static bool enter_rx(struct gt_conn *c, bool is_blind)
{
	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed))
		return false;
	/* acquire: pairs with the release in leave_rx(); makes the last reader's state visible */
	if (atomic_exchange_explicit(&c->is_rx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return false;
	}
	c->rx.is_blind = is_blind;
	note_bytes(c);
	return true;
}

static void leave_rx(struct gt_conn *c)
{
	atomic_store_explicit(&c->is_rx_busy, false, memory_order_release);
}

static void received(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	if (c->http2)
		gt_http2_received(c, iov, n, len);
	else if (c->role == GT_ROLE_OUTBOUND)
		received_answer(c, iov, n, len);
	else
		received_request(c, iov, n, len);
}

void gt_rx(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	if (!enter_rx(c, false))
		return;
	received(c, iov, n, len);
	leave_rx(c);
}

bool gt_rx_blind(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	bool is_blind;

	if (gt_conn_is_aliased(c) || c->http2)
		return false;
	if (!enter_rx(c, true))
		return true; /* nothing to do */
	if (c->role == GT_ROLE_OUTBOUND)
		is_blind = leaves_answer(c, &c->rx);
	else
		is_blind = gt_conn_is_lost(c) || (!gt_conn_copies_request(c) && !gt_http1_wants_head(&c->rx.http));
	if (is_blind)
		received(c, iov, n, len);
	leave_rx(c);
	return is_blind;
}

void gt_rx_unseen(struct gt_conn *c)
{
	gt_conn_lose(c);
	if (c->role == GT_ROLE_OUTBOUND)
		note_answer(c);
}
