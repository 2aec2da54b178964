#include "exporter/exchange/assemble.h"

#include <errno.h>
#include <stdlib.h>

/* by default uthash exits the process when memory runs out */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "exporter/exchange/socket.h"
#include "shim/shared/check.h"

#define RESPONSE_HEAD_MAX (64 * 1024)

/* One connection, or one libcurl transfer. */
struct stream {
	UT_hash_handle hh;
	uint64_t id;
	struct gt_http1 framing;	   /* of responses; streams only */
	bool is_final;			   /* the current response is not interim (1xx) */
	struct gt_buf head;		   /* a response head that is not complete yet */
	bool refused;			   /* the responses are not HTTP or have a gap: nothing more is read */
	struct gt_socket *socket;	   /* after the handshake of a WebSocket; owned */
	bool is_switching;		   /* a 101 came before the request that it answers: `head` has what follows it */
	struct gt_call *first, *last;	   /* open exchanges in the order of their requests */
	struct gt_event *kept, *last_kept; /* owned by `owner`: the events of these exchanges, oldest first */
};

struct gt_assemble {
	struct stream *streams;
	size_t open;
	size_t body_max;
	size_t left; /* bytes of bodies that may still be kept */
	gt_call_document *on_document;
	gt_call_done *done;
	void *ctx;
	struct gt_event_owner owner; /* of the kept events */
};

struct gt_assemble *gt_assemble_new(size_t body_max, gt_call_document *on_document, gt_call_done *done, void *ctx)
{
	struct gt_assemble *a = calloc(1, sizeof(*a));

	if (a) {
		a->body_max = body_max;
		a->left = SIZE_MAX;
		a->on_document = on_document;
		a->done = done;
		a->ctx = ctx;
	}
	return a;
}

void gt_assemble_bound(struct gt_assemble *a, size_t bytes)
{
	a->left = bytes;
}

size_t gt_assemble_open(const struct gt_assemble *a)
{
	return a->open;
}

/* ---------------------------------------------------------------- streams and their exchanges */

static struct stream *find_stream(struct gt_assemble *a, uint64_t id)
{
	struct stream *s;

	HASH_FIND(hh, a->streams, &id, sizeof(id), s);
	return s;
}

static struct stream *make_stream(struct gt_assemble *a, uint64_t id)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->id = id;
	gt_buf_init(&s->head, RESPONSE_HEAD_MAX);
	gt_http1_init(&s->framing, GT_HTTP1_RESPONSE, RESPONSE_HEAD_MAX);
	HASH_ADD(hh, a->streams, id, sizeof(s->id), s);
	if (!s->hh.tbl) {
		free(s);
		return NULL;
	}
	return s;
}

static void give_back_kept(struct gt_assemble *a, struct stream *s)
{
	for (struct gt_event *e = s->kept, *next; e; e = next) {
		next = e->next;
		a->owner.give_back(e);
	}
	s->kept = s->last_kept = NULL;
}

static void drop_stream(struct gt_assemble *a, struct stream *s)
{
	give_back_kept(a, s);
	HASH_DEL(a->streams, s);
	if (s->socket)
		a->open -= gt_socket_open(s->socket);
	gt_socket_free(s->socket);
	gt_buf_free(&s->head);
	free(s);
}

/* Without an open exchange, earlier bytes answered no request, and the next bytes begin with a head. */
static void expect_head(struct stream *s)
{
	if (s->first)
		return;
	gt_http1_init(&s->framing, GT_HTTP1_RESPONSE, RESPONSE_HEAD_MAX);
	gt_buf_reset(&s->head);
}

static void push(struct gt_assemble *a, struct stream *s, struct gt_call *c)
{
	if (s->last)
		s->last->next = c;
	else
		s->first = c;
	s->last = c;
	a->open++;
}

/* Removes the first open exchange from the queue. */
static struct gt_call *shift(struct gt_assemble *a, struct stream *s)
{
	struct gt_call *c = s->first;

	s->first = c->next;
	if (!s->first)
		s->last = NULL;
	c->next = NULL;
	a->open--;
	return c;
}

/* Drops an exchange that did not take place. `done` frees it, because genai.c owns its reading. */
static void forget(struct gt_assemble *a, struct gt_call *c)
{
	if (c->is_placeholder) {
		gt_call_free(c);
		return;
	}
	c->outcome = GT_OUTCOME_NEVER;
	a->done(a->ctx, c);
}

static void forget_all(struct gt_assemble *a, struct stream *s)
{
	while (s->first)
		forget(a, shift(a, s));
}

