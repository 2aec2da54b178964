#include "shim/conn_events.h"

#include "shim/conn_state.h"
#include "shim/event_copy.h"
#include "shim/exporter_thread.h"
#include "shim/handoff.h"
#include "shim/query_key.h"
#include "shim/shared/compiler.h"
#include "shim/shared/limits.h"
#include "shim/shared/read_fields.h"
#include "shim/shared/stat.h"

struct gt_event *gt_conn_make_begin(struct gt_conn *c, const struct gt_announced *what)
{
	const struct gt_parentage *par = what->parentage;
	struct gt_str provider = what->endpoint->provider;
	size_t len = sizeof(struct gt_begin) + what->host.len + provider.len + par->tracestate_len;
	struct gt_event *e = gt_event_new(GT_EVENT_BEGIN, what->stream, len);
	uint16_t tracestate_len = par->tracestate_len;
	struct gt_begin *b;
	char *text;

	if (!e && tracestate_len) {
		/* the rest fits a smaller block */
		len -= tracestate_len;
		tracestate_len = 0;
		e = gt_event_new(GT_EVENT_BEGIN, what->stream, len);
	}
	if (!e)
		return NULL;
	b = (struct gt_begin *)e->data;
	*b = (struct gt_begin){
		.context = par->span,
		.parent = par->parent,
		.parent_is_remote = par->parent_is_remote,
		.is_injected = what->is_injected,
		.is_tls = c->is_tls,
		.is_inbound = c->role == GT_ROLE_INBOUND,
		.source = what->source,
		.is_http2 = what->is_http2,
		.api = what->endpoint->api,
		.is_certain = what->endpoint->is_certain,
		.is_bare = !gt_pool_admit(what->stream, what->at),
		.started = what->wall,
		.port = what->port,
		.host_len = (uint16_t)what->host.len,
		.provider_len = (uint16_t)provider.len,
		.tracestate_len = tracestate_len,
	};
	text = (char *)(b + 1);
	if (what->host.len)
		memcpy(text, what->host.p, what->host.len);
	text += what->host.len;
	if (provider.len)
		memcpy(text, provider.p, provider.len);
	text += provider.len;
	memcpy(text, par->tracestate, tracestate_len);
	e->len = (uint32_t)len;
	e->at = what->at;
	return e;
}

bool gt_conn_announce(struct gt_conn *c, const struct gt_announced *what)
{
	struct gt_event *begin = gt_conn_make_begin(c, what), *end;

	if (!begin) {
		gt_stat_add(GT_STAT_UNREPORTED, 1);
		return false;
	}
	/* take END out of reach until BEGIN is emitted: END must not precede it */
	end = atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst);
	if (!end && !(end = gt_event_new(GT_EVENT_END, begin->stream, sizeof(struct gt_end)))) {
		gt_stat_add(GT_STAT_UNREPORTED, 1);
		gt_event_free(begin);
		return false;
	}
	gt_stat_add(GT_STAT_EXCHANGES, 1);
	c->is_bare = ((struct gt_begin *)begin->data)->is_bare;
	if (gt_unlikely(atomic_load_explicit(&c->has_gap, memory_order_relaxed))) {
		/* the exporter ends the earlier calls; the side that carries answers forgets the gap */
		((struct gt_begin *)begin->data)->is_after_gap = true;
		atomic_store_explicit(&c->has_gap, false, memory_order_relaxed);
		atomic_store_explicit(&c->is_gap_reported, true, memory_order_relaxed);
	}
	atomic_store_explicit(&c->out.has_rx, false, memory_order_relaxed);
	gt_handoff_put(begin);
	/* release: a thread that receives from now on emits its events after BEGIN */
	atomic_store_explicit(&c->is_answer_wanted, true, memory_order_release);
	atomic_store_explicit(&c->end, end, memory_order_seq_cst);
	/* another thread may have ended or lost the connection meanwhile, and found no END to emit */
	if (gt_unlikely(atomic_load_explicit(&c->has_ended, memory_order_seq_cst)))
		gt_conn_emit_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), GT_END_CLOSED, 0);
	else if (gt_unlikely(atomic_load_explicit(&c->is_adrift, memory_order_seq_cst)))
		gt_conn_emit_end(c, atomic_exchange_explicit(&c->end, NULL, memory_order_seq_cst), GT_END_LOST, 0);
	return true;
}

bool gt_conn_pass_by(struct gt_conn *c, bool no_body, bool is_settled)
{
	struct gt_event *e;

	if (!atomic_load_explicit(&c->is_answer_wanted, memory_order_relaxed))
		return true;
	if (is_settled) {
		atomic_store_explicit(&c->is_answer_wanted, false, memory_order_relaxed);
		e = gt_event_new(GT_EVENT_FENCE, gt_conn_stream(c), 0);
	} else {
		e = gt_event_new(GT_EVENT_PLACEHOLDER, gt_conn_stream(c), sizeof(struct gt_placeholder));
		if (e) {
			((struct gt_placeholder *)e->data)->has_no_body = no_body;
			e->len = sizeof(struct gt_placeholder);
		}
	}
	if (e)
		gt_handoff_put(e);
	else if (is_settled)
		gt_conn_change_stream(c); /* END takes the place of FENCE: its block was kept for it */
	return e || is_settled;
}

