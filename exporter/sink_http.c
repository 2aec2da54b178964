/*
 * OTLP over HTTP: protobuf, posted batch by batch in the order they came.
 *
 * A batch is encoded when it is written and then waits in a queue of its own. One is under way at a time; while it waits to
 * be tried again the others wait behind it, and when the queue is full the newest batch is lost, as in the SDKs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../shim/ident.h"
#include "../shim/log.h"
#include "errors.h"
#include "http_transfer.h"
#include "loss.h"
#include "otlp_endpoint.h"
#include "otlp_pb.h"
#include "payload.h"
#include "retry.h"

#define REQUEST_MAX	(64u << 20) /* before compression; what the specification asks clients to keep to */
#define QUEUE_BYTES_MAX REQUEST_MAX
#define NEVER		INT64_MAX

struct http_sink {
	struct gt_sink base;
	struct gt_loss loss;
	const struct gt_config *config;
	struct gt_http_transfer *transfer;
	struct gt_payload_queue queue;
	bool is_under_way; /* the first of the queue */
	struct gt_retry retry;
	bool has_begun;		 /* the first of the queue has been tried */
	int64_t give_up_at;	 /* of the first of the queue, once it has begun */
	int64_t next_try;
	bool is_throttled;	 /* next_try is the collector's wish, and holds for whatever is sent next */
	int64_t exit_at;	 /* NEVER, or when the process ends */
	bool has_told_warning;
	char where[256];
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

static void refuse(struct http_sink *h, const struct gt_batch_view *batch, const char *why)
{
	gt_loss_note(&h->loss, &h->base, batch->n, h->where, why);
}

static void enqueue(struct http_sink *h, const struct gt_batch_view *batch);

/* Two requests instead of one that would be too large. */
static void enqueue_halves(struct http_sink *h, const struct gt_batch_view *batch)
{
	struct gt_batch_view a = *batch, b = *batch;

	a.n = batch->n / 2;
	b.n = batch->n - a.n;
	for (uint32_t i = 0; i < a.n; i++)
		b.first = b.first->next;
	enqueue(h, &a);
	enqueue(h, &b);
}

static void enqueue(struct http_sink *h, const struct gt_batch_view *batch)
{
	struct gt_payload *p;
	int ret;

	if (h->queue.spans && h->queue.spans + batch->n > h->config->queue_max) {
		refuse(h, batch, "the queue is full");
		return;
	}
	ret = gt_payload_make(batch, REQUEST_MAX, h->config->otlp.gzip, &p);
	if (ret == GT_ETOOBIG && batch->n > 1) {
		enqueue_halves(h, batch);
	} else if (ret) {
		refuse(h, batch, ret == GT_ETOOBIG ? "larger than a request may be" : "no memory");
	} else if (h->queue.bytes && h->queue.bytes + p->len > QUEUE_BYTES_MAX) {
		gt_payload_free(p);
		refuse(h, batch, "the queue is full");
	} else {
		gt_payload_push(&h->queue, p);
	}
}

static void http_write(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	if (batch->n)
		enqueue((struct http_sink *)sink, batch);
}

/* ---------------------------------------------------------------- out */

static void next_payload(struct http_sink *h)
{
	gt_payload_free(gt_payload_pop(&h->queue));
	h->has_begun = false;
	h->retry = (struct gt_retry){ 0 };
	if (!h->is_throttled)
		h->next_try = 0;
}

static void lose(struct http_sink *h, const char *why)
{
	gt_loss_note(&h->loss, &h->base, h->queue.first->spans, h->where, why);
	next_payload(h);
}

static void succeed(struct http_sink *h, const struct gt_http_reply *reply)
{
	uint64_t spans = h->queue.first->spans;
	char message[160] = "", why[200];
	int64_t rejected = 0;

	/* a reply that cannot be read is no reason to doubt its status */
	if (reply->is_protobuf && gt_otlp_pb_read_response(reply->body, reply->len, &rejected, message, sizeof(message)) < 0)
		gt_log(GT_LOG_SINK, GT_LOG_DEBUG, "otlp: the reply cannot be read");
	h->is_throttled = false;
	if (rejected > 0) {
		if ((uint64_t)rejected > spans)
			rejected = (int64_t)spans;
		h->base.sent += spans - (uint64_t)rejected;
		snprintf(why, sizeof(why), "rejected: %s", message);
		gt_loss_note(&h->loss, &h->base, (uint64_t)rejected, h->where, why);
	} else {
		gt_loss_over(&h->loss, &h->base, spans);
		if (message[0] && !h->has_told_warning)
			gt_log(GT_LOG_SINK, GT_LOG_WARN, "otlp: %s says: %s", h->where, message);
		h->has_told_warning |= message[0] != 0;
	}
	next_payload(h);
}

static void describe(const struct gt_http_reply *reply, char *out, size_t cap)
{
	char message[160] = "";

	if (reply->problem) {
		snprintf(out, cap, "%s", reply->problem);
		out[strcspn(out, "\r\n")] = 0; /* some of libcurl's end in a newline */
		return;
	}
	if (reply->is_protobuf)
		gt_otlp_pb_read_status(reply->body, reply->len, message, sizeof(message));
	snprintf(out, cap, "HTTP status %ld%s%s", reply->status, message[0] ? ", " : "", message);
}

static void fail(struct http_sink *h, const struct gt_http_reply *reply, int64_t now)
{
	bool may_work = !reply->is_final && gt_retry_is_worthwhile(reply->status);
	uint64_t chance;
	int64_t delay;
	char why[256];

	describe(reply, why, sizeof(why));
	memcpy(&chance, gt_ident_span().b, sizeof(chance));
	delay = gt_retry_delay_ns(&h->retry, reply->retry_after_ns, chance);
	h->next_try = later(now, delay);
	h->is_throttled = may_work && reply->retry_after_ns > 0;
	if (!may_work || h->next_try >= limit_of(h))
		lose(h, why);
	else
		gt_log(GT_LOG_SINK, GT_LOG_DEBUG, "otlp: %s: %s; trying again in %lld ms", h->where, why,
		       (long long)(delay / GT_NS_PER_MS));
}

static void finish(struct http_sink *h, const struct gt_http_reply *reply, int64_t now)
{
	h->is_under_way = false;
	/* what came after a good status was cut off: the collector has the spans */
	if (reply->status >= 200 && reply->status < 300 && !reply->is_final)
		succeed(h, reply);
	else
		fail(h, reply, now);
}

static void begin(struct http_sink *h, int64_t now)
{
	const struct gt_otlp_config *otlp = &h->config->otlp;
	const struct gt_payload *p = h->queue.first;
	struct gt_http_reply none = { .problem = "no memory", .retry_after_ns = -1 };

	if (!h->has_begun) {
		h->has_begun = true;
		h->give_up_at = otlp->timeout_ns ? later(now, otlp->timeout_ns) : NEVER;
		if (h->config->export_timeout_ns)
			h->give_up_at = earlier_of(h->give_up_at, later(now, h->config->export_timeout_ns));
	}
	h->is_throttled = false;
	h->is_under_way = gt_http_transfer_start(h->transfer, p->p, p->len, p->is_gzip);
	if (!h->is_under_way)
		fail(h, &none, now);
}

/* Time is up for the first of the queue. */
static void expire(struct http_sink *h)
{
	const char *why = h->exit_at < h->give_up_at || !h->has_begun ? "the process ended" : "no answer in time";
	struct gt_http_reply reply = { .status = 0 };

	if (h->is_under_way)
		gt_http_transfer_abort(h->transfer, &reply);
	h->is_under_way = false;
	if (reply.status >= 200 && reply.status < 300)
		succeed(h, &reply);
	else
		lose(h, why);
}

/* One step without waiting; true when there may be more to do at once. */
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

static void http_hurry(struct gt_sink *sink, struct gt_mono deadline)
{
	struct http_sink *h = (struct http_sink *)sink;

	h->exit_at = deadline.ns;
	if (!h->is_throttled)
		h->next_try = 0; /* a last try at once instead of the pause */
	while (h->queue.first && h->is_throttled && h->next_try >= deadline.ns)
		lose(h, "the collector asks to wait until after the process has ended");
}

static void http_close(struct gt_sink *sink)
{
	struct http_sink *h = (struct http_sink *)sink;

	gt_http_transfer_close(h->transfer);
	while (h->queue.first)
		lose(h, "the process ended");
	free(h);
}

static const struct gt_sink_ops http_ops = {
	.name = "otlp",
	.write = http_write,
	.poll = http_poll,
	.is_busy = http_is_busy,
	.hurry = http_hurry,
	.close = http_close,
};

struct gt_sink *gt_sink_http_open(const struct gt_config *config)
{
	struct http_sink *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->base.ops = &http_ops;
	h->config = config;
	h->exit_at = NEVER;
	gt_url_show(gt_str_of(config->otlp.url), h->where, sizeof(h->where));
	h->transfer = gt_http_transfer_open(&config->otlp);
	if (!h->transfer) {
		free(h);
		return NULL;
	}
	return &h->base;
}
