/*
 * A write is parsed in two parts. Up to the end of its last header block that happens before the write, because the answer
 * may be there before the write returns. These bytes are `ahead`: they are not parsed again when the application repeats
 * what was not accepted. An application that then sends other bytes has them in another order than its own compression of
 * header fields, which no implementation does; gentap leaves such a connection.
 */
#include "shim/http2.h"

#include <errno.h>
#include <sys/mman.h>

#include "shim/conn_events.h"
#include "shim/conn_state.h"
#include "shim/event_copy.h"
#include "shim/exporter_thread.h"
#include "shim/handoff.h"
#include "shim/http2_frames.h"
#include "shim/http2_head.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/limits.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/unread.h"

/* A matched stream. */
struct stream {
	_Atomic uint32_t id;	      /* 0: the slot is free */
	_Atomic uint32_t over;	      /* its id, once the transmit side has ended it; of an earlier stream else */
	struct gt_event *_Atomic end; /* the END event; the thread that takes it ends the exchange */

	/* Set by the transmit side before `end` and `id`. */
	uint64_t events;  /* names the exchange to the exporter */
	uint64_t head_at; /* how many bytes the connection has sent when the request's head is sent */
	bool is_bare;

	uint64_t kept; /* the transmit side's: bytes of the request that were copied */

	/* The receive side's. */
	uint64_t gap;
	bool has_head;
};

struct side {
	struct gt_http2_frames frames;
	struct gt_http2_head head;
	bool is_charged; /* for a table above GT_HPACK_TABLE_FIRST */
	char block[GT_HPACK_BLOCK_MAX];
	struct gt_hpack hpack;
};

struct gt_http2 {
	/* The transmit side's. */
	uint32_t last_id;      /* of the requests so far */
	uint64_t ahead;	       /* bytes that were parsed and are not sent */
	uint64_t ahead_digest; /* of these bytes, once a write was not accepted whole */
	bool may_change;       /* the write that is planned may get header fields */
	_Atomic uint64_t sent; /* bytes */

	_Atomic uint32_t used; /* slots that have ever been in use */
	_Atomic bool has_over; /* the transmit side has ended streams that the receive side has not freed */
	struct stream streams[GT_HTTP2_STREAMS_MAX];
	struct side tx, rx;
};

/* What counts for a connection: pages that its use touches. */
#define BASE_COST  (96 * 1024)
#define TABLE_COST (2 * GT_HPACK_TABLE_MAX)

static bool is_off, adds_fields = true;
static _Atomic uint64_t held; /* bytes, of all connections */

void gt_http2_set(const char *value)
{
	struct gt_str word = gt_str_trim(gt_str_of(value));

	is_off = gt_str_ieq(word, GT_STR("off"));
	adds_fields = !gt_str_ieq(word, GT_STR("follow"));
}

/* ---------------------------------------------------------------- memory */

static bool take_memory(uint64_t bytes)
{
	if (atomic_fetch_add_explicit(&held, bytes, memory_order_relaxed) + bytes <= gt_limits.memory_max / GT_HTTP2_SHARE)
		return true;
	atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
	return false;
}

bool gt_http2_may_begin(enum gt_role role, const char *p, size_t len)
{
	static const struct gt_str line = { GT_HTTP2_PREFACE, 16 };

	return !is_off && role == GT_ROLE_OUTBOUND && len >= line.len &&
	       memcmp(p, GT_HTTP2_PREFACE, len < GT_HTTP2_PREFACE_LEN ? len : GT_HTTP2_PREFACE_LEN) == 0;
}

/* RFC 9113, 3.4 and 6.5: a server need not wait for the client. */
bool gt_http2_may_answer(const char *p, size_t len)
{
	const unsigned char *b = (const unsigned char *)p;

	return !is_off && len >= GT_HTTP2_HEAD && !b[0] && (b[1] << 8 | b[2]) % 6 == 0 && memcmp(b + 3, "\4\0\0\0\0", 6) == 0;
}

static void begin_side(struct side *s, bool has_preface)
{
	gt_http2_frames_init(&s->frames, has_preface, s->block);
	gt_hpack_init(&s->hpack);
}

struct gt_http2 *gt_http2_new(void)
{
	struct gt_http2 *h;
	int err = errno;

