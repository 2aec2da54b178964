#include "exporter/spool/kept_spans.h"

#include <stdlib.h>

#include "exporter/span/span_record.h"
#include "shim/shared/spool_head.h"

#define RECORD_MAX (8u << 20) /* a span with all its content is smaller */

struct batch_hold {
	struct gt_hold base;
	struct gt_kept_spans *owner;
	struct gt_event *first;
	uint32_t spans;
};

void gt_kept_spans_init(struct gt_kept_spans *k, const struct gt_exporter_host *host)
{
	*k = (struct gt_kept_spans){ .host = host };
}

static void give_back(const struct gt_kept_spans *k, struct gt_event *e)
{
	for (struct gt_event *next; e; e = next) {
		next = e->next;
		k->host->give_back(e);
	}
}

/* Copies the bytes into as many events as it takes. The parts become visible one by one: a reader that finds a record
 * without its end ignores it. Gives the chain, or NULL. */
static struct gt_event *put(const struct gt_kept_spans *k, uint64_t number, struct gt_str bytes)
{
	struct gt_event *first = NULL, **last = &first;

	while (bytes.len) {
		size_t n = bytes.len < GT_BLOCK_MAX / 2 ? bytes.len : GT_BLOCK_MAX / 2;
		struct gt_event *e = k->host->new_part(GT_EVENT_SPAN, number, &n);

		if (!e || !k->host->keep(e)) {
			if (e)
				k->host->give_back(e);
			give_back(k, first);
			return NULL;
		}
		memcpy(e->data, bytes.p, n);
		e->len = (uint32_t)n;
		*last = e;
		last = &e->next;
		bytes = gt_str_skip(bytes, n);
	}
	for (struct gt_event *e = first; e; e = e->next)
		k->host->publish(e);
	return first;
}

void gt_kept_spans_add(struct gt_kept_spans *k, const struct gt_span *s)
{
	struct gt_event *chain, *last;
	struct gt_buf bytes;
	uint64_t number;

	if (!k->host->spool_head())
		return;
	gt_buf_init(&bytes, RECORD_MAX);
	memcpy(&number, s->context.span_id.b, sizeof(number));
	chain = gt_span_record_write(&bytes, s) ? put(k, number, gt_buf_str(&bytes)) : NULL;
	gt_buf_free(&bytes);
	if (!chain)
		return;
	for (last = chain; last->next; last = last->next)
		;
	last->next = k->first;
	k->first = chain;
}

static void mark(struct gt_hold *base, bool is_sent)
{
	for (struct gt_event *e = ((struct batch_hold *)base)->first; e; e = e->next)
		e->is_sent = is_sent;
}

static void end(struct gt_hold *base)
{
	struct batch_hold *h = (struct batch_hold *)base;

	if (base->is_undelivered)
		h->owner->undelivered += h->spans;
	else
		give_back(h->owner, h->first);
	free(h);
}

struct gt_hold *gt_kept_spans_hold(struct gt_kept_spans *k, uint32_t n)
{
	struct batch_hold *h = k->first ? calloc(1, sizeof(*h)) : NULL;

	if (!h) {
		give_back(k, k->first);
		k->first = NULL;
		return NULL;
	}
	for (struct gt_event *e = k->first; e; e = e->next)
		e->is_written = true;
	*h = (struct batch_hold){ .base = { .refs = 1, .mark = mark, .end = end }, .owner = k, .first = k->first, .spans = n };
	k->first = NULL;
	return &h->base;
}