void gt_conn_keep_no_more(struct gt_conn *c)
{
	gt_event_copy_cut(gt_conn_stream(c), &c->kept);
}

void gt_conn_keep_request(struct gt_conn *c, const char *raw, size_t len)
{
	if (c->is_bare)
		return;
	gt_event_copy_request(gt_conn_stream(c), &c->kept, gt_limits.body_max + GT_CONN_HEAD_MAX, raw, len);
}

void gt_conn_keep_frames(struct gt_conn *c, struct gt_mono at, const char *raw, size_t len)
{
	if (!gt_conn_copies_request(c))
		return;
	if (!gt_handoff_bytes(GT_EVENT_REQUEST, gt_conn_stream(c), at, raw, len))
		gt_event_copy_cut(gt_conn_stream(c), &c->kept);
	gt_exporter_thread_want();
}

/* The stream that the side which carries answers has met. */
static uint64_t answer_stream(const struct gt_conn *c)
{
	return c->role == GT_ROLE_INBOUND ? c->tx.stream : c->rx.stream;
}

static bool is_of_framing(struct gt_str name)
{
	return gt_str_ieq(name, GT_STR("content-length")) || gt_str_ieq(name, GT_STR("transfer-encoding"));
}

/* A copy under way. */
struct copy {
	char *to;
	const char *from;
	size_t done;
};

static void copy_to(struct copy *k, size_t end)
{
	memcpy(k->to + k->done, k->from + k->done, end - k->done);
	k->done = end;
}

/* Only the length of the part remains. */
static void blank(struct copy *k, struct gt_str part)
{
	copy_to(k, (size_t)(part.p - k->from));
	memset(k->to + k->done, '*', part.len);
	k->done += part.len;
}

/* The pool may be a file, and credentials must not reach a file: of fields that the exporter does not read, and of keys
 * in the query, only the length remains. */
static void copy_without_credentials(char *to, const char *raw, size_t len, const struct gt_http1_head *head)
{
	struct copy k = { .to = to, .from = raw };
	struct gt_str fields = head->fields, query = gt_query_of(head->target), name, value, key;

	while (gt_query_next_key(&query, &key))
		blank(&k, key);
	while (gt_http1_next_field(&fields, &name, &value))
		if (value.len && !gt_field_is_read(name) && !is_of_framing(name))
			blank(&k, value);
	copy_to(&k, len);
}

void gt_conn_keep_head(struct gt_conn *c, const struct gt_http1_head *head, const char *raw, size_t len)
{
	struct gt_event *e;

	if (c->is_bare)
		return;
	e = len <= GT_EVENT_ROOM_MAX ? gt_event_new(GT_EVENT_REQUEST, c->stream, len) : NULL;
	if (!e) {
		gt_event_copy_cut(c->stream, &c->kept);
		return;
	}
	copy_without_credentials(e->data, raw, len, head);
	e->len = (uint32_t)len;
	c->kept += len;
	gt_handoff_put(e);
}

bool gt_conn_emit_gap(struct gt_conn *c)
{
	if (atomic_exchange_explicit(&c->is_gap_reported, false, memory_order_relaxed))
		c->gap = 0;
	return gt_event_copy_gap(answer_stream(c), &c->gap);
}

/* BEGIN of a later request has reported the gap. */
static void forget_reported_gap(struct gt_conn *c)
{
	if (gt_unlikely(atomic_load_explicit(&c->is_gap_reported, memory_order_relaxed))) {
		atomic_store_explicit(&c->is_gap_reported, false, memory_order_relaxed);
		c->gap = 0;
	}
}

bool gt_conn_copies_request(const struct gt_conn *c)
{
	return c->is_ours && !c->is_bare && c->kept != UINT64_MAX;
}

void gt_conn_skip_answer(struct gt_conn *c, size_t len)
{
	forget_reported_gap(c);
	c->gap += len;
	gt_answer_fields_skip(&c->fields);
	atomic_store_explicit(&c->has_gap, true, memory_order_relaxed);
	gt_stat_add(GT_STAT_DROP_FULL, 1);
	gt_exporter_thread_want();
}

void gt_conn_copy_answer(struct gt_conn *c, struct gt_mono at, const char *p, size_t len)
{
	forget_reported_gap(c);
	gt_event_copy_answer(answer_stream(c), &c->gap, gt_outbound_is_socket(c) ? NULL : &c->fields, at, p, len);
	if (gt_unlikely(c->gap > 0) != atomic_load_explicit(&c->has_gap, memory_order_relaxed))
		atomic_store_explicit(&c->has_gap, c->gap > 0, memory_order_relaxed);
	gt_exporter_thread_want();
}

void gt_conn_emit_end(struct gt_conn *c, struct gt_event *e, enum gt_end_why why, int code)
{
	_Atomic bool *busy =
		c->role == GT_ROLE_INBOUND ? &c->is_tx_busy : &c->is_rx_busy; /* of the side that carries answers */

	if (!e)
		return;

	if (!atomic_exchange_explicit(busy, true, memory_order_acquire)) {
		gt_conn_emit_gap(c);
		atomic_store_explicit(busy, false, memory_order_release);
	}
	*(struct gt_end *)e->data = (struct gt_end){ .why = (uint8_t)why, .code = code };
	e->len = sizeof(struct gt_end);
	e->at = gt_mono_now();
	gt_handoff_put(e);
	gt_exporter_thread_want();
}
