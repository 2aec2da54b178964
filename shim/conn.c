/*
 * Outbound connections: the transmit side parses requests, the receive side copies responses.
 *
 *   gt_tx_begin	looks at a write before it is made. When it holds the end of a request head that is ours, a plan is
 *			made: ids, the BEGIN event (put at once, so that it precedes whatever another thread may receive),
 *			and a splice that adds the header lines.
 *   the real call	made by the hook, with the splice laid out.
 *   gt_tx_end		feeds the bytes that were accepted to the framing, which gives the request to the exporter.
 *
 * A write that was not accepted at all (EAGAIN, WANT_WRITE) leaves the plan standing: the application will offer the same
 * head again, and must be given the same ids, because TLS may already have encrypted them.
 *
 * Inbound connections: the receive side parses requests, the transmit side parses responses to learn when they end; see
 * inbound.c. Of those that are ours both are copied. Nothing of them is changed.
 */
#include "check.h"
#include "compiler.h"
#include "conn_state.h"
#include "exporter_thread.h"
#include "handoff.h"
#include "limits.h"
#include "log.h"
#include "readable.h"

static struct gt_conn slots[GT_CONN_MAX];
static _Atomic uint64_t free_slots; /* tag << 32 | index + 1 */
static _Atomic uint32_t used_slots; /* slots that have ever been in use */

uint32_t gt_conn_index(const struct gt_conn *c)
{
	return (uint32_t)(c - slots);
}

struct gt_conn *gt_conn_at(uint32_t index)
{
	return index < GT_CONN_MAX ? &slots[index] : NULL;
}

static struct gt_conn *take_slot(void)
{
	uint64_t head = atomic_load_explicit(&free_slots, memory_order_acquire);
	uint32_t fresh;

	while ((uint32_t)head) {
		struct gt_conn *c = &slots[(uint32_t)head - 1];
		uint64_t next = ((head >> 32) + 1) << 32 | __atomic_load_n(&c->free_below, __ATOMIC_RELAXED);

		if (atomic_compare_exchange_weak_explicit(&free_slots, &head, next, memory_order_acquire,
							  memory_order_acquire))
			return c;
	}
	fresh = atomic_load_explicit(&used_slots, memory_order_relaxed);
	do
		if (fresh == GT_CONN_MAX)
			return NULL;
	while (!atomic_compare_exchange_weak_explicit(&used_slots, &fresh, fresh + 1, memory_order_relaxed,
						      memory_order_relaxed));
	return &slots[fresh];
}

static void give_slot(struct gt_conn *c)
{
	uint64_t head = atomic_load_explicit(&free_slots, memory_order_relaxed);

	do
		__atomic_store_n(&c->free_below, (uint32_t)head, __ATOMIC_RELAXED);
	while (!atomic_compare_exchange_weak_explicit(&free_slots, &head,
						      ((head >> 32) + 1) << 32 | (gt_conn_index(c) + 1),
						      memory_order_release, memory_order_relaxed));
}

struct gt_conn *gt_conn_new(enum gt_role role, bool is_tls)
{
	struct gt_conn *c = take_slot();

