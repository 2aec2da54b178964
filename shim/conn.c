/*
 * The life of a connection: slots, references, peer, end.
 */
#include "shim/conn_events.h"
#include "shim/conn_state.h"
#include "shim/handoff.h"
#include "shim/shared/check.h"
#include "shim/shared/compiler.h"
#include "shim/shared/limits.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/unread.h"

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

static _Atomic uint32_t shares; /* blocks of the pool that unfinished heads hold */

static struct gt_conn *take_slot(void)
{
	uint64_t head = atomic_load_explicit(&free_slots, memory_order_acquire);
	uint32_t fresh;

	while ((uint32_t)head) {
		struct gt_conn *c = &slots[(uint32_t)head - 1];
		uint64_t next = ((head >> 32) + 1) << 32 | __atomic_load_n(&c->free_below, __ATOMIC_RELAXED);

		if (atomic_compare_exchange_weak_explicit(&free_slots, &head, next, memory_order_acquire, memory_order_acquire))
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
	while (!atomic_compare_exchange_weak_explicit(&free_slots, &head, ((head >> 32) + 1) << 32 | (gt_conn_index(c) + 1),
						      memory_order_release, memory_order_relaxed));
}

void gt_conn_no_room(void)
{
	if (gt_stat_get(GT_STAT_CONN_FULL) == 0)
		gt_log(GT_LOG_CONN, GT_LOG_INFO, "too many connections at once: calls on the others are not seen");
	gt_stat_add(GT_STAT_CONN_FULL, 1);
}

struct gt_conn *gt_conn_new(enum gt_role role, bool is_tls)
{
	struct gt_conn *c = take_slot();

	if (!c) {
		gt_conn_no_room();
		return NULL;
	}
	c->role = (uint8_t)role;
	c->is_tls = is_tls;
	atomic_store_explicit(&c->stream, gt_stream_next(), memory_order_relaxed);
	c->tx.stream = c->rx.stream = gt_conn_stream(c);
	c->socket = 0;
	c->fd = -1;
	c->peer_len = 0;
	c->http2 = NULL;
	atomic_store_explicit(&c->entries, 1, memory_order_relaxed);
	atomic_store_explicit(&c->is_aliased, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_tx_busy, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_rx_busy, false, memory_order_relaxed);
	atomic_store_explicit(&c->has_ended, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_adrift, false, memory_order_relaxed);
	atomic_store_explicit(&c->was_http, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_tunnel, false, memory_order_relaxed);
	atomic_store_explicit(&c->has_bytes, false, memory_order_relaxed);
	atomic_store_explicit(&c->has_answered, false, memory_order_relaxed);
	c->tx.is_blind = c->rx.is_blind = false;
	atomic_store_explicit(&c->is_answer_wanted, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_half_closed, false, memory_order_relaxed);
	gt_inbound_init(&c->in);
	gt_http1_init(&c->tx.http, role == GT_ROLE_OUTBOUND ? GT_HTTP1_REQUEST : GT_HTTP1_RESPONSE, GT_CONN_HEAD_MAX);
	gt_http1_init(&c->rx.http, GT_HTTP1_REQUEST, GT_CONN_HEAD_MAX);
	gt_outbound_init(&c->out);
	c->is_ours = false;
	c->is_guess = false;
	c->kept = 0;
	c->ahead = 0;
	c->gap = 0;
	c->is_bare = false;
	atomic_store_explicit(&c->has_gap, false, memory_order_relaxed);
	atomic_store_explicit(&c->is_gap_reported, false, memory_order_relaxed);
	/* release: pairs with gt_conn_ref(), which makes the fields above visible */
	atomic_store_explicit(&c->refs, 1, memory_order_release);
	return c;
}

struct gt_conn *gt_conn_new_http2(bool is_tls)
{
	struct gt_http2 *h = gt_http2_new();
	struct gt_conn *c = h ? gt_conn_new(GT_ROLE_OUTBOUND, is_tls) : NULL;