	if (!take_memory(BASE_COST))
		return NULL;
	h = (struct gt_http2 *)gt_gate(pool_map, NULL, sizeof(*h), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	errno = err;
	if (h == MAP_FAILED) {
		atomic_fetch_sub_explicit(&held, BASE_COST, memory_order_relaxed);
		return NULL;
	}
	begin_side(&h->tx, true);
	begin_side(&h->rx, false);
	return h;
}

void gt_http2_free(struct gt_http2 *h)
{
	uint64_t cost = BASE_COST + (h->tx.is_charged ? TABLE_COST : 0) + (h->rx.is_charged ? TABLE_COST : 0);
	uint32_t used = atomic_load_explicit(&h->used, memory_order_relaxed);
	int err = errno;

	for (uint32_t i = 0; i < used; i++) {
		struct gt_event *end = atomic_exchange_explicit(&h->streams[i].end, NULL, memory_order_acquire);

		if (end)
			gt_event_free(end);
	}
	gt_gate(pool_unmap, h, sizeof(*h));
	errno = err;
	atomic_fetch_sub_explicit(&held, cost, memory_order_relaxed);
}

void gt_http2_after_fork(struct gt_http2 *h)
{
	gt_gate(pool_unmap, h, sizeof(*h));
	atomic_store_explicit(&held, 0, memory_order_relaxed);
}

/* ---------------------------------------------------------------- streams */

static struct stream *find(struct gt_http2 *h, uint32_t id)
{
	uint32_t used = atomic_load_explicit(&h->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++)
		/* acquire: pairs with the release in announce(); what is set before `id` is visible */
		if (atomic_load_explicit(&h->streams[i].id, memory_order_acquire) == id)
			return &h->streams[i];
	return NULL;
}

/* The transmit side. NULL when all slots are in use. */
static struct stream *free_slot(struct gt_http2 *h)
{
	/* acquire in find(): pairs with the release in free_stream(); the receive side is done with the slot */
	struct stream *s = find(h, 0);
	uint32_t used = atomic_load_explicit(&h->used, memory_order_relaxed);