	if (!c) {
		gt_stat_add(GT_STAT_CONN_FULL, 1);
		return NULL;
	}
	c->role = (uint8_t)role;
	c->is_tls = is_tls;
	c->stream = gt_stream_next();
	c->socket = 0;
	c->fd = -1;
	c->peer_len = 0;
	atomic_store_explicit(&c->entries, 1, memory_order_relaxed);
	atomic_store_explicit(&c->aliased, false, memory_order_relaxed);
	atomic_store_explicit(&c->tx_busy, false, memory_order_relaxed);
	atomic_store_explicit(&c->rx_busy, false, memory_order_relaxed);
	atomic_store_explicit(&c->ended, false, memory_order_relaxed);
	atomic_store_explicit(&c->answer_wanted, false, memory_order_relaxed);
	atomic_store_explicit(&c->rx_seen, false, memory_order_relaxed);
	atomic_store_explicit(&c->text_due, false, memory_order_relaxed);
	atomic_store_explicit(&c->unanswered, 0, memory_order_relaxed);
	gt_http1_init(&c->tx.http, role == GT_ROLE_OUTBOUND ? GT_HTTP1_REQUEST : GT_HTTP1_RESPONSE, GT_CONN_HEAD_MAX);
	gt_http1_init(&c->rx.http, GT_HTTP1_REQUEST, GT_CONN_HEAD_MAX);
	c->plan = (struct gt_plan){ .state = GT_UNDECIDED };
	c->splice = (struct gt_splice){ 0 };
	c->ours = false;
	c->kept = 0;
	c->gap = 0;
	c->is_final = false;
	atomic_store_explicit(&c->has_served, false, memory_order_relaxed);
	c->served_is_ours = false;
	c->head_request = false;
	/* release: pairs with gt_conn_ref(); whoever gets a reference sees the fields above */
	atomic_store_explicit(&c->refs, 1, memory_order_release);
	return c;
}

bool gt_conn_ref(struct gt_conn *c)
{
	uint32_t refs = atomic_load_explicit(&c->refs, memory_order_relaxed);

	while (refs)
		if (atomic_compare_exchange_weak_explicit(&c->refs, &refs, refs + 1, memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

static void drop_event(struct gt_event **e)
{
	if (*e)
		gt_event_free(*e);
	*e = NULL;
}

void gt_conn_unref(struct gt_conn *c)
{
	struct gt_event *end;

	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	end = atomic_exchange_explicit(&c->end, NULL, memory_order_acquire);
	if (end)
		gt_event_free(end);
	drop_event(&c->tx.head);
	drop_event(&c->rx.head);
	drop_event(&c->lines);
	drop_event(&c->served_state);
	atomic_fetch_add_explicit(&c->generation, 1, memory_order_release);
	give_slot(c);
}

bool gt_conn_alias(struct gt_conn *c)
{
	if (!gt_conn_ref(c))
		return false;
	atomic_fetch_add_explicit(&c->entries, 1, memory_order_relaxed);
	atomic_store_explicit(&c->aliased, true, memory_order_relaxed);
	return true;
}

bool gt_conn_is_aliased(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->aliased, memory_order_relaxed);
}

void gt_conn_close(struct gt_conn *c)
{
	if (atomic_fetch_sub_explicit(&c->entries, 1, memory_order_relaxed) == 1)
		gt_conn_end(c, GT_END_CLOSED, 0);
	gt_conn_unref(c);
}

enum gt_role gt_conn_role(const struct gt_conn *c)
{
	return (enum gt_role)c->role;
}

void gt_conn_set_peer(struct gt_conn *c, struct gt_str name)
{
	c->peer_len = name.len < sizeof(c->peer) ? (uint16_t)gt_str_copy(name, c->peer, sizeof(c->peer)) : 0;
}

uint64_t gt_conn_socket(const struct gt_conn *c)
{
	return c->socket;
}

void gt_conn_set_socket(struct gt_conn *c, int fd, uint64_t cookie)
{
	c->fd = fd;
	c->socket = cookie;
}

bool gt_conn_may_be_http(const char *p, size_t len)
{
	struct gt_http1_head head;

	return len && gt_http1_parse_head(GT_HTTP1_REQUEST, p, len, NULL, &head) >= 0;
}

/* ---------------------------------------------------------------- ends */

static bool tell_gap(struct gt_conn *c);

/* Takes `e`, which may be NULL: nothing was ever announced. */
static void tell_end(struct gt_conn *c, struct gt_event *e, enum gt_end_why why, int code)
{
	_Atomic bool *busy = c->role == GT_ROLE_INBOUND ? &c->tx_busy : &c->rx_busy; /* of the side that answers go through */

	if (!e)
		return;

	if (!atomic_exchange_explicit(busy, true, memory_order_acquire)) {
		tell_gap(c);
		atomic_store_explicit(busy, false, memory_order_release);
	}
	*(struct gt_end *)e->data = (struct gt_end){ .why = (uint8_t)why, .code = code };
	e->len = sizeof(struct gt_end);
	e->at = gt_mono_now();
	gt_handoff_put(e);
	gt_exporter_thread_want();
}

/* Who answers ends his answer by closing as well as by a length (RFC 9112, 6.3): to the framing it is an end of file. And a
 * client that has no more to say may still wait for what it has asked for. */
static bool puts_off(struct gt_conn *c, enum gt_end_why *why)
{
	if (c->role != GT_ROLE_INBOUND)
		return false;
	if (*why == GT_END_EOF && gt_conn_is_serving(c))
		return true;
	if (*why == GT_END_CLOSED)
		*why = GT_END_EOF;
	return false;
}

void gt_conn_end(struct gt_conn *c, enum gt_end_why why, int code)
{
	if (puts_off(c, &why))
		return;
	/* seq_cst here and in decide(): either we find the END it has laid ready, or it finds us gone by */
	if (atomic_exchange_explicit(&c->ended, true, memory_order_seq_cst))
		return;
	atomic_store_explicit(&c->answer_wanted, false, memory_order_relaxed);
	atomic_store_explicit(&c->unanswered, 0, memory_order_relaxed);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu ends: why %d code %d", (unsigned long long)c->stream, (int)why, code);
	tell_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), why, code);
}

