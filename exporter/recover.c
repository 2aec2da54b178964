#include "exporter/recover.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/sort.h"
#include "exporter/exchange/assemble.h"
#include "exporter/genai.h"
#include "exporter/resource/resource_record.h"
#include "exporter/span/span_record.h"
#include "shim/shared/limits.h"

#define RECORD_MAX (8u << 20)
#define OPEN_MAX   16384 /* open exchanges of a process; a damaged spool may have millions of beginnings */

/* Where the span of an exchange comes from. */
struct beginning {
	uint64_t id; /* of the span */
	const struct gt_event *event;
};

struct recovery {
	struct gt_run_context run;
	gt_recover_span *take;
	void *ctx;
	uint64_t *done; /* owned, sorted: ids of the spans that have records, or are sent */
	size_t n_done;
	struct beginning *beginnings; /* owned, sorted: of the exchanges */
	size_t n_beginnings;
	uint64_t *partial; /* owned, sorted: streams whose events are not all here */
	size_t n_partial;
	bool is_torn;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool holds(const uint64_t *list, size_t n, uint64_t value)
{
	return n && bsearch(&value, list, n, sizeof(*list), by_value);
}

/* ---------------------------------------------------------------- finished spans */

/* Reads the record whose first part is the event at `i`. Its parts follow in order, with no part of another record
 * between them. Its first number is its length. */
static void read_record(struct recovery *r, const struct gt_spool_file *f, size_t i)
{
	const struct gt_event *first = f->events[i];
	uint64_t len = 0;
	struct gt_buf record;
	struct gt_span *s;

	gt_buf_init(&record, RECORD_MAX);
	for (; i < f->n; i++) {
		const struct gt_event *e = f->events[i];

		if (e->type != GT_EVENT_SPAN)
			continue;
		if (e->stream != first->stream || !gt_buf_add(&record, e->data, e->len))
			break;
		if (record.len >= sizeof(len))
			memcpy(&len, record.data, sizeof(len));
		if (record.len >= len)
			break;
	}
	s = gt_span_record_read(gt_buf_str(&record));
	gt_buf_free(&record);
	if (!s)
		return;
	r->done[r->n_done++] = first->stream;
	if (first->is_sent)
		gt_span_free(s);
	else
		r->take(r->ctx, s, first);
}

static int read_records(struct recovery *r, const struct gt_spool_file *f)
{
	uint64_t before = 0;

	r->done = malloc((f->n + 1) * sizeof(*r->done)); /* and for those of find_beginnings */
	if (!r->done)
		return GT_ENOMEM;
	for (size_t i = 0; i < f->n; i++) {
		if (f->events[i]->type != GT_EVENT_SPAN)
			continue;
		if (f->events[i]->stream != before)
			read_record(r, f, i);
		before = f->events[i]->stream;
	}
	return 0;
}

/* ---------------------------------------------------------------- exchanges */

static int find_partial(struct recovery *r, const struct gt_spool_file *f)
{
	r->is_torn = f->head->is_torn != 0;
	r->partial = malloc((f->n + 1) * sizeof(*r->partial));
	if (!r->partial)
		return GT_ENOMEM;
	for (size_t i = 0; i < f->n; i++)
		if (f->events[i]->is_partial)
			r->partial[r->n_partial++] = f->events[i]->stream;
	gt_sort(r->partial, r->n_partial, sizeof(*r->partial), by_value);
	return 0;
}

static int find_beginnings(struct recovery *r, const struct gt_spool_file *f)
{
	r->beginnings = malloc((f->n + 1) * sizeof(*r->beginnings));
	if (!r->beginnings)
		return GT_ENOMEM;
	for (size_t i = 0; i < f->n; i++) {
		struct beginning b = { .event = f->events[i] };

		if (b.event->type != GT_EVENT_BEGIN)
			continue;
		memcpy(&b.id, ((const struct gt_begin *)b.event->data)->context.span_id.b, sizeof(b.id));
		if (b.event->is_sent)
			r->done[r->n_done++] = b.id;
		else
			r->beginnings[r->n_beginnings++] = b;
	}
	gt_sort(r->done, r->n_done, sizeof(*r->done), by_value);
	gt_sort(r->beginnings, r->n_beginnings, sizeof(*r->beginnings), by_value); /* their first member is the id */
	return 0;
}

static const struct gt_event *beginning_of(const struct recovery *r, uint64_t id)
{
	const struct beginning *b = NULL;

	if (r->n_beginnings)
		b = bsearch(&id, r->beginnings, r->n_beginnings, sizeof(*b), by_value);
	return b ? b->event : NULL;
}

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	struct recovery *r = ctx;

