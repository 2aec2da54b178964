#include "exporter/command/trace.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/steps.h"
#include "exporter/command/repeats.h"
#include "shim/shared/compiler.h"

#define SPANS_MAX (1u << 22) /* 4 million lines are not a summary any more */

void gt_trace_init(struct gt_trace *t)
{
	*t = (struct gt_trace){ 0 };
	gt_arena_init(&t->memory, 0);
}

void gt_trace_free(struct gt_trace *t)
{
	free(t->spans);
	free(t->processes);
	gt_hash_index_free(&t->process_index);
	gt_arena_free(&t->memory);
	gt_trace_init(t);
}

/* Makes room for one more item. False when out of memory or at SPANS_MAX. */
static bool grow(void **items, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t want = *room ? *room * 2 : 16;
	void *bigger;

	if (n < *room)
		return true;
	if (n >= SPANS_MAX)
		return false;
	bigger = realloc(*items, want * size);
	if (!bigger)
		return false;
	*items = bigger;
	*room = want;
	return true;
}

struct wanted {
	const struct gt_trace *trace;
	const struct gt_trace_process *process;
};

static bool is_same(void *ctx, uint32_t item)
{
	const struct wanted *w = ctx;
	const struct gt_trace_process *a = &w->trace->processes[item], *b = w->process;

	return a->pid == b->pid && gt_str_eq(a->service, b->service) && gt_str_eq(a->instance, b->instance) &&
	       gt_str_eq(a->host, b->host);
}

static uint64_t hash_of(const struct gt_trace_process *p)
{
	uint64_t hash = gt_hash_of(GT_HASH_START, gt_str_make((const char *)&p->pid, sizeof(p->pid)));

	return gt_hash_of(gt_hash_of(gt_hash_of(hash, p->service), p->instance), p->host);
}

static bool keep(struct gt_arena *a, struct gt_str *s)
{
	char *copy = gt_arena_copy(a, *s);

	*s = gt_str_make(copy, s->len);
	return copy != NULL;
}

int64_t gt_trace_process(struct gt_trace *t, const struct gt_trace_process *p)
{
	struct gt_trace_process own = *p;
	struct wanted wanted = { t, p };
	uint64_t hash = hash_of(p);
	int64_t known = gt_hash_index_find(&t->process_index, hash, is_same, &wanted);

	if (known >= 0)
		return known;
	if (!grow((void **)&t->processes, t->n_processes, &t->process_room, sizeof(*t->processes)) ||
	    !keep(&t->memory, &own.service) || !keep(&t->memory, &own.instance) || !keep(&t->memory, &own.host) ||
	    !gt_hash_index_add(&t->process_index, hash, t->n_processes))
		return GT_ENOMEM;
	t->processes[t->n_processes] = own;
	return t->n_processes++;
}

struct gt_trace_span *gt_trace_add(struct gt_trace *t)
{
	struct gt_trace_span *s;

	if (!grow((void **)&t->spans, t->n, &t->room, sizeof(*t->spans)))
		return NULL;
	s = &t->spans[t->n];
	*s = (struct gt_trace_span){ .parent = -1,
				     .arrival = t->n,
				     .tokens_in = -1,
				     .tokens_cached = -1,
				     .tokens_out = -1,
				     .first_chunk_s = -1,
				     .cost_usd = -1 };
	t->n++;
	return s;
}