void gt_conn_lose(struct gt_conn *c)
{
	if (!atomic_load_explicit(&c->ended, memory_order_relaxed))
		gt_stat_add(GT_STAT_CONN_LOST, 1);
	gt_conn_end(c, GT_END_LOST, 0);
}

bool gt_conn_is_over(const struct gt_conn *c)
{
	/* a text of ours that is half sent is finished whatever happened to the rest */
	return atomic_load_explicit(&c->ended, memory_order_acquire) &&
	       !atomic_load_explicit(&c->text_due, memory_order_relaxed);
}

/* ---------------------------------------------------------------- framing */

typedef void event_fn(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len);

/* Feeds one side. `on` gets every event with the bytes it was made of; a head that came in pieces is put together first.
 * False: this is not HTTP/1, or there was no memory to put a head together. */
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
			drop_event(&s->head);
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
	s->head = gt_event_new(GT_EVENT_REQUEST, 0, GT_EVENT_ROOM_MAX);
	if (!s->head)
		return false;
	memcpy(s->head->data, p, len); /* less than GT_CONN_HEAD_MAX, or it would have been refused */
	s->head->len = (uint32_t)len;
	return true;
}

/* ---------------------------------------------------------------- outbound requests */

/* FNV-1a: only to notice that a head which was refused by the wire is offered again. */
static uint64_t digest_of(const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ULL;
	return h ^ len;
}

static struct gt_str peer_of(const struct gt_conn *c)
{
	return gt_str_make(c->peer, c->peer_len);
}

static struct gt_event *make_begin(struct gt_conn *c, const struct gt_announced *what)
{
	const struct gt_parentage *par = what->parentage;
	struct gt_str provider = what->endpoint->provider;
	size_t len = sizeof(struct gt_begin) + what->host.len + provider.len + par->tracestate_len;
	struct gt_event *e = gt_event_new(GT_EVENT_BEGIN, c->stream, len);
	struct gt_begin *b;
	char *text;

	if (!e)
		return NULL;
	b = (struct gt_begin *)e->data;
	*b = (struct gt_begin){
		.context = par->span,
		.parent = par->parent,
		.parent_is_remote = par->parent_is_remote,
		.injected = what->injected,
		.is_tls = c->is_tls,
		.is_inbound = c->role == GT_ROLE_INBOUND,
		.source = GT_SOURCE_STREAM,
		.api = what->endpoint->api,
		.certain = what->endpoint->certain,
		.started = what->wall,
		.port = what->port,
		.host_len = (uint16_t)what->host.len,
		.provider_len = (uint16_t)provider.len,
		.tracestate_len = par->tracestate_len,
	};
	text = (char *)(b + 1);
	if (what->host.len)
		memcpy(text, what->host.p, what->host.len);
	text += what->host.len;
	if (provider.len)
		memcpy(text, provider.p, provider.len);
	text += provider.len;
	memcpy(text, par->tracestate, par->tracestate_len);
	e->len = (uint32_t)len;
	e->at = what->at;
	return e;
}