/* Whether any of the request was sent. Without memory for its bytes, it counts as sent. */
static bool is_sent(const struct gt_call *c)
{
	return c->is_request_seen || c->is_request_cut || c->begin.is_bare;
}

/* Drops the last exchange when none of its request was sent: the application sent something else instead. */
static void forget_unsent(struct gt_assemble *a, struct stream *s)
{
	struct gt_call *before = s->first, *unsent = s->last;

	if (!unsent || is_sent(unsent))
		return;
	if (before == unsent) {
		forget(a, shift(a, s));
		return;
	}
	while (before->next != unsent)
		before = before->next;
	before->next = NULL;
	s->last = before;
	a->open--;
	forget(a, unsent);
}

/* Ends the first open exchange. */
static void finish_first(struct gt_assemble *a, struct stream *s, enum gt_outcome outcome, struct gt_str failure,
			 struct gt_mono at)
{
	struct gt_call *c = shift(a, s);

	/* announced and never sent; a request with a response was sent, even if its events were dropped */
	if (c->is_placeholder || (!is_sent(c) && !c->response.status)) {
		forget(a, c);
		return;
	}
	if (!c->is_request_seen)
		c->is_request_cut = true;
	if (outcome != GT_OUTCOME_COMPLETE || c->begin.source == GT_SOURCE_MESSAGE || !c->ended.ns)
		c->ended = at;
	c->outcome = outcome;
	c->failure = failure;
	gt_call_end_body(c);
	a->done(a->ctx, c);
}

/* Ends the first open exchange if it only waited for its request. */
static void finish_answered(struct gt_assemble *a, struct stream *s)
{
	if (s->first && s->first->is_answered)
		finish_first(a, s, GT_OUTCOME_COMPLETE, GT_STR_NONE, s->first->ended);
}

static void finish_all(struct gt_assemble *a, struct stream *s, enum gt_outcome outcome, struct gt_str failure,
		       struct gt_mono at)
{
	finish_answered(a, s);
	while (s->first)
		finish_first(a, s, outcome, failure, at);
}

/* The response of the first open exchange is complete. A server may refuse a request before it has all of it; else the
 * exchange waits for what the application has sent. */
static void answered(struct gt_assemble *a, struct stream *s, struct gt_mono at)
{
	struct gt_call *c = s->first;

	if (c->response.status < 300 && !c->next && !gt_call_has_request(c)) {
		c->is_answered = true;
		c->ended = at;
	} else {
		finish_first(a, s, GT_OUTCOME_COMPLETE, GT_STR_NONE, at);
	}
}

/* ---------------------------------------------------------------- WebSockets */

/* The first exchange was the handshake: its call is over, and the connection is a WebSocket from here on. Its open turns count
 * as open exchanges. */
static void become_socket(struct gt_assemble *a, struct stream *s, struct gt_mono at)
{
	s->first->ended = at;
	s->socket = gt_socket_new(s->first, &a->left, a->done);
	s->is_switching = false;
	finish_first(a, s, GT_OUTCOME_COMPLETE, GT_STR_NONE, at);
	s->refused = true; /* no answer in HTTP follows */
	finish_all(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, at);
}

static void feed_socket(struct gt_assemble *a, struct stream *s, bool is_sent, struct gt_mono at, struct gt_str bytes)
{
	a->open -= gt_socket_open(s->socket);
	gt_socket_bytes(s->socket, is_sent, at, bytes);
	a->open += gt_socket_open(s->socket);
}

static void end_socket(struct gt_assemble *a, struct stream *s, enum gt_outcome outcome, struct gt_str failure,
		       struct gt_mono at)
{
	if (!s->socket)
		return;
	a->open -= gt_socket_open(s->socket);
	gt_socket_end(s->socket, outcome, failure, at);
	gt_socket_free(s->socket);
	s->socket = NULL;
}

/* Ends everything that is open on a connection. */
static void end_stream(struct gt_assemble *a, struct stream *s, enum gt_outcome outcome, struct gt_str failure,
		       struct gt_mono at)
{
	finish_all(a, s, outcome, failure, at);
	end_socket(a, s, outcome, failure, at);
}

static bool is_handshake(const struct gt_call *c)
{
	return !c->is_placeholder && gt_api_is_socket(c->begin.api) && c->begin.source == GT_SOURCE_STREAM &&
	       c->response.status == 101;
}

/* ---------------------------------------------------------------- events */