/* By start, spans without a start last; equal spans in order of arrival. */
static int by_start(const void *one, const void *two)
{
	const struct gt_trace_span *a = one, *b = two;

	if (!a->start_ns != !b->start_ns)
		return a->start_ns ? -1 : 1;
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

struct key {
	uint8_t ids[24]; /* trace, then span */
	int32_t span;
};

static void key_ids(struct key *k, const struct gt_trace_id *trace, const struct gt_span_id *span)
{
	memcpy(k->ids, trace->b, 16);
	memcpy(k->ids + 16, span->b, 8);
}

static int by_ids(const void *one, const void *two)
{
	const struct key *a = one, *b = two;
	int order = memcmp(a->ids, b->ids, sizeof(a->ids));

	/* if two spans have the same id, find() returns the first */
	return order ? order : a->span < b->span ? -1 : a->span > b->span;
}

static int32_t find(const struct key *keys, uint32_t n, const struct key *wanted)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(keys[middle].ids, wanted->ids, sizeof(wanted->ids)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && memcmp(keys[low].ids, wanted->ids, sizeof(wanted->ids)) == 0 ? keys[low].span : -1;
}

static bool is_known(const struct gt_span_id *id)
{
	static const struct gt_span_id none;

	return memcmp(id->b, none.b, sizeof(none.b)) != 0;
}

/* `at` is on a cycle of parents: the earliest span of the cycle becomes a root. */
static void cut_circle(struct gt_trace *t, int32_t at)
{
	int32_t first = at;

	for (int32_t i = t->spans[at].parent; i != at; i = t->spans[i].parent) {
		GT_STEPS(1);
		if (i < first)
			first = i;
	}
	t->spans[first].parent = -1;
}

/* Walks up from every span and stops where any walk has been before. A walk that meets its own steps has found a
 * cycle. */
static void cut_circles(struct gt_trace *t, uint32_t *walk)
{
	for (uint32_t i = 0; i < t->n; i++) {
		int32_t at = (int32_t)i;

		while (at >= 0 && !walk[at]) {
			GT_STEPS(1);
			walk[at] = i + 1;
			at = t->spans[at].parent;
		}
		if (at >= 0 && walk[at] == i + 1)
			cut_circle(t, at);
	}
}

int gt_trace_link(struct gt_trace *t)
{
	struct key *keys, wanted;
	uint32_t *walk, n = 0;
	int ret;

	if (!t->n)
		return 0;
	qsort(t->spans, t->n, sizeof(*t->spans), by_start);
	keys = calloc(t->n, sizeof(*keys));
	walk = calloc(t->n, sizeof(*walk));
	if (!keys || !walk) {
		free(keys);
		free(walk);
		return GT_ENOMEM;
	}
	for (uint32_t i = 0; i < t->n; i++) {
		if (!is_known(&t->spans[i].id))
			continue;
		key_ids(&keys[n], &t->spans[i].trace_id, &t->spans[i].id);
		keys[n++].span = (int32_t)i;
	}
	qsort(keys, n, sizeof(*keys), by_ids);
	for (uint32_t i = 0; i < t->n; i++) {
		if (!is_known(&t->spans[i].parent_id))
			continue;
		key_ids(&wanted, &t->spans[i].trace_id, &t->spans[i].parent_id);
		t->spans[i].parent = find(keys, n, &wanted);
	}
	cut_circles(t, walk);
	free(keys);
	free(walk);
	ret = gt_repeats_mark(t->spans, t->n);
	for (uint32_t i = 0; ret && i < t->n; i++)
		t->spans[i].parent = -1;
	return ret;
}

bool gt_trace_is_call(const struct gt_trace *t, uint32_t i)
{
	const struct gt_trace_span *s = &t->spans[i];

	if (s->is_mcp)
		return s->kind != GT_TRACE_SERVER || s->parent < 0 || !t->spans[s->parent].is_mcp;
	/* a poll that found nothing is not a call */
	if (gt_is_read(s) && !gt_has_use(s) && !s->is_error && !s->is_refused)
		return false;
	return gt_is_model_call(s) && !s->is_repeat;
}

/* No provider charges for looking up, storing, or counting in advance. */
static bool is_free(struct gt_str operation)
{
	static const struct gt_str beginnings[] = {
		{ "count_tokens", 12 },	  { "moderation", 10 },
		{ "fetch_", 6 },	  { "list_", 5 },
		{ "update_", 7 },	  { "delete_", 7 },
		{ "cancel_", 7 },	  { "create_thread", 13 },
		{ "create_message", 14 }, { "create_conversation", 19 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(beginnings); i++)
		if (gt_str_starts(operation, beginnings[i]))
			return true;
	return false;
}

bool gt_trace_is_charged(const struct gt_trace *t, uint32_t i)
{
	const struct gt_trace_span *s = &t->spans[i];

	/* an answer that is looked up reports what the call before it has used */
	return !s->is_mcp && !s->is_refused && (!is_free(s->operation) || gt_has_use(s)) && gt_trace_is_call(t, i);
}

bool gt_trace_is_timed(const struct gt_trace_span *s)
{
	return s->start_ns && s->end_ns >= s->start_ns;
}

bool gt_trace_extent(const struct gt_trace *t, uint64_t *start_ns, uint64_t *end_ns)
{
	bool found = false;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct gt_trace_span *s = &t->spans[i];

		if (!gt_trace_is_timed(s))
			continue;
		if (!found || s->start_ns < *start_ns)
			*start_ns = s->start_ns;
		if (!found || s->end_ns > *end_ns)
			*end_ns = s->end_ns;
		found = true;
	}
	return found;
}