bool gt_conn_announce(struct gt_conn *c, const struct gt_announced *what)
{
	struct gt_event *begin = make_begin(c, what), *end;

	if (!begin)
		return false;
	/* in our hands until BEGIN is told: an END must not go before it */
	end = atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst);
	if (!end && !(end = gt_event_new(GT_EVENT_END, c->stream, sizeof(struct gt_end)))) {
		gt_event_free(begin);
		return false;
	}
	gt_stat_add(GT_STAT_EXCHANGES, 1);
	atomic_store_explicit(&c->rx_seen, false, memory_order_relaxed);
	gt_handoff_put(begin);
	/* release: who receives from now on puts his events behind BEGIN */
	atomic_store_explicit(&c->answer_wanted, true, memory_order_release);
	atomic_store_explicit(&c->end, end, memory_order_seq_cst);
	/* another thread may have ended the connection since this call began, and have found no END to tell */
	if (gt_unlikely(atomic_load_explicit(&c->ended, memory_order_seq_cst)))
		tell_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), GT_END_CLOSED, 0);
	return true;
}

/* Who is asked, as the application names it. */
static struct gt_str host_of(const struct gt_conn *c, const struct gt_request_view *view, uint16_t *port)
{
	struct gt_str host;

	gt_host_split(view->host, &host, port);
	if (!*port)
		*port = c->is_tls ? 443 : 80;
	if (c->peer_len)
		host = peer_of(c);
	return host.len > 255 ? GT_STR_NONE : host;
}

/* Makes the splice. False when there is nothing to add or no memory. */
static bool plan_lines(struct gt_conn *c, const struct gt_request_view *view, const struct gt_parentage *par, uint64_t at)
{
	size_t len;

	drop_event(&c->lines);
	c->lines = gt_event_new(GT_EVENT_REQUEST, 0, gt_context_lines_max());
	if (!c->lines)
		return false;
	len = gt_context_lines(par, view, c->lines->data, gt_context_lines_max());
	if (!len)
		return false;
	gt_splice_start(&c->splice, c->lines->data, (uint32_t)len, at);
	return true;
}

/* Decides about a complete head. `insert_at` is where in the present write lines may be added, or -1. Announces the
 * exchange when it is ours. */
static void decide(struct gt_conn *c, const struct gt_http1_head *head, int64_t insert_at, const struct gt_tx *t)
{
	struct gt_announced what = { .at = t->at, .wall = t->wall };
	struct gt_request_view view;
	struct gt_parentage par;
	struct gt_endpoint ep;

	gt_stat_add(GT_STAT_REQUESTS, 1);
	gt_request_view_of(head, &view);
	ep = gt_match(&view, peer_of(c));
	c->plan.state = GT_NOT_OURS;
	if (ep.api == GT_API_NONE)
		return;
	gt_context_new(&view, &par);
	what.endpoint = &ep;
	what.parentage = &par;
	what.host = host_of(c, &view, &what.port);
	what.injected = !view.has_traceparent && insert_at >= 0 && plan_lines(c, &view, &par, (uint64_t)insert_at);
	if (!gt_conn_announce(c, &what)) {
		c->splice = (struct gt_splice){ 0 };
		return;
	}
	if (!view.has_traceparent)
		gt_stat_add(what.injected ? GT_STAT_INJECTED : GT_STAT_NOT_INJECTED, 1);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu: %.*s %.*s host %.*s is ours (api %d)%s",
	       (unsigned long long)c->stream, GT_STR_ARG(view.method), GT_STR_ARG(gt_target_path(view.target)),
	       GT_STR_ARG(view.host), ep.api, gt_splice_is_active(&c->splice) ? ", adding traceparent" : "");
	c->plan.state = GT_OURS;
}