static void on_begin(struct gt_assemble *a, struct stream *s, const struct gt_event *e)
{
	struct gt_call *c = gt_call_new(e, a->body_max, a->on_document, a->ctx);

	if (!c)
		return;
	gt_call_share(c, &a->left);
	for (struct gt_call *before = s->first; c->begin.is_after_gap && before; before = before->next)
		gt_call_damage(before, GT_DAMAGE_GAP);
	if (c->begin.is_after_gap)
		finish_all(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, e->at);
	forget_unsent(a, s);
	end_socket(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, e->at);
	expect_head(s);
	s->refused &= s->first != NULL;
	push(a, s, c);
}

static void on_placeholder(struct gt_assemble *a, struct stream *s, const struct gt_event *e)
{
	struct gt_call *c = gt_call_placeholder(((const struct gt_placeholder *)e->data)->has_no_body);

	forget_unsent(a, s);
	expect_head(s);
	if (c)
		push(a, s, c);
}

/* One step of the framing. Returns bytes used, or -1. */
static ssize_t step_response(struct gt_assemble *a, struct stream *s, struct gt_mono at, const char *p, size_t len, bool *more)
{
	struct gt_http1_event ev;
	struct gt_call *c = s->first;
	ssize_t used;

	s->framing.has_no_body = c->is_placeholder && c->placeholder_no_body;
	used = gt_http1_feed(&s->framing, p, len, &ev);
	if (used < 0)
		return -1;
	*more = ev.kind != GT_HTTP1_MORE;
	if (ev.kind == GT_HTTP1_HEAD) {
		/* 1xx is interim: the final response follows. Except 101, after which the connection is not HTTP. */
		s->is_final = ev.head.status >= 200 || ev.head.status == 101;
		if (s->is_final && !c->is_placeholder)
			gt_call_response_head(c, at, gt_str_make(p, (size_t)used));
	} else if (ev.kind == GT_HTTP1_DATA && !c->is_placeholder) {
		gt_call_response_body(c, at, ev.data);
	} else if (ev.kind == GT_HTTP1_END && is_handshake(c)) {
		*more = false;
		s->is_switching = true;
		if (c->request.len || c->is_request_cut)
			become_socket(a, s, at);
	} else if (ev.kind == GT_HTTP1_END && s->is_final && c->response.status == 101) {
		/* the server goes on in a protocol that is not read here (RFC 9110, 7.8) */
		finish_first(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, at);
	} else if (ev.kind == GT_HTTP1_END && s->is_final) {
		answered(a, s, at);
	}
	return used;
}

/* Stops reading responses on this connection until the application begins another exchange. */
static void refuse(struct gt_assemble *a, struct stream *s, struct gt_mono at)
{
	s->refused = true;
	finish_all(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, at);
}

static void on_response(struct gt_assemble *a, struct stream *s, struct gt_mono at, struct gt_str in)
{
	bool more = true, buffered = s->head.len > 0;
	ssize_t used;

	if (buffered || s->is_switching) {
		if (!gt_buf_add(&s->head, in.p, in.len)) {
			refuse(a, s, at);
			return;
		}
		in = gt_buf_str(&s->head);
	}
	if (s->is_switching)
		return;
	while (s->first && !s->first->is_answered && more) {
		used = step_response(a, s, at, in.p, in.len, &more);
		if (used < 0) {
			refuse(a, s, at);
			return;
		}
		in = gt_str_skip(in, (size_t)used);
	}
	if (s->socket) {
		feed_socket(a, s, false, at, in);
		gt_buf_reset(&s->head);
		return;
	}
	if (s->first && s->first->is_answered) /* nothing was asked that these bytes could answer */
		in.len = 0;
	/* the remaining bytes are the beginning of a head */
	if (buffered)
		gt_buf_drop(&s->head, s->head.len - in.len);
	else if (in.len && s->first && !gt_buf_add(&s->head, in.p, in.len))
		refuse(a, s, at);
}

static void on_gap(struct gt_assemble *a, struct stream *s, const struct gt_event *e)
{
	const struct gt_gap *gap = (const struct gt_gap *)e->data;

	if (s->socket) {
		a->open -= gt_socket_open(s->socket);
		gt_socket_gap(s->socket, e->at, gap->bytes);
		a->open += gt_socket_open(s->socket);
	}
	if (!s->first)
		return;
	if (!s->first->is_placeholder)
		gt_call_damage(s->first, GT_DAMAGE_GAP);
	if (s->first->begin.source == GT_SOURCE_MESSAGE)
		return;
	if (!gt_http1_skip(&s->framing, gap->bytes)) {
		refuse(a, s, e->at);
		return;
	}
	s->first->ended = e->at;
	on_response(a, s, e->at, GT_STR("")); /* the gap may have reached the end of the response */
}

