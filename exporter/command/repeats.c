#include "exporter/command/repeats.h"

#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/hash_index.h"
#include "exporter/base/steps.h"
#include "shim/shared/compiler.h"

/* Operations around calls. Their tokens, if any, are the sum of the calls below them. */
static bool is_container(struct gt_str operation)
{
	static const struct gt_str names[] = {
		{ "invoke_agent", 12 }, { "invoke_workflow", 15 }, { "execute_tool", 12 }, { "create_agent", 12 },
		{ "plan", 4 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(names); i++)
		if (gt_str_eq(names[i], operation))
			return true;
	return false;
}

bool gt_is_model_call(const struct gt_trace_span *s)
{
	return !s->is_mcp && s->kind != GT_TRACE_SERVER && (s->provider.len || s->model.len) && !is_container(s->operation);
}

bool gt_has_use(const struct gt_trace_span *s)
{
	return s->tokens_in > 0 || s->tokens_out > 0 || s->cost_usd > 0;
}

bool gt_is_read(const struct gt_trace_span *s)
{
	return gt_str_starts(s->operation, GT_STR("fetch_"));
}

/* ---------------------------------------------------------------- below a call of the same model */

/* One span in the walk. */
struct place {
	int32_t first, next; /* child, sibling; -1: none */
	int32_t model;	     /* the first call of the same model; -1: not a call of a model */
	uint32_t open;	     /* calls of this model above the walk's position; of first calls only */
};

struct walk {
	struct gt_trace_span *spans;
	uint32_t n;
	struct place *places;
	struct gt_str model; /* searched */
};

static bool is_same_model(void *ctx, uint32_t item)
{
	const struct walk *w = ctx;

	return gt_str_eq(w->spans[item].model, w->model);
}

static bool find_models(struct walk *w)
{
	struct gt_hash_index index = { .room = 0 };
	bool ok = true;

	for (uint32_t i = 0; ok && i < w->n; i++) {
		const struct gt_trace_span *s = &w->spans[i];
		uint64_t hash;
		int64_t first;

		if (!gt_is_model_call(s))
			continue;
		w->model = s->model;
		hash = gt_hash_of(GT_HASH_START, s->model);
		first = gt_hash_index_find(&index, hash, is_same_model, w);
		if (first < 0)
			ok = gt_hash_index_add(&index, hash, i);
		w->places[i].model = first < 0 ? (int32_t)i : (int32_t)first;
	}
	gt_hash_index_free(&index);
	return ok;
}

static void link_children(struct walk *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		int32_t parent = w->spans[i].parent;

		if (parent < 0)
			continue;
		w->places[i].next = w->places[parent].first;
		w->places[parent].first = (int32_t)i;
	}
}

static void enter(struct walk *w, int32_t at)
{
	struct place *model = w->places[at].model < 0 ? NULL : &w->places[w->places[at].model];

	GT_STEPS(1);
	w->spans[at].is_repeat = model && model->open;
	if (model)
		model->open++;
}

static void leave(struct walk *w, int32_t at)
{
	GT_STEPS(1);
	if (w->places[at].model >= 0)
		w->places[w->places[at].model].open--;
}

static void walk_from(struct walk *w, int32_t root)
{
	int32_t at = root;

	enter(w, at);
	for (;;) {
		if (w->places[at].first >= 0) {
			at = w->places[at].first;
			enter(w, at);
			continue;
		}
		leave(w, at);
		while (at != root && w->places[at].next < 0) {
			at = w->spans[at].parent;
			leave(w, at);
		}
		if (at == root)
			return;
		at = w->places[at].next;
		enter(w, at);
	}
}

static bool mark_below(struct gt_trace_span *spans, uint32_t n)
{
	struct walk w = { .spans = spans, .n = n, .places = malloc(n * sizeof(*w.places)) };

	if (!w.places)
		return false;
	for (uint32_t i = 0; i < n; i++)
		w.places[i] = (struct place){ .first = -1, .next = -1, .model = -1 };
	if (!find_models(&w)) {
		free(w.places);
		return false;
	}
	link_children(&w);
	for (uint32_t i = 0; i < n; i++)
		if (spans[i].parent < 0)
			walk_from(&w, (int32_t)i);
	free(w.places);
	return true;
}

/* ---------------------------------------------------------------- answered later */

struct search {
	const struct gt_trace_span *spans, *wanted;
};

static bool is_same_response(void *ctx, uint32_t item)
{
	const struct search *search = ctx;

	return gt_str_eq(search->spans[item].response_id, search->wanted->response_id) &&
	       gt_str_eq(search->spans[item].provider, search->wanted->provider);
}

static uint64_t hash_of_response(const struct gt_trace_span *s)
{
	return gt_hash_of(gt_hash_of(GT_HASH_START, s->response_id), s->provider);
}

static bool mark_answered(struct gt_trace_span *spans, uint32_t n)
{
	struct search search = { .spans = spans };
	struct gt_hash_index reads = { .room = 0 };
	bool ok = true;

	for (uint32_t i = 0; ok && i < n; i++) {
		GT_STEPS(1);
		search.wanted = &spans[i];
		if (spans[i].response_id.len && gt_is_read(&spans[i]) && gt_has_use(&spans[i]) &&
		    gt_hash_index_find(&reads, hash_of_response(&spans[i]), is_same_response, &search) < 0)
			ok = gt_hash_index_add(&reads, hash_of_response(&spans[i]), i);
	}
	for (uint32_t i = 0; ok && reads.n && i < n; i++) {
		struct gt_trace_span *s = &spans[i];

		GT_STEPS(1);
		search.wanted = s;
		if (s->response_id.len && !gt_is_read(s) && !gt_has_use(s) && !s->is_error)
			s->is_repeat |= gt_hash_index_find(&reads, hash_of_response(s), is_same_response, &search) >= 0;
	}
	gt_hash_index_free(&reads);
	return ok;
}

int gt_repeats_mark(struct gt_trace_span *spans, uint32_t n)
{
	return !n || (mark_below(spans, n) && mark_answered(spans, n)) ? 0 : GT_ENOMEM;
}