void gt_conn_pass_by(struct gt_conn *c, bool no_body, bool is_settled)
{
	struct gt_event *e;

	if (!atomic_load_explicit(&c->answer_wanted, memory_order_relaxed))
		return;
	if (is_settled) {
		atomic_store_explicit(&c->answer_wanted, false, memory_order_relaxed);
		e = gt_event_new(GT_EVENT_FENCE, c->stream, 0);
	} else {
		e = gt_event_new(GT_EVENT_PASSER, c->stream, sizeof(struct gt_passer));
		if (e) {
			((struct gt_passer *)e->data)->no_body = no_body;
			e->len = sizeof(struct gt_passer);
		}
	}
	if (e)
		gt_handoff_put(e);
	else
		gt_conn_lose(c);
}

static void keep_no_more(struct gt_conn *c)
{
	struct gt_event *e = gt_event_new(GT_EVENT_REQUEST_CUT, c->stream, 0);

	c->kept = UINT64_MAX;
	if (e)
		gt_handoff_put(e);
}

void gt_conn_keep_request(struct gt_conn *c, const char *raw, size_t len)
{
	uint64_t room = gt_limits.body_max + GT_CONN_HEAD_MAX;
	size_t n;

	if (c->kept > room)
		return;
	n = len <= room - c->kept ? len : (size_t)(room - c->kept);
	if (gt_handoff_bytes(GT_EVENT_REQUEST, c->stream, gt_mono_now(), raw, n) && n == len)
		c->kept += len;
	else
		keep_no_more(c);
}

static void on_request(struct gt_conn *c, const struct gt_http1_event *ev, const char *raw, size_t raw_len)
{
	if (ev->kind == GT_HTTP1_HEAD) {
		if (c->plan.state == GT_UNDECIDED) {
			/* a second request in one write, or a head whose end was not in our hands: seen, not changed */
			struct gt_tx t = { .c = c, .at = gt_mono_now(), .wall = gt_wall_now() };

			decide(c, &ev->head, -1, &t);
		}
		c->ours = c->plan.state == GT_OURS;
		c->kept = 0;
		if (!c->ours) {
			/* the application has begun another one, so it has had its answer */
			gt_conn_pass_by(c, gt_str_eq(ev->head.method, GT_STR("HEAD")),
					atomic_load_explicit(&c->rx_seen, memory_order_relaxed));
		}
		c->plan.state = GT_UNDECIDED;
		c->splice = (struct gt_splice){ 0 };
	}
	if (c->ours && raw_len)
		gt_conn_keep_request(c, raw, raw_len);
}

/* Finds the head whose end lies in this write. Returns its first byte and length in contiguous memory, or NULL; `before` is
 * how many of these bytes earlier writes have sent. `scratch` is set when memory was needed and must be dropped. */
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
		e = *scratch = gt_event_new(GT_EVENT_REQUEST, 0, GT_EVENT_ROOM_MAX);
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

/* Looks for the end of a head in this write, decides about it once. True when lines of ours go into this write. */
static bool plan_write(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change)
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
		/* a plan that was made for bytes that the wire refused stands or falls when the end of the head comes */
		drop_event(&scratch);
		return false;
	}
	digest = got > 0 ? digest_of(p + skip, (size_t)got) : 0;
	in_hand = got > 0 && may_change && head.crlf && head.insert_at + skip >= before;
	if (c->plan.state == GT_UNDECIDED || c->plan.digest != digest) {
		c->splice = (struct gt_splice){ 0 };
		c->plan = (struct gt_plan){ .state = GT_UNDECIDED, .digest = digest };
		if (got > 0 && (size_t)got <= GT_CONN_HEAD_MAX)
			decide(c, &head, in_hand ? (int64_t)(head.insert_at + skip - before) : -1, t);
	} else if (in_hand) {
		/* the same head again, but perhaps at another place of the write */
		c->splice.at = head.insert_at + skip - before;
	} else {
		c->splice = (struct gt_splice){ 0 };
	}
	drop_event(&scratch);
	return gt_splice_is_active(&c->splice);
}