/* The fixed list of transport words (GenAI conventions: low-cardinality error.type). */
static struct gt_str word_of_errno(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return GT_STR("connection_refused");
	case ETIMEDOUT:
		return GT_STR("timeout");
	case EHOSTUNREACH:
	case ENETUNREACH:
		return GT_STR("unreachable");
	default:
		return GT_STR("connection_reset");
	}
}

/* CURLcode numbers are libcurl's ABI. */
static struct gt_str word_of_curl(int code, int os_errno)
{
	switch (code) {
	case 5: /* COULDNT_RESOLVE_PROXY */
	case 6: /* COULDNT_RESOLVE_HOST */
		return GT_STR("dns_error");
	case 7: /* COULDNT_CONNECT */
		return os_errno ? word_of_errno(os_errno) : GT_STR("connection_refused");
	case 28: /* OPERATION_TIMEDOUT */
		return GT_STR("timeout");
	case 35: /* SSL_CONNECT_ERROR */
	case 51:
	case 53:
	case 54:
	case 58:
	case 59:
	case 60: /* PEER_FAILED_VERIFICATION */
	case 64:
	case 66:
	case 77:
	case 80:
	case 82:
	case 83:
	case 90:
	case 91:
		return GT_STR("tls_error");
	case 23: /* WRITE_ERROR: the application's callback refused */
	case 42: /* ABORTED_BY_CALLBACK */
		return GT_STR("cancelled");
	case 18: /* PARTIAL_FILE */
	case 52: /* GOT_NOTHING */
	case 55: /* SEND_ERROR */
	case 56: /* RECV_ERROR */
		return GT_STR("connection_reset");
	default:
		return GT_STR("_OTHER");
	}
}

static void on_end(struct gt_assemble *a, struct stream *s, const struct gt_event *e)
{
	const struct gt_end *end = (const struct gt_end *)e->data;
	struct gt_str word;

	switch (end->why) {
	case GT_END_EOF:
		if (s->first && !s->refused && gt_http1_close(&s->framing) && s->is_final)
			finish_first(a, s, GT_OUTCOME_COMPLETE, GT_STR_NONE, e->at);
		end_stream(a, s, GT_OUTCOME_CUT, GT_STR_NONE, e->at);
		break;
	case GT_END_RESET:
		end_stream(a, s, GT_OUTCOME_FAILED, word_of_errno(end->code), e->at);
		break;
	case GT_END_CURL:
		word = end->code ? word_of_curl(end->code, end->os_errno) : GT_STR_NONE;
		finish_all(a, s,
			   !end->code				? GT_OUTCOME_COMPLETE :
			   gt_str_eq(word, GT_STR("cancelled")) ? GT_OUTCOME_ABANDONED :
								  GT_OUTCOME_FAILED,
			   word, e->at);
		break;
	case GT_END_COMPLETE:
		finish_all(a, s, GT_OUTCOME_COMPLETE, GT_STR_NONE, e->at);
		break;
	case GT_END_NEVER:
		forget_all(a, s);
		break;
	case GT_END_LOST:
		end_stream(a, s, GT_OUTCOME_UNREADABLE, GT_STR_NONE, e->at);
		break;
	default: /* GT_END_CLOSED, GT_END_REMOVED */
		end_stream(a, s, GT_OUTCOME_ABANDONED, GT_STR_NONE, e->at);
		break;
	}
	drop_stream(a, s);
}

/* What the application sent. */
static void on_request(struct gt_assemble *a, struct stream *s, struct gt_mono at, struct gt_str bytes)
{
	if (s->socket)
		feed_socket(a, s, true, at, bytes);
	else if (s->last && s->last->begin.source == GT_SOURCE_MESSAGE)
		gt_call_request_body(s->last, bytes);
	else if (s->last && !s->last->is_placeholder)
		gt_call_request_bytes(s->last, bytes);
	if (s->is_switching && s->first && s->first->request.len) {
		become_socket(a, s, at);
		if (s->socket)
			feed_socket(a, s, false, at, gt_buf_str(&s->head));
		gt_buf_reset(&s->head);
	}
	if (s->first && s->first->is_answered && gt_call_has_request(s->first))
		finish_answered(a, s);
}