	if (s || used == GT_HTTP2_STREAMS_MAX)
		return s;
	/* release: the slot is free before another thread looks at it */
	atomic_store_explicit(&h->used, used + 1, memory_order_release);
	return &h->streams[used];
}

/* The receive side: nothing more of this stream is of interest. */
static void free_stream(struct stream *s)
{
	s->gap = 0;
	s->has_head = false;
	/* release: pairs with the acquire in free_slot() */
	atomic_store_explicit(&s->id, 0, memory_order_release);
}

/* Any thread. `sent`: how many bytes the connection has sent, as far as it matters. */
static void emit_end(struct stream *s, uint64_t sent, enum gt_end_why why, int code)
{
	struct gt_event *e = atomic_exchange_explicit(&s->end, NULL, memory_order_seq_cst);

	if (!e)
		return;
	if (s->head_at > sent)
		why = GT_END_NEVER;
	*(struct gt_end *)e->data = (struct gt_end){ .why = (uint8_t)why, .code = code };
	e->len = sizeof(struct gt_end);
	e->at = gt_mono_now();
	gt_handoff_put(e);
	gt_exporter_thread_want();
}

/* The receive side ends an exchange. */
static void end_stream(struct stream *s, enum gt_end_why why, int code)
{
	gt_event_copy_gap(s->events, &s->gap);
	emit_end(s, UINT64_MAX, why, code);
	free_stream(s);
}

bool gt_http2_has_open(const struct gt_http2 *h)
{
	uint32_t used = atomic_load_explicit(&h->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++)
		if (atomic_load_explicit(&h->streams[i].end, memory_order_relaxed))
			return true;
	return false;
}

void gt_http2_end(struct gt_conn *c, enum gt_end_why why, int code)
{
	struct gt_http2 *h = c->http2;
	uint64_t sent = atomic_load_explicit(&h->sent, memory_order_relaxed);
	uint32_t used = atomic_load_explicit(&h->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++)
		emit_end(&h->streams[i], sent, why, code);
}

/* Decodes a header block. False: the connection is left, because the tables of its fields are not known any more. */
static bool decode(struct gt_conn *c, struct side *s, struct gt_str block, gt_hpack_field *on)
{
	if (!gt_hpack_decode(&s->hpack, block.p, block.len, on, &s->head)) {
		gt_conn_leave(c);
		return false;
	}
	if (gt_unlikely(s->hpack.max > GT_HPACK_TABLE_FIRST) && !s->is_charged) {
		s->is_charged = take_memory(TABLE_COST);
		if (!s->is_charged)
			gt_conn_leave(c);
	}
	return s->is_charged || s->hpack.max <= GT_HPACK_TABLE_FIRST;
}

/* ---------------------------------------------------------------- requests */

static void emit_head(enum gt_event_type type, uint64_t events, const struct gt_http2_head *head)
{
	size_t len = gt_http2_head_len(head);
	struct gt_event *e = len <= GT_EVENT_ROOM_MAX ? gt_event_new(type, events, len) : NULL;

	if (!e)
		return;
	gt_http2_head_write(head, e->data);
	e->len = (uint32_t)len;
	gt_handoff_put(e);
}

#define FRAME_MAX 16384 /* what every peer takes (RFC 9113, 4.2) */

/* Plans header fields for the block `ev`, whose last frame has its content up to `end` bytes into this write. They go before
 * the last field, so that bytes of the application's follow them in the same write, as a splice wants. That frame must be in
 * this write whole, because its length changes. False when there is nothing to add, or it cannot be. */
static bool plan_fields(struct gt_conn *c, const struct gt_http2_event *ev, uint64_t end, const struct gt_parentage *par)
{
	struct gt_http2 *h = c->http2;
	const struct gt_http2_head *head = &h->tx.head;
	size_t last = ev->bytes.len - h->tx.hpack.last, len;
	uint32_t payload;

	if (!h->may_change || gt_splice_is_active(&c->out.splice) || head->ends_in_pseudo || head->has_gap ||
	    last > ev->content || end < ev->frame)
		return false;
	gt_conn_drop_event(&c->out.lines);
	c->out.lines = gt_event_new(GT_EVENT_SCRATCH, 0, gt_context_fields_max());
	if (!c->out.lines)
		return false;
	len = gt_context_fields(par, &head->view, c->out.lines->data, gt_context_fields_max());
	payload = ev->payload + (uint32_t)len;
	if (!len || payload > FRAME_MAX)
		return false;
	gt_splice_start(&c->out.splice, c->out.lines->data, (uint32_t)len, end - last);
	gt_splice_set_patch(
		&c->out.splice, end - ev->frame,
		(unsigned char[]){ (unsigned char)(payload >> 16), (unsigned char)(payload >> 8), (unsigned char)payload });
	return true;
}

/* As gt_conn_announce. `head_at`: how many bytes are sent when the head is. */
static bool announce(struct gt_conn *c, uint32_t id, uint64_t head_at, const struct gt_announced *what)
{
	struct gt_http2 *h = c->http2;
	struct gt_event *begin, *end;
	struct stream *s = free_slot(h);

	begin = s ? gt_conn_make_begin(c, what) : NULL;
	end = begin ? gt_event_new(GT_EVENT_END, what->stream, sizeof(struct gt_end)) : NULL;
	if (!end) {
		gt_conn_drop_event(&begin);
		gt_stat_add(GT_STAT_UNREPORTED, 1);
		return false;
	}
	gt_stat_add(GT_STAT_EXCHANGES, 1);
	s->events = what->stream;
	s->head_at = head_at;
	s->is_bare = ((struct gt_begin *)begin->data)->is_bare;
	s->kept = 0;
	gt_handoff_put(begin);
	emit_head(GT_EVENT_REQUEST_HEAD, s->events, &h->tx.head);
	/* seq_cst here and in gt_conn_end(): either that call sees the END event, or this call sees the flag */
	atomic_store_explicit(&s->end, end, memory_order_seq_cst);
	/* release: pairs with find(); a thread that receives from now on emits its events after BEGIN */
	atomic_store_explicit(&s->id, id, memory_order_release);
	if (gt_unlikely(atomic_load_explicit(&c->has_ended, memory_order_seq_cst)))
		emit_end(s, 0, GT_END_NEVER, 0);
	return true;
}

/* Is the request a call of a known API? `end` as in plan_fields(). */
static void decide(struct gt_conn *c, const struct gt_http2_event *ev, uint64_t end)
{
	uint64_t sent = atomic_load_explicit(&c->http2->sent, memory_order_relaxed);
	const struct gt_request_view *view = &c->http2->tx.head.view;
	struct gt_announced what = { .source = GT_SOURCE_MESSAGE, .is_http2 = true };
	struct gt_parentage par;
	struct gt_endpoint ep;

	if (!view->method.len || !view->target.len || gt_http2_head_is_grpc(&c->http2->tx.head))
		return;
	gt_stat_add(GT_STAT_REQUESTS, 1);
	ep = gt_match(view, gt_conn_peer(c));
	if (ep.api == GT_API_NONE) {
		gt_unread_request(view);
		return;
	}
	gt_context_new(view, &par);
	what.at = gt_mono_now();
	what.wall = gt_wall_now();
	what.stream = gt_stream_next();
	what.endpoint = &ep;
	what.parentage = &par;
	what.host = gt_outbound_host(c, view, &what.port);
	what.is_injected = !view->has_traceparent && plan_fields(c, ev, end, &par);
	if (!announce(c, ev->stream, sent + end, &what)) {
		if (what.is_injected)
			c->out.splice = (struct gt_splice){ 0 };
		return;
	}
	if (!view->has_traceparent)
		gt_stat_add(what.is_injected ? GT_STAT_INJECTED : GT_STAT_NOT_INJECTED, 1);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu: HTTP/2 %.*s %.*s host %.*s matched (api %d)",
	       (unsigned long long)what.stream, GT_STR_ARG(view->method), GT_STR_ARG(gt_target_path(view->target)),
	       GT_STR_ARG(view->host), ep.api);
}