void gt_tx_begin(struct gt_tx *t, struct gt_conn *c, const struct iovec *iov, int n, bool may_change)
{
	*t = (struct gt_tx){ .c = NULL };
	if (gt_conn_is_over(c))
		return;
	/* acquire: pairs with the release in gt_tx_end(); the last writer's state is visible */
	if (atomic_exchange_explicit(&c->tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	t->c = c;
	if (c->role == GT_ROLE_INBOUND)
		return;
	if (c->splice.sent || atomic_load_explicit(&c->ended, memory_order_relaxed)) {
		/* this head is settled, whatever the application makes of the rest of it */
		t->splice = gt_splice_is_active(&c->splice);
	} else if (gt_http1_wants_head(&c->tx.http)) {
		t->at = gt_mono_now();
		t->wall = gt_wall_now();
		/* OpenSSL would not survive a bad pointer either */
		if (c->is_tls || gt_iov_is_readable(iov, n, GT_CONN_HEAD_MAX))
			t->splice = plan_write(t, c, iov, n, may_change);
	}
}

void gt_tx_owe(struct gt_conn *c, bool owes)
{
	atomic_store_explicit(&c->text_due, owes || (c->splice.sent && gt_splice_is_active(&c->splice)),
			      memory_order_relaxed);
}

struct gt_splice *gt_tx_splice(struct gt_tx *t)
{
	return &t->c->splice;
}

void gt_tx_end(struct gt_tx *t, const struct iovec *iov, int n, size_t accepted)
{
	struct gt_conn *c = t->c;
	struct gt_mono at = { 0 };
	event_fn *on;
	bool copies;

	if (!c)
		return;
	on = c->role == GT_ROLE_INBOUND ? gt_inbound_answer : on_request;
	/* acquire: pairs with the release in gt_conn_announce(); these bytes come behind BEGIN */
	copies = c->role == GT_ROLE_INBOUND && accepted && atomic_load_explicit(&c->answer_wanted, memory_order_acquire);
	if (copies)
		at = gt_mono_now();
	if (c->role == GT_ROLE_INBOUND)
		c->tx.http.no_body = c->head_request;
	else if (!c->is_tls)
		gt_tx_owe(c, false);
	for (int i = 0; i < n && accepted && !atomic_load_explicit(&c->ended, memory_order_relaxed); i++) {
		size_t part = iov[i].iov_len < accepted ? iov[i].iov_len : accepted;

		if (part && copies)
			gt_conn_copy_answer(c, at, iov[i].iov_base, part);
		if (part && !follow(c, &c->tx, iov[i].iov_base, part, on))
			gt_conn_lose(c);
		accepted -= part;
	}
	atomic_store_explicit(&c->tx_busy, false, memory_order_release);
}

void gt_tx_unseen(struct gt_conn *c, size_t len)
{
	if (atomic_load_explicit(&c->ended, memory_order_relaxed))
		return;
	if (atomic_exchange_explicit(&c->tx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	if (!gt_http1_skip(&c->tx.http, len) ||
	    !follow(c, &c->tx, "", 0, c->role == GT_ROLE_INBOUND ? gt_inbound_answer : on_request))
		gt_conn_lose(c);
	else if (c->role == GT_ROLE_OUTBOUND && c->ours && c->kept != UINT64_MAX)
		keep_no_more(c);
	else if (c->role == GT_ROLE_INBOUND && atomic_load_explicit(&c->answer_wanted, memory_order_acquire))
		c->gap += len;
	atomic_store_explicit(&c->tx_busy, false, memory_order_release);
}

/* ---------------------------------------------------------------- received bytes */

bool gt_rx_is_wanted(struct gt_conn *c)
{
	return c->role == GT_ROLE_INBOUND || atomic_load_explicit(&c->answer_wanted, memory_order_acquire);
}

/* Tells the exporter of dropped bytes before any that follow them. */
static bool tell_gap(struct gt_conn *c)
{
	struct gt_event *e;

	if (!c->gap)
		return true;
	e = gt_event_new(GT_EVENT_GAP, c->stream, sizeof(struct gt_gap));
	if (!e)
		return false;
	*(struct gt_gap *)e->data = (struct gt_gap){ c->gap };
	e->len = sizeof(struct gt_gap);
	c->gap = 0;
	gt_handoff_put(e);
	return true;
}

void gt_conn_copy_answer(struct gt_conn *c, struct gt_mono at, const char *p, size_t len)
{
	while (len) {
		size_t n = len < GT_EVENT_ROOM_MAX ? len : GT_EVENT_ROOM_MAX;

		if (!tell_gap(c) || !gt_handoff_bytes(GT_EVENT_RESPONSE, c->stream, at, p, n))
			c->gap += n;
		p += n;
		len -= n;
	}
	gt_exporter_thread_want();
}

void gt_rx(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	struct gt_mono at = gt_mono_now();

	if (atomic_load_explicit(&c->ended, memory_order_relaxed))
		return;
	if (atomic_exchange_explicit(&c->rx_busy, true, memory_order_acquire)) {
		gt_conn_lose(c);
		return;
	}
	if (c->role == GT_ROLE_OUTBOUND)
		atomic_store_explicit(&c->rx_seen, true, memory_order_relaxed);
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
	atomic_store_explicit(&c->rx_busy, false, memory_order_release);
}

/* ---------------------------------------------------------------- what an inbound connection serves */

bool gt_conn_is_serving(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->unanswered, memory_order_acquire) > 0;
}

bool gt_conn_served_context(const struct gt_conn *c, struct gt_served *out)
{
	struct gt_conn *mine = (struct gt_conn *)c;
	bool good = false;

	out->tracestate_len = 0;
	if (!c || !gt_conn_ref(mine))
		return false;
	/* of several that were pipelined only the last one's context is known, and it is not its turn */
	if (atomic_load_explicit(&c->unanswered, memory_order_acquire) == 1 &&
	    atomic_load_explicit(&c->has_served, memory_order_acquire)) {
		out->context = c->served;
		out->is_remote = !c->served_is_ours;
		if (c->served_state && c->served_state->len <= GT_TRACESTATE_MAX) {
			memcpy(out->tracestate, c->served_state->data, c->served_state->len);
			out->tracestate_len = (uint16_t)c->served_state->len;
		}
		good = true;
	}
	gt_conn_unref(mine);
	return good;
}

#define NOTE_INDEX_BITS 12
GT_STATIC_ASSERT(GT_CONN_MAX == 1 << NOTE_INDEX_BITS, "a note holds index and generation");

uint32_t gt_conn_note(const struct gt_conn *c)
{
	uint32_t generation = atomic_load_explicit(&c->generation, memory_order_relaxed) & ((1u << 19) - 1);

	return 1u << 31 | generation << NOTE_INDEX_BITS | gt_conn_index(c);
}

struct gt_conn *gt_conn_of_note(uint32_t note)
{
	struct gt_conn *c = &slots[note & (GT_CONN_MAX - 1)];

	return gt_conn_note(c) == note && atomic_load_explicit(&c->refs, memory_order_relaxed) ? c : NULL;
}

void gt_conn_after_fork(void)
{
	uint32_t n = atomic_load_explicit(&used_slots, memory_order_relaxed);

	/* the events belonged to the pool that the child has just forgotten */
	memset(slots, 0, n * sizeof(slots[0]));
	atomic_store_explicit(&free_slots, 0, memory_order_relaxed);
	atomic_store_explicit(&used_slots, 0, memory_order_relaxed);
}