static void on_response_head(struct stream *s, const struct gt_event *e)
{
	if (s->first)
		gt_call_response_head(s->first, e->at, gt_str_make(e->data, e->len));
}

void gt_assemble_event(struct gt_assemble *a, const struct gt_event *e)
{
	struct gt_str bytes = gt_str_make(e->data, e->len);
	struct stream *s = find_stream(a, e->stream);

	if (!s && e->type == GT_EVENT_BEGIN)
		s = make_stream(a, e->stream);
	if (!s)
		return;
	if (e->type != GT_EVENT_REQUEST && e->type != GT_EVENT_RESPONSE && e->type != GT_EVENT_PARENT)
		finish_answered(a, s);
	switch (e->type) {
	case GT_EVENT_BEGIN:
		on_begin(a, s, e);
		break;
	case GT_EVENT_REQUEST_HEAD:
		if (s->last)
			gt_call_request_head(s->last, bytes);
		break;
	case GT_EVENT_REQUEST:
		on_request(a, s, e->at, bytes);
		break;
	case GT_EVENT_REQUEST_CUT:
		if (s->socket)
			gt_socket_cut(s->socket);
		else if (s->last)
			s->last->is_request_cut = true;
		break;
	case GT_EVENT_RESPONSE_HEAD:
		on_response_head(s, e);
		break;
	case GT_EVENT_RESPONSE:
		if (s->socket)
			feed_socket(a, s, false, e->at, bytes);
		if (s->refused || !s->first)
			break;
		if (s->first->begin.source == GT_SOURCE_MESSAGE)
			gt_call_response_body(s->first, e->at, bytes);
		else
			on_response(a, s, e->at, bytes);
		break;
	case GT_EVENT_PARENT:
		if (s->last)
			gt_call_new_parent(s->last, e);
		break;
	case GT_EVENT_GAP:
		on_gap(a, s, e);
		break;
	case GT_EVENT_FENCE:
		/* the application began another exchange, so the response is over, whatever the framing says */
		while (s->first)
			finish_first(a, s, GT_OUTCOME_CUT, GT_STR_NONE, s->first->ended.ns ? s->first->ended : e->at);
		break;
	case GT_EVENT_PLACEHOLDER:
		on_placeholder(a, s, e);
		break;
	case GT_EVENT_END:
		on_end(a, s, e);
		break;
	default:
		GT_ODD("event type");
	}
}

void gt_assemble_take(struct gt_assemble *a, struct gt_event *e, const struct gt_event_owner *owner)
{
	uint64_t id = e->stream;
	struct stream *s;

	a->owner = *owner;
	gt_assemble_event(a, e);
	s = find_stream(a, id);
	if (!s || !s->first) {
		if (s)
			give_back_kept(a, s);
		owner->give_back(e);
		return;
	}
	/* the events of an earlier exchange that is over stay with those of the later one: they are few */
	if (s->kept && s->kept->is_partial) {
		owner->give_back(e);
		return;
	}
	if (!owner->keep(e)) {
		if (s->kept)
			s->kept->is_partial = true;
		owner->give_back(e);
		return;
	}
	e->next = NULL;
	if (s->last_kept)
		s->last_kept->next = e;
	else
		s->kept = e;
	s->last_kept = e;
}

static struct gt_mono latest(const struct gt_call *c)
{
	struct gt_mono at = c->began;

	if (c->last_data.ns > at.ns)
		at = c->last_data;
	return c->ended.ns > at.ns ? c->ended : at;
}

void gt_assemble_end_killed(struct gt_assemble *a)
{
	struct stream *s, *next;

	HASH_ITER (hh, a->streams, s, next) {
		finish_answered(a, s);
		while (s->first)
			finish_first(a, s, GT_OUTCOME_KILLED, GT_STR_NONE, latest(s->first));
		if (s->socket)
			end_socket(a, s, GT_OUTCOME_KILLED, GT_STR_NONE, gt_socket_latest(s->socket));
		drop_stream(a, s);
	}
}

void gt_assemble_end_all(struct gt_assemble *a, struct gt_mono at)
{
	struct stream *s, *next;

	HASH_ITER (hh, a->streams, s, next) {
		end_stream(a, s, GT_OUTCOME_ABANDONED, GT_STR_NONE, at);
		drop_stream(a, s);
	}
}

void gt_assemble_free(struct gt_assemble *a)
{
	struct stream *s, *next;

	if (!a)
		return;
	HASH_ITER (hh, a->streams, s, next) {
		forget_all(a, s);
		drop_stream(a, s);
	}
	free(a);
}
