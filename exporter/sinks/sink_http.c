/*
 * Posts batches over OTLP, in the order they came. What differs between the protocols is in their tables.
 *
 * A batch is encoded when it is written, and then waits in the sink's queue. One batch is under way at a time. While it
 * waits for a retry, the others wait too. When the queue is full, the newest batch is dropped, as in the SDKs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/otlp/otlp_endpoint.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_protocol.h"
#include "exporter/otlp/retry.h"
#include "exporter/sinks/loss.h"
#include "exporter/sinks/payload.h"
#include "exporter/transfer/http_transfer.h"
#include "shim/shared/ident.h"
#include "shim/shared/log.h"

#define REQUEST_MAX	(64u << 20) /* bytes before compression; the specification's limit for clients. A message repeats it */
#define QUEUE_BYTES_MAX REQUEST_MAX
#define NEVER		INT64_MAX

struct http_sink {
	struct gt_sink base;
	struct gt_loss loss;
	const struct gt_otlp_config *otlp;
	uint32_t queue_max;
	int64_t export_timeout_ns;
	struct gt_payload_form form;
	struct gt_http_transfer *transfer;
	struct gt_payload_queue queue;
	bool is_under_way; /* the first of the queue is being sent */
	struct gt_retry retry;
	bool has_begun;	    /* the first of the queue has been tried */
	int64_t give_up_at; /* of the first of the queue, once it has begun */
	int64_t next_try;
	bool is_throttled; /* the collector asked for next_try, so it holds for the next batch too */
	bool has_expired;  /* the last batch ran out of time, and none has been answered since */
	int64_t exit_at;   /* NEVER, or when the process ends */
	bool has_reported_warning;
	char where[256];
	char last_failure[GT_PROBLEM_MAX]; /* of the first of the queue */
};

static int64_t later(int64_t ns, int64_t delay)
{
	return delay > NEVER - ns ? NEVER : ns + delay;
}

static int64_t earlier_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t limit_of(const struct http_sink *h)
{
	return h->has_begun ? earlier_of(h->give_up_at, h->exit_at) : h->exit_at;
}

/* ---------------------------------------------------------------- in */

/* May spans of this hold stay in their spool, for a later process? Of a process that goes on, they would fill it. */
static bool may_leave(const struct http_sink *h, const struct gt_hold *hold)
{
	return hold && (hold->is_patient || h->exit_at != NEVER);
}

static void refuse(struct http_sink *h, const struct gt_batch_view *batch, const char *why)
{
	if (may_leave(h, batch->hold)) {
		gt_loss_note_problem(&h->base, h->where, why);
		gt_hold_leave(batch->hold);
		h->base.left += batch->n;
		return;
	}
	gt_loss_note(&h->loss, &h->base, batch->hold, batch->n, h->where, why);
}

static void enqueue(struct http_sink *h, const struct gt_batch_view *batch);

/* Splits a batch whose request would be too large. */
static void enqueue_halves(struct http_sink *h, const struct gt_batch_view *batch)
{
	struct gt_batch_view a = *batch, b = *batch;

	a.n = batch->n / 2;
	b.n = batch->n - a.n;
	for (uint32_t n = a.n; n; b.first = b.first->next)
		n -= h->base.signal == GT_LOGS ? gt_otlp_events_of(b.first, 1) : 1;
	enqueue(h, &a);
	enqueue(h, &b);
}

static void enqueue(struct http_sink *h, const struct gt_batch_view *batch)
{
	struct gt_payload *p;
	int ret;

	if (h->queue.spans && h->queue.spans + batch->n > h->queue_max) {
		refuse(h, batch, "the queue is full");
		return;
	}
	ret = gt_payload_make(batch, &h->form, &p);
	if (ret == GT_ETOOBIG && batch->n > 1 && batch->first) {
		enqueue_halves(h, batch);
	} else if (ret) {
		refuse(h, batch, ret == GT_ETOOBIG ? "larger than the 64 MiB limit" : "no memory");
	} else if (h->queue.bytes && h->queue.bytes + p->len > QUEUE_BYTES_MAX) {
		gt_payload_free(p);
		refuse(h, batch, "the queue is full");
	} else {
		gt_payload_push(&h->queue, p);
	}
}