	gt_genai_document(&r->run, call, event, data);
}

static void on_done(void *ctx, struct gt_call *call)
{
	struct recovery *r = ctx;
	struct gt_span *s = gt_genai_finish(&r->run, call);
	uint64_t id;

	gt_call_free(call);
	if (!s)
		return;
	memcpy(&id, s->context.span_id.b, sizeof(id));
	if ((s->context.flags & GT_TRACE_SAMPLED) && !holds(r->done, r->n_done, id))
		r->take(r->ctx, s, beginning_of(r, id));
	else
		gt_span_free(s);
}

/* Of a series that is not all here, only the beginnings can be trusted. */
static void feed_begin(struct gt_assemble *a, const struct gt_event *e)
{
	struct gt_event *bare = malloc(sizeof(*bare) + e->len);

	if (!bare)
		return;
	memcpy((char *)bare, (const char *)e, sizeof(*bare) + e->len);
	((struct gt_begin *)bare->data)->is_bare = true;
	gt_assemble_event(a, bare);
	free(bare);
}

static int read_exchanges(struct recovery *r, const struct gt_spool_file *f)
{
	struct gt_assemble *a = gt_assemble_new(GT_BODY_MAX_DEFAULT, on_document, on_done, r);

	if (!a)
		return GT_ENOMEM;
	gt_assemble_bound(a, GT_MEMORY_MAX_DEFAULT);
	for (size_t i = 0; i < f->n; i++) {
		const struct gt_event *e = f->events[i];

		if (e->type == GT_EVENT_SPAN)
			continue;
		if (!r->is_torn && !holds(r->partial, r->n_partial, e->stream))
			gt_assemble_event(a, e);
		else if (e->type == GT_EVENT_BEGIN)
			feed_begin(a, e);
		if (gt_assemble_open(a) > OPEN_MAX)
			gt_assemble_end_killed(a);
	}
	gt_assemble_end_killed(a);
	gt_assemble_free(a);
	return 0;
}

/* ---------------------------------------------------------------- all */

int gt_recover_resource(struct gt_resource *out, const struct gt_spool_file *f, const struct gt_config_source *env)
{
	const struct gt_spool_head *h = f->head;
	char *const argv[] = { (char *)h->program, NULL };
	struct gt_process_facts facts = { .pid = (int)h->pid, .executable = h->program, .argv = argv };

	if (h->resource_len && gt_resource_record_read(out, gt_str_make(h->resource, h->resource_len)) == 0)
		return 0;
	if (h->resource_len)
		gt_resource_free(out);
	return gt_resource_make(out, &facts, env);
}

int gt_recover(struct gt_spool_file *f, const struct gt_run_context *run, gt_recover_span *take, void *ctx)
{
	struct recovery r = { .run = *run, .take = take, .ctx = ctx };
	int ret;

	r.run.capture = NULL;
	r.run.is_measured = r.run.has_events = false;
	ret = read_records(&r, f);
	if (!ret)
		ret = find_partial(&r, f);
	if (!ret)
		ret = find_beginnings(&r, f);
	if (!ret)
		ret = read_exchanges(&r, f);
	free(r.done);
	free(r.beginnings);
	free(r.partial);
	gt_spool_file_free_events(f);
	return ret;
}