	if (c)
		c->http2 = h;
	else if (h)
		gt_http2_free(h);
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

void gt_conn_unref(struct gt_conn *c)
{
	struct gt_event *end;

	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	end = atomic_exchange_explicit(&c->end, NULL, memory_order_acquire);
	if (end)
		gt_event_free(end);
	gt_conn_drop_head(c, &c->tx);
	gt_conn_drop_head(c, &c->rx);
	gt_conn_drop_event(&c->out.lines);
	if (c->http2)
		gt_http2_free(c->http2);
	gt_write_retry_drop(&c->retry);
	gt_inbound_next_request(&c->in); /* what names a request of this connection names none of the next */
	give_slot(c);
}

bool gt_conn_alias(struct gt_conn *c)
{
	if (!gt_conn_ref(c))
		return false;
	atomic_fetch_add_explicit(&c->entries, 1, memory_order_relaxed);
	atomic_store_explicit(&c->is_aliased, true, memory_order_relaxed);
	return true;
}

bool gt_conn_is_aliased(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->is_aliased, memory_order_relaxed);
}

void gt_conn_close(struct gt_conn *c)
{
	if (atomic_fetch_sub_explicit(&c->entries, 1, memory_order_relaxed) == 1)
		gt_conn_end(c, GT_END_CLOSED, 0);
	gt_conn_unref(c);
}

void gt_conn_drop_event(struct gt_event **e)
{
	if (*e)
		gt_event_free(*e);
	*e = NULL;
}

bool gt_conn_take_share(void)
{
	uint64_t max = gt_limits.memory_max / GT_CONN_SHARE / GT_CONN_HEAD_MAX;

	if (atomic_fetch_add_explicit(&shares, 1, memory_order_relaxed) < max)
		return true;
	gt_conn_give_share();
	return false;
}

void gt_conn_give_share(void)
{
	atomic_fetch_sub_explicit(&shares, 1, memory_order_relaxed);
}

void gt_conn_drop_head(struct gt_conn *c, struct gt_conn_side *s)
{
	if (s->head && s == &c->rx)
		gt_conn_give_share();
	gt_conn_drop_event(&s->head);
}

struct gt_write_retry *gt_conn_write_retry(struct gt_conn *c)
{
	return &c->retry;
}

struct gt_str gt_conn_peer(const struct gt_conn *c)
{
	return gt_str_make(c->peer, c->peer_len);
}

enum gt_role gt_conn_role(const struct gt_conn *c)
{
	return (enum gt_role)c->role;
}

bool gt_conn_is_http2(const struct gt_conn *c)
{
	return c->http2 != NULL;
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

void gt_conn_guess(struct gt_conn *c)
{
	c->is_guess = true;
}

bool gt_conn_is_in_write(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->is_tx_busy, memory_order_relaxed);
}

bool gt_conn_has_bytes(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->has_bytes, memory_order_relaxed);
}

bool gt_conn_has_alias(const struct gt_conn *c)
{
	return atomic_load_explicit(&c->entries, memory_order_relaxed) > 1;
}

bool gt_conn_may_be_http(const char *p, size_t len)
{
	struct gt_http1_head head;

	return len && gt_http1_parse_head(GT_HTTP1_REQUEST, p, len, NULL, &head) >= 0;
}

/* ---------------------------------------------------------------- ends */

/* A server may end its answer by closing (RFC 9112, 6.3): to the framing that is an end of file. A client may close its
 * sending half and still wait for the answer. */
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
	/* seq_cst here, in gt_conn_lose() and in gt_conn_announce(): either this call sees the END event, or the
	 * announcement sees the flag */
	if (atomic_exchange_explicit(&c->has_ended, true, memory_order_seq_cst))
		return;
	atomic_store_explicit(&c->is_answer_wanted, false, memory_order_relaxed);
	gt_inbound_drop_pending(&c->in);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu ends: why %d code %d", (unsigned long long)gt_conn_stream(c), (int)why,
	       code);
	gt_conn_emit_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), why, code);
	if (c->http2)
		gt_http2_end(c, why, code);
}

static void count_loss(struct gt_conn *c)
{
	bool is_open =
		c->http2 ? gt_http2_has_open(c->http2) : atomic_load_explicit(&c->is_answer_wanted, memory_order_relaxed);

	gt_stat_add(is_open ? GT_STAT_CONN_LOST : GT_STAT_CONN_NOT_HTTP, 1);
	if (c->http2)
		gt_unread_http2(gt_conn_peer(c), c->fd);
}

void gt_conn_leave(struct gt_conn *c)
{
	if (!atomic_load_explicit(&c->has_ended, memory_order_relaxed) &&
	    !atomic_load_explicit(&c->is_adrift, memory_order_relaxed))
		count_loss(c);
	gt_conn_end(c, GT_END_LOST, 0);
}

void gt_conn_lose(struct gt_conn *c)
{
	/* what never was HTTP, or may be another protocol by now, does not become HTTP */
	if (!atomic_load_explicit(&c->was_http, memory_order_relaxed) ||
	    atomic_load_explicit(&c->is_tunnel, memory_order_relaxed) ||
	    atomic_load_explicit(&c->out.is_offered, memory_order_relaxed)) {
		gt_conn_leave(c);
		return;
	}
	if (atomic_load_explicit(&c->has_ended, memory_order_relaxed) ||
	    atomic_exchange_explicit(&c->is_adrift, true, memory_order_seq_cst))
		return;
	count_loss(c);
	atomic_store_explicit(&c->is_answer_wanted, false, memory_order_relaxed);
	atomic_store_explicit(&c->has_answered, false, memory_order_relaxed);
	gt_inbound_drop_pending(&c->in);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu is lost", (unsigned long long)gt_conn_stream(c));
	gt_conn_emit_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), GT_END_LOST, 0);
}