static void http_write(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	if (batch->n && !sink->is_off)
		enqueue((struct http_sink *)sink, batch);
}

/* ---------------------------------------------------------------- out */

static void next_payload(struct http_sink *h)
{
	gt_payload_free(gt_payload_pop(&h->queue));
	h->has_begun = false;
	h->last_failure[0] = 0;
	h->retry = (struct gt_retry){ 0 };
	if (!h->is_throttled)
		h->next_try = 0;
}

static void lose(struct http_sink *h, const char *why)
{
	gt_loss_note(&h->loss, &h->base, h->queue.first->hold, h->queue.first->spans, h->where, why);
	next_payload(h);
}

/* Another try may succeed, but the time is over: with the spans in a spool, it is left to a later process. */
static void lose_or_leave(struct http_sink *h, const char *why)
{
	struct gt_payload *p = h->queue.first;

	h->has_expired = true;
	if (p->hold && p->hold->is_sent) {
		h->base.unconfirmed += p->spans;
		h->base.of_others.unconfirmed += p->hold->is_patient ? p->spans : 0;
		lose(h, "sent, but not confirmed in time");
		return;
	}
	if (!may_leave(h, p->hold)) {
		lose(h, why);
		return;
	}
	gt_log(GT_LOG_SINK, GT_LOG_DEBUG, "otlp: %u spans for %s stay in the spool: %s", p->spans, h->where, why);
	gt_loss_note_problem(&h->base, h->where, why);
	h->base.left += p->spans;
	gt_hold_leave(p->hold);
	next_payload(h);
}

static void succeed(struct http_sink *h, const struct gt_otlp_answer *answer)
{
	const struct gt_hold *hold = h->queue.first->hold;
	uint64_t items = h->queue.first->spans, rejected = 0;
	char why[240];

	h->is_throttled = h->has_expired = false;
	if (answer->rejected > 0)
		rejected = (uint64_t)answer->rejected < items ? (uint64_t)answer->rejected : items;
	if (rejected) {
		gt_loss_count_sent(&h->base, hold, items - rejected);
		snprintf(why, sizeof(why), "rejected: %s", answer->text);
		gt_loss_note(&h->loss, &h->base, hold, rejected, h->where, why);
	} else {
		gt_loss_over(&h->loss, &h->base, hold, items);
		if (answer->text[0] && !h->has_reported_warning)
			gt_log(GT_LOG_SINK, GT_LOG_WARN, "otlp: warning from %s: %s", h->where, answer->text);
		h->has_reported_warning |= answer->text[0] != 0;
	}
	next_payload(h);
}

static void fail(struct http_sink *h, const struct gt_otlp_answer *answer, int64_t now)
{
	bool may_work = answer->verdict == GT_OTLP_AGAIN;
	uint64_t chance;
	int64_t delay;

	memcpy(&chance, gt_ident_span().b, sizeof(chance));
	delay = gt_retry_delay_ns(&h->retry, answer->wait_ns, chance);
	h->next_try = later(now, delay);
	snprintf(h->last_failure, sizeof(h->last_failure), "%s", answer->text);
	h->is_throttled = may_work && answer->wait_ns > 0;
	if (!may_work)
		h->has_expired = false;
	if (!may_work)
		lose(h, answer->text);
	else if (h->next_try >= limit_of(h))
		lose_or_leave(h, answer->text);
	else
		gt_log(GT_LOG_SINK, GT_LOG_DEBUG, "otlp: %s: %s; retrying in %lld ms", h->where, answer->text,
		       (long long)(delay / GT_NS_PER_MS));
	/* the collector accepts nothing before the exit: do not wait for it */
	while (h->queue.first && h->is_throttled && h->next_try >= h->exit_at)
		lose_or_leave(h, "the collector asked to wait until after the exit");
}