static void sent_head(struct gt_conn *c, const struct gt_http2_event *ev, uint64_t end)
{
	struct gt_http2 *h = c->http2;

	gt_http2_head_begin(&h->tx.head);
	if (!decode(c, &h->tx, ev->bytes, gt_http2_head_field))
		return;
	if (ev->stream <= h->last_id) /* trailers */
		return;
	h->last_id = ev->stream;
	decide(c, ev, end);
}

/* `end`: how many bytes of the write were used up to the event. */
static void sent_event(struct gt_conn *c, const struct gt_http2_event *ev, uint64_t end)
{
	struct gt_http2 *h = c->http2;
	struct stream *s;

	switch (ev->kind) {
	case GT_HTTP2_BLOCK:
		sent_head(c, ev, end);
		break;
	case GT_HTTP2_DATA:
		s = find(h, ev->stream);
		if (s && !s->is_bare)
			gt_event_copy_request(s->events, &s->kept, gt_limits.body_max, ev->bytes.p, ev->bytes.len);
		break;
	case GT_HTTP2_RESET:
		s = find(h, ev->stream);
		if (!s)
			break;
		emit_end(s, UINT64_MAX, GT_END_CLOSED, 0);
		atomic_store_explicit(&s->over, ev->stream, memory_order_relaxed);
		atomic_store_explicit(&h->has_over, true, memory_order_release);
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------------- what is sent */

static bool is_followed(const struct gt_conn *c)
{
	return !atomic_load_explicit(&c->has_ended, memory_order_relaxed);
}

/* FNV-1a of the bytes from `from` to `to`, only to recognise them when they are offered again. */
static uint64_t digest_of(const struct iovec *iov, int n, uint64_t from, uint64_t to)
{
	uint64_t h = 0xcbf29ce484222325ULL, at = 0;

	for (int i = 0; i < n && at < to; at += iov[i++].iov_len) {
		const unsigned char *p = iov[i].iov_base;

		for (uint64_t k = from > at ? from - at : 0; k < iov[i].iov_len && at + k < to; k++)
			h = (h ^ p[k]) * 0x100000001b3ULL;
	}
	return h;
}

/* Where the last header block ends that is complete before `to`; 0 when none does. */
static uint64_t end_of_blocks(const struct gt_http2 *h, const struct iovec *iov, int n, uint64_t from, uint64_t to)
{
	struct gt_http2_frames dry = h->tx.frames;
	struct gt_http2_event ev;
	uint64_t at = 0, last = 0;

	dry.block = NULL;
	for (int i = 0; i < n && at < to; at += iov[i++].iov_len) {
		uint64_t k = from > at ? from - at : 0, len = iov[i].iov_len < to - at ? iov[i].iov_len : to - at;

		if (k >= len)
			continue;
		do {
			ssize_t used = gt_http2_feed(&dry, (const char *)iov[i].iov_base + k, len - k, &ev);

			if (used < 0)
				return last;
			k += (uint64_t)used;
			if (ev.kind == GT_HTTP2_BLOCK)
				last = at + k;
		} while (ev.kind != GT_HTTP2_MORE);
	}
	return last;
}

/* Parses the bytes from `from` to `to` of a write. */
static void parse_sent(struct gt_conn *c, const struct iovec *iov, int n, uint64_t from, uint64_t to)
{
	struct gt_http2 *h = c->http2;
	struct gt_http2_event ev;
	uint64_t at = 0;

	for (int i = 0; i < n && at < to; at += iov[i++].iov_len) {
		uint64_t k = from > at ? from - at : 0, len = iov[i].iov_len < to - at ? iov[i].iov_len : to - at;

		if (k >= len)
			continue;
		do {
			ssize_t used = gt_http2_feed(&h->tx.frames, (const char *)iov[i].iov_base + k, len - k, &ev);

			if (used < 0) {
				gt_conn_leave(c);
				return;
			}
			k += (uint64_t)used;
			sent_event(c, &ev, at + k);
		} while (ev.kind != GT_HTTP2_MORE && is_followed(c));
	}
}

size_t gt_http2_first_part(const struct gt_conn *c, const char *p, size_t len, size_t most)
{
	const struct gt_http2 *h = c->http2;
	struct gt_http2_frames dry = h->tx.frames;
	struct gt_http2_event ev;
	size_t at = 0, first = 0;

	if (most > len)
		most = len;
	if (!adds_fields || !is_followed(c) || h->ahead)
		return len;
	dry.block = NULL;
	do {
		ssize_t used = gt_http2_feed(&dry, p + at, most - at, &ev);

		if (used < 0)
			return len;
		at += (size_t)used;
		if (ev.kind == GT_HTTP2_BLOCK && first)
			return first;
		if (ev.kind == GT_HTTP2_BLOCK)
			first = at;
	} while (ev.kind != GT_HTTP2_MORE);
	return len;
}

static void plan(struct gt_conn *c, const struct iovec *iov, int n, size_t most)
{
	struct gt_http2 *h = c->http2;
	uint64_t to = gt_iov_len(iov, n), end;

	if (!is_followed(c) || !to)
		return;
	if (h->ahead && (to < h->ahead || digest_of(iov, n, 0, h->ahead) != h->ahead_digest)) {
		gt_conn_leave(c);
		return;
	}
	end = end_of_blocks(h, iov, n, h->ahead, to < most ? to : most);
	if (end <= h->ahead)
		return;
	parse_sent(c, iov, n, h->ahead, end);
	h->ahead = end;
}

void gt_http2_plan(struct gt_conn *c, const struct iovec *iov, int n, size_t most, bool may_change)
{
	struct gt_http2 *h = c->http2;

	h->may_change = may_change && adds_fields;
	plan(c, iov, n, most);
	h->may_change = false;
	/* What has begun on the wire must be completed, whatever happened to the connection. So must what a TLS library has
	 * refused: it has encrypted it, and wants the same bytes again. */
	if ((!may_change || !is_followed(c)) && !gt_splice_is_begun(&c->out.splice) && !c->retry.bytes)
		c->out.splice = (struct gt_splice){ 0 };
}

void gt_http2_sent(struct gt_conn *c, const struct iovec *iov, int n, size_t accepted)
{
	struct gt_http2 *h = c->http2;

	if (!is_followed(c))
		return;
	if (accepted > h->ahead) {
		parse_sent(c, iov, n, h->ahead, accepted);
		h->ahead = 0;
	} else if (h->ahead) {
		h->ahead_digest = digest_of(iov, n, accepted, h->ahead);
		h->ahead -= accepted;
	}
	atomic_store_explicit(&h->sent, atomic_load_explicit(&h->sent, memory_order_relaxed) + accepted, memory_order_relaxed);
}

/* ---------------------------------------------------------------- what is received */

static void received_head(struct gt_conn *c, const struct gt_http2_event *ev)
{
	struct gt_http2 *h = c->http2;
	struct stream *s = ev->is_promise ? NULL : find(h, ev->stream);
	bool is_head = s && !s->has_head; /* else trailers */

	gt_http2_head_begin(&h->rx.head);
	if (!decode(c, &h->rx, ev->bytes, is_head ? gt_http2_head_field : NULL) || !s)
		return;
	if (is_head && h->rx.head.status >= 200) { /* else it is interim */
		s->has_head = true;
		emit_head(GT_EVENT_RESPONSE_HEAD, s->events, &h->rx.head);
		gt_exporter_thread_want();
	}
	if (ev->is_end)
		end_stream(s, GT_END_COMPLETE, 0);
}

static void received_data(struct stream *s, struct gt_mono *at, struct gt_str bytes)
{
	if (gt_pool_leaves_out(s->events)) {
		s->gap += bytes.len;
		gt_stat_add(GT_STAT_DROP_FULL, 1);
	} else {
		if (!at->ns)
			*at = gt_mono_now();
		gt_event_copy_answer(s->events, &s->gap, NULL, *at, bytes.p, bytes.len);
	}
	gt_exporter_thread_want();
}

/* RFC 9113, 6.8 */
static void going(struct gt_http2 *h, uint32_t last)
{
	uint32_t used = atomic_load_explicit(&h->used, memory_order_acquire);

	for (uint32_t i = 0; i < used; i++)
		if (atomic_load_explicit(&h->streams[i].id, memory_order_acquire) > last)
			end_stream(&h->streams[i], GT_END_RESET, ECONNRESET);
}

static void received_event(struct gt_conn *c, const struct gt_http2_event *ev, struct gt_mono *at)
{
	struct gt_http2 *h = c->http2;
	struct stream *s;

	switch (ev->kind) {
	case GT_HTTP2_BLOCK:
		received_head(c, ev);
		break;
	case GT_HTTP2_DATA:
		s = find(h, ev->stream);
		if (s)
			received_data(s, at, ev->bytes);
		break;
	case GT_HTTP2_END:
		s = find(h, ev->stream);
		if (s)
			end_stream(s, GT_END_COMPLETE, 0);
		break;
	case GT_HTTP2_RESET:
		s = find(h, ev->stream);
		if (s)
			end_stream(s, GT_END_RESET, ECONNRESET);
		break;
	case GT_HTTP2_GOING:
		going(h, ev->stream);
		break;
	default:
		break;
	}
}

/* Frees the slots of exchanges that the transmit side has ended. */
static void sweep(struct gt_http2 *h)
{
	uint32_t used = atomic_load_explicit(&h->used, memory_order_acquire);

	/* acquire: pairs with the release in sent_event(); what it has ended is seen, now or the next time */
	atomic_exchange_explicit(&h->has_over, false, memory_order_acquire);
	for (uint32_t i = 0; i < used; i++) {
		struct stream *s = &h->streams[i];
		uint32_t id = atomic_load_explicit(&s->id, memory_order_relaxed);

		/* the receive side alone frees slots: `id` does not change here */
		if (id && atomic_load_explicit(&s->over, memory_order_relaxed) == id)
			free_stream(s);
	}
}

void gt_http2_received(struct gt_conn *c, const struct iovec *iov, int n, size_t len)
{
	struct gt_http2 *h = c->http2;
	struct gt_http2_event ev;
	struct gt_mono at = { 0 };

	if (gt_unlikely(atomic_load_explicit(&h->has_over, memory_order_relaxed)))
		sweep(h);
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;
		const char *p = iov[i].iov_base;

		len -= part;
		if (!part)
			continue;
		do {
			ssize_t used;

			if (!is_followed(c))
				return;
			used = gt_http2_feed(&h->rx.frames, p, part, &ev);
			if (used < 0) {
				gt_conn_leave(c);
				return;
			}
			p += used;
			part -= (size_t)used;
			received_event(c, &ev, &at);
		} while (ev.kind != GT_HTTP2_MORE);
	}
}