void gt_conn_change_stream(struct gt_conn *c)
{
	gt_conn_emit_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), GT_END_LOST, 0);
	atomic_store_explicit(&c->stream, gt_stream_next(), memory_order_relaxed);
}

void gt_conn_resume(struct gt_conn *c, struct gt_conn_side *s)
{
	gt_http1_init(&s->http, GT_HTTP1_REQUEST, GT_CONN_HEAD_MAX);
	gt_conn_drop_head(c, s);
	c->is_ours = false;
	c->is_guess = true;
	gt_conn_change_stream(c);
	gt_stat_add(GT_STAT_CONN_RESUMED, 1);
	gt_log(GT_LOG_CONN, GT_LOG_DEBUG, "stream %llu takes a lost connection up again",
	       (unsigned long long)gt_conn_stream(c));
	/* release: pairs with the acquire in gt_conn_meet_stream(); the other side sees the new stream */
	atomic_store_explicit(&c->is_adrift, false, memory_order_release);
}

void gt_conn_meet_stream(struct gt_conn *c)
{
	struct gt_conn_side *s = c->role == GT_ROLE_INBOUND ? &c->tx : &c->rx;
	uint64_t stream = gt_conn_stream(c);

	if (gt_likely(s->stream == stream))
		return;
	s->stream = stream;
	c->gap = 0;
	c->fields = (struct gt_answer_fields){ 0 };
	atomic_store_explicit(&c->has_gap, false, memory_order_relaxed);
	gt_http1_init(&s->http, GT_HTTP1_RESPONSE, GT_CONN_HEAD_MAX);
	gt_conn_drop_head(c, s);
}

bool gt_conn_close_half(struct gt_conn *c, bool is_closed)
{
	return is_closed ? atomic_exchange_explicit(&c->is_half_closed, true, memory_order_relaxed) :
			   atomic_load_explicit(&c->is_half_closed, memory_order_relaxed);
}

bool gt_conn_is_lost(const struct gt_conn *c)
{
	/* acquire: pairs with the release in gt_conn_resume() */
	return atomic_load_explicit(&c->is_adrift, memory_order_acquire);
}

bool gt_conn_is_over(const struct gt_conn *c)
{
	/* header lines that are sent in part have to be completed, whatever happened to the connection */
	return atomic_load_explicit(&c->has_ended, memory_order_acquire) &&
	       !atomic_load_explicit(&c->out.is_text_due, memory_order_relaxed);
}

/* ---------------------------------------------------------------- what an inbound connection serves */

bool gt_conn_is_serving(const struct gt_conn *c)
{
	return gt_inbound_pending(&c->in) > 0;
}

#define NOTE	      (1U << 31)
#define NOTE_REQUESTS ((1U << 19) - 1)
#define NOTE_INDEX    12
GT_STATIC_ASSERT(GT_CONN_MAX == 1 << NOTE_INDEX, "a note holds the slot and the lower bits of the request's number");

uint32_t gt_conn_note(const struct gt_conn *c)
{
	/* acquire: what is read after it is not of the request before */
	uint32_t request = atomic_load_explicit(&c->in.request, memory_order_acquire);

	return NOTE | (request & NOTE_REQUESTS) << NOTE_INDEX | gt_conn_index(c);
}

/* The slot of a note, whatever is in it by now. Slots are never unmapped. */
static const struct gt_conn *slot_of(uint32_t note)
{
	return &slots[note & (GT_CONN_MAX - 1)];
}

bool gt_conn_is_note_open(uint32_t note)
{
	const struct gt_conn *c = slot_of(note);

	return gt_conn_note(c) == note && gt_conn_is_serving(c);
}

bool gt_conn_served_context(uint32_t note, struct gt_served *out)
{
	const struct gt_conn *c = slot_of(note);

	/* of several pipelined requests only the context of the latest is known, and that request is not served yet */
	return gt_conn_note(c) == note && gt_inbound_pending(&c->in) == 1 && gt_served_get(&c->in.served, note, out) &&
	       gt_conn_note(c) == note;
}

void gt_conn_after_fork(void)
{
	uint32_t n = atomic_load_explicit(&used_slots, memory_order_relaxed);

	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(&slots[i].refs, memory_order_relaxed) && slots[i].http2)
			gt_http2_after_fork(slots[i].http2);
	/* The events belong to the pool, which the child has just dropped. Refused writes belong to the parent's
	 * sessions. They are not freed: another library's malloc may not work so early in a child. */
	memset(slots, 0, n * sizeof(slots[0]));
	atomic_store_explicit(&free_slots, 0, memory_order_relaxed);
	atomic_store_explicit(&used_slots, 0, memory_order_relaxed);
	atomic_store_explicit(&shares, 0, memory_order_relaxed);
}