/* Not every server that accepts traces accepts the other signals. That is not a loss, so it is logged once and not
 * counted. */
static void switch_off(struct http_sink *h, const struct gt_otlp_answer *answer)
{
	gt_log(GT_LOG_SINK, GT_LOG_WARN, "otlp: %s is not supported (%s); nothing more is sent there", h->where, answer->text);
	h->base.is_off = true;
	while (h->queue.first)
		next_payload(h);
}

static void read_answer(const struct http_sink *h, const struct gt_http_reply *reply, struct gt_otlp_answer *answer)
{
	h->form.protocol->read(reply, h->form.signal, (int64_t)(gt_wall_now().unix_ns / GT_NS_PER_S), answer);
}

static void finish(struct http_sink *h, const struct gt_http_reply *reply, int64_t now)
{
	struct gt_otlp_answer answer;

	h->is_under_way = false;
	read_answer(h, reply, &answer);
	if (answer.verdict != GT_OTLP_TAKEN)
		gt_hold_mark_sent(h->queue.first->hold, false);
	if (answer.verdict == GT_OTLP_TAKEN)
		succeed(h, &answer);
	else if (answer.verdict == GT_OTLP_UNKNOWN && h->base.signal != GT_TRACES)
		switch_off(h, &answer);
	else
		fail(h, &answer, now);
}

static void begin(struct http_sink *h, int64_t now)
{
	const struct gt_otlp_config *otlp = h->otlp;
	const struct gt_payload *p = h->queue.first;
	struct gt_http_reply none = { .problem = "no memory", .stream_error = -1 };
	struct gt_http_request request = { .body = p->p, .len = p->len, .is_gzip = p->is_gzip };

	if (!h->has_begun) {
		h->has_begun = true;
		h->give_up_at = otlp->timeout_ns ? later(now, otlp->timeout_ns) : NEVER;
		if (h->export_timeout_ns)
			h->give_up_at = earlier_of(h->give_up_at, later(now, h->export_timeout_ns));
	}
	h->is_throttled = false;
	if (limit_of(h) != NEVER)
		request.timeout_ns = limit_of(h) - now;
	h->is_under_way = gt_http_transfer_start(h->transfer, &request);
	if (!h->is_under_way)
		finish(h, &none, now);
}

/* The first of the queue has run out of time. */
static void expire(struct http_sink *h)
{
	const char *why = h->last_failure[0]			      ? h->last_failure :
			  h->exit_at < h->give_up_at || !h->has_begun ? "the process ended" :
									"no answer in time";
	struct gt_otlp_answer answer = { .verdict = GT_OTLP_AGAIN };
	struct gt_http_reply reply;

	if (h->is_under_way) {
		gt_http_transfer_abort(h->transfer, &reply);
		read_answer(h, &reply, &answer);
	}
	h->is_under_way = false;
	if (answer.verdict == GT_OTLP_TAKEN)
		succeed(h, &answer);
	else
		lose_or_leave(h, why);
}

/* Takes one step without waiting. True when there may be more to do. */
static bool advance(struct http_sink *h)
{
	int64_t now = gt_mono_now().ns;
	struct gt_http_reply reply;

	if (!h->queue.first)
		return false;
	if (!h->is_under_way && now < limit_of(h) && now >= h->next_try)
		begin(h, now);
	if (h->is_under_way && gt_http_transfer_step(h->transfer, &reply)) {
		finish(h, &reply, now);
		return true;
	}
	if (h->is_under_way && gt_http_transfer_is_sent(h->transfer))
		gt_hold_mark_sent(h->queue.first->hold, true);
	if (h->queue.first && now >= limit_of(h)) {
		expire(h);
		return true;
	}
	return false;
}

