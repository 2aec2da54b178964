#include "exporter/exchange/socket.h"

#include <stdlib.h>

struct gt_socket {
	struct gt_websocket sent, received;
	struct gt_turns *turns;
	bool is_sent_over; /* a direction of which nothing more is read */
	bool is_received_over;
	bool has_gap;
	struct gt_mono at; /* of the bytes that are being read */
};

/* What the server agreed to. False when the frames cannot be read. */
static bool agree(const struct gt_call *handshake, struct gt_websocket_terms *terms)
{
	struct gt_str fields = handshake->response.fields, name, value;

	*terms = (struct gt_websocket_terms){ .has_deflate = false };
	while (gt_http1_next_field(&fields, &name, &value))
		if (gt_str_ieq(name, GT_STR("sec-websocket-extensions")) && !gt_websocket_agree(terms, value))
			return false;
	return true;
}

struct gt_socket *gt_socket_new(const struct gt_call *handshake, size_t *left, gt_call_done *done)
{
	struct gt_websocket_terms terms;
	struct gt_socket *s;

	if (!agree(handshake, &terms))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	gt_websocket_init(&s->sent, handshake->body_max);
	gt_websocket_init(&s->received, handshake->body_max);
	gt_buf_share(&s->sent.message, left);
	gt_buf_share(&s->received.message, left);
	s->at = handshake->ended;
	s->turns = gt_turns_new(handshake, left, done);
	if (s->turns && (!terms.has_deflate || (gt_websocket_deflate(&s->sent, terms.resets_client) &&
						gt_websocket_deflate(&s->received, terms.resets_server))))
		return s;
	gt_socket_free(s);
	return NULL;
}

void gt_socket_free(struct gt_socket *s)
{
	if (!s)
		return;
	gt_turns_free(s->turns);
	gt_websocket_free(&s->sent);
	gt_websocket_free(&s->received);
	free(s);
}

static enum gt_damage damage(const struct gt_socket *s)
{
	return s->has_gap ? GT_DAMAGE_GAP : GT_DAMAGE_TOO_BIG;
}

static void on_message(struct gt_socket *s, bool is_sent, enum gt_websocket_kind kind, struct gt_str data)
{
	if (kind == GT_WEBSOCKET_LOST) {
		gt_turns_lost(s->turns, is_sent, damage(s));
	} else if (kind == GT_WEBSOCKET_CLOSE) {
		gt_turns_close(s->turns, is_sent, s->at, data);
		s->is_sent_over |= is_sent;
		s->is_received_over |= !is_sent;
	} else { /* Google sends JSON in binary messages */
		gt_turns_message(s->turns, is_sent, s->at, data);
	}
}

static void on_sent(void *ctx, enum gt_websocket_kind kind, struct gt_str data)
{
	struct gt_socket *s = ctx;

	if (!s->is_sent_over)
		on_message(s, true, kind, data);
}

static void on_received(void *ctx, enum gt_websocket_kind kind, struct gt_str data)
{
	struct gt_socket *s = ctx;

	if (!s->is_received_over)
		on_message(s, false, kind, data);
}

/* Where the next frame begins is unknown: no answer can be read any more. */
static void check_received(struct gt_socket *s)
{
	if (!s->received.is_broken || s->is_received_over)
		return;
	s->is_received_over = true;
	if (s->has_gap)
		gt_turns_lost(s->turns, false, GT_DAMAGE_GAP);
	gt_turns_end(s->turns, GT_OUTCOME_UNREADABLE, GT_STR_NONE, s->at);
}

void gt_socket_bytes(struct gt_socket *s, bool is_sent, struct gt_mono at, struct gt_str bytes)
{
	s->at = at;
	if (is_sent ? s->is_sent_over : s->is_received_over)
		return;
	if (is_sent)
		gt_websocket_feed(&s->sent, bytes.p, bytes.len, on_sent, s);
	else
		gt_websocket_feed(&s->received, bytes.p, bytes.len, on_received, s);
	if (s->sent.is_broken)
		gt_socket_cut(s);
	check_received(s);
}

void gt_socket_gap(struct gt_socket *s, struct gt_mono at, uint64_t n)
{
	s->at = at;
	s->has_gap = true;
	gt_websocket_skip(&s->received, n, on_received, s);
	check_received(s);
}

void gt_socket_cut(struct gt_socket *s)
{
	if (!s->is_sent_over)
		gt_turns_lost(s->turns, true, GT_DAMAGE_GAP);
	s->is_sent_over = true;
}

void gt_socket_end(struct gt_socket *s, enum gt_outcome outcome, struct gt_str failure, struct gt_mono at)
{
	gt_turns_end(s->turns, outcome, failure, at);
}

size_t gt_socket_open(const struct gt_socket *s)
{
	return gt_turns_open(s->turns);
}

struct gt_mono gt_socket_latest(const struct gt_socket *s)
{
	return s->at;
}