static void http_poll(struct gt_sink *sink, int64_t wait_ns)
{
	struct http_sink *h = (struct http_sink *)sink;
	int64_t now, until;

	while (advance(h))
		;
	if (wait_ns <= 0 || !h->queue.first)
		return;
	now = gt_mono_now().ns;
	until = earlier_of(later(now, wait_ns), limit_of(h));
	if (!h->is_under_way)
		until = earlier_of(until, h->next_try);
	if (until > now)
		gt_http_transfer_wait(h->transfer, until - now);
	while (advance(h))
		;
}

static bool http_is_busy(const struct gt_sink *sink)
{
	return ((const struct http_sink *)sink)->queue.first != NULL;
}

static int64_t http_due_in(const struct gt_sink *sink, struct gt_mono now)
{
	const struct http_sink *h = (const struct http_sink *)sink;
	int64_t next = earlier_of(h->next_try, limit_of(h));

	if (!h->queue.first)
		return -1;
	return h->is_under_way || next <= now.ns ? 0 : next - now.ns;
}

static bool http_is_failing(const struct gt_sink *sink)
{
	const struct http_sink *h = (const struct http_sink *)sink;

	return h->retry.attempts > 0 || h->has_expired;
}

/* A collector that fails gets no more time: the queue is full then, and new batches are dropped. */
static bool http_has_room(const struct gt_sink *sink)
{
	const struct http_sink *h = (const struct http_sink *)sink;

	return h->queue.spans <= h->queue_max / 2 || http_is_failing(sink);
}

/* Ends a pause before a retry, even when the collector asked for the pause: a last try may succeed, and the batch would
 * be lost otherwise. */
static void http_flush_by(struct gt_sink *sink, struct gt_mono deadline)
{
	struct http_sink *h = (struct http_sink *)sink;

	h->exit_at = deadline.ns;
	h->next_try = 0;
}

static void http_rest(struct gt_sink *sink)
{
	gt_http_transfer_rest(((struct http_sink *)sink)->transfer);
}

static void http_close(struct gt_sink *sink)
{
	struct http_sink *h = (struct http_sink *)sink;

	gt_http_transfer_close(h->transfer);
	while (h->queue.first)
		lose_or_leave(h, "the process ended");
	free(h);
}

static const struct gt_sink_ops http_ops = {
	.name = "otlp",
	.write = http_write,
	.poll = http_poll,
	.is_busy = http_is_busy,
	.due_in = http_due_in,
	.has_room = http_has_room,
	.is_failing = http_is_failing,
	.flush_by = http_flush_by,
	.rest = http_rest,
	.close = http_close,
};

/* Copies the signal's settings. */
static void set_signal(struct http_sink *h, const struct gt_config *config, enum gt_signal signal)
{
	const struct gt_signal_config *other = signal == GT_METRICS ? &config->signals.metrics : &config->signals.logs;

	h->base.signal = signal;
	h->otlp = signal == GT_TRACES ? &config->otlp : &other->otlp;
	h->export_timeout_ns = signal == GT_TRACES ? config->export_timeout_ns : other->export_timeout_ns;
	h->queue_max = config->queue_max;
	h->form = (struct gt_payload_form){ .protocol = h->otlp->protocol,
					    .signal = &gt_otlp_signals[signal],
					    .is_gzip = h->otlp->is_gzip,
					    .max = REQUEST_MAX };
}

struct gt_sink *gt_sink_http_open(const struct gt_config *config, enum gt_signal signal)
{
	struct http_sink *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->base.ops = &http_ops;
	set_signal(h, config, signal);
	h->exit_at = NEVER;
	gt_url_show(gt_str_of(h->otlp->url), h->where, sizeof(h->where));
	h->transfer = gt_http_transfer_open(h->otlp, &h->form.protocol->style);
	if (!h->transfer) {
		free(h);
		return NULL;
	}
	return &h->base;
}
