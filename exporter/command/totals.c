#include "exporter/command/totals.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/hash_index.h"
#include "exporter/command/figure.h"
#include "exporter/command/table.h"
#include "exporter/cost/price_period.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- sums */

static void add(int64_t *sum, int64_t n)
{
	if (n > 0)
		*sum = *sum > INT64_MAX - n ? INT64_MAX : *sum + n;
}

static void count_cost(struct gt_total *total, const struct gt_trace_span *s, bool is_charged)
{
	total->charged += is_charged;
	if (s->is_mcp || s->cost_usd < 0)
		return;
	total->priced += is_charged;
	total->cost_usd += s->cost_usd;
}

static void count(struct gt_total *total, const struct gt_trace_span *s, bool is_charged)
{
	total->calls++;
	total->errors += s->is_error;
	add(&total->tokens_in, s->tokens_in);
	add(&total->tokens_cached, s->tokens_cached);
	add(&total->tokens_out, s->tokens_out);
	count_cost(total, s, is_charged);
}

static void note_prices(struct gt_totals *totals, const struct gt_trace_span *s)
{
	uint32_t read = s->prices_read;

	if (read && gt_price_day_is_old(read, gt_price_moment_of(s->start_ns).day) &&
	    (!totals->stale_prices || read < totals->stale_prices))
		totals->stale_prices = read;
}

struct search {
	struct gt_totals *totals;
	const struct gt_trace_span *span;
	struct gt_hash_index index; /* of totals->models */
};

static bool is_same(void *ctx, uint32_t item)
{
	const struct search *search = ctx;
	const struct gt_total *m = &search->totals->models[item];

	return gt_str_eq(m->model, search->span->model) && gt_str_eq(m->provider, search->span->provider);
}

/* NULL: no memory. */
static struct gt_total *find(struct search *search, const struct gt_trace_span *s)
{
	uint64_t hash = gt_hash_of(gt_hash_of(GT_HASH_START, s->model), s->provider);
	struct gt_totals *totals = search->totals;
	int64_t known;

	search->span = s;
	known = gt_hash_index_find(&search->index, hash, is_same, search);
	if (known >= 0)
		return &totals->models[known];
	if (!gt_hash_index_add(&search->index, hash, totals->n_models))
		return NULL;
	totals->models[totals->n_models] = (struct gt_total){ .model = s->model, .provider = s->provider };
	return &totals->models[totals->n_models++];
}

static int by_use(const void *one, const void *two)
{
	const struct gt_total *a = one, *b = two;
	double tokens_a = (double)a->tokens_in + (double)a->tokens_out;
	double tokens_b = (double)b->tokens_in + (double)b->tokens_out;
	size_t shorter = a->model.len < b->model.len ? a->model.len : b->model.len;
	int order;

	if (tokens_a != tokens_b)
		return tokens_a > tokens_b ? -1 : 1;
	if (a->calls != b->calls)
		return a->calls > b->calls ? -1 : 1;
	order = shorter ? memcmp(a->model.p, b->model.p, shorter) : 0;
	return order ? order : (a->model.len > b->model.len) - (a->model.len < b->model.len);
}

int gt_totals_make(struct gt_totals *totals, const struct gt_trace *t)
{
	struct search search = { .totals = totals };
	bool ok = true;

	*totals = (struct gt_totals){ 0 };
	if (!t->n)
		return 0;
	totals->models = calloc(t->n, sizeof(*totals->models));
	if (!totals->models)
		return GT_ENOMEM;
	for (uint32_t i = 0; ok && i < t->n; i++) {
		const struct gt_trace_span *s = &t->spans[i];
		struct gt_total *total;
		bool is_charged;

		if (!gt_trace_is_call(t, i))
			continue;
		is_charged = gt_trace_is_charged(t, i);
		total = s->is_mcp ? &totals->mcp : find(&search, s);
		ok = total != NULL;
		if (!ok)
			continue;
		count(total, s, is_charged);
		count(&totals->all, s, is_charged);
		note_prices(totals, s);
	}
	gt_hash_index_free(&search.index);
	if (!ok) {
		gt_totals_free(totals);
		return GT_ENOMEM;
	}
	qsort(totals->models, totals->n_models, sizeof(*totals->models), by_use);
	return 0;
}

void gt_totals_free(struct gt_totals *totals)
{
	free(totals->models);
	*totals = (struct gt_totals){ 0 };
}

struct gt_str gt_totals_stale_day(const struct gt_totals *totals, char room[GT_FIGURE_ROOM])
{
	uint32_t day = totals->stale_prices;
	int n = day ? snprintf(room, GT_FIGURE_ROOM, "%04u-%02u-%02u", day / 10000, day / 100 % 100, day % 100) : 0;

	return gt_str_make(room, (size_t)n);
}

struct gt_str gt_total_cost(const struct gt_total *total, int decimals, bool has_unicode, char room[GT_FIGURE_ROOM])
{
	struct gt_str sign = total->priced == total->charged ? GT_STR("") : has_unicode ? GT_STR("\u2265") : GT_STR(">="), s;

	if (!total->priced)
		return GT_STR("");
	s = gt_figure_usd(total->cost_usd, decimals, room);
	memmove(room + sign.len, s.p, s.len);
	memcpy(room, sign.p, sign.len);
	return gt_str_make(room, sign.len + s.len);
}

/* ---------------------------------------------------------------- table */

enum { MODEL, PROVIDER, CALLS, TOKENS_IN, CACHED, TOKENS_OUT, COST, ERRORS, COLUMNS };

static const struct gt_column columns[COLUMNS] = {
	[MODEL] = { "model", .max = 0 },
	[PROVIDER] = { "provider", .gap = 2, .max = 16, .goes = 1 },
	[CALLS] = { "calls", .is_right = true, .gap = 2, .goes = 3 },
	[TOKENS_IN] = { "in", .is_right = true, .gap = 2, .goes = 6 },
	[CACHED] = { "[cached]", .is_right = true, .gap = 1, .goes = 2 },
	[TOKENS_OUT] = { "out", .is_right = true, .gap = 2, .goes = 7 },
	[COST] = { "cost", .is_right = true, .gap = 2, .goes = 5 },
	[ERRORS] = { "errors", .is_right = true, .gap = 2, .goes = 4 },
};

/* The format of costs, the same for the whole column. */
struct shape {
	int decimals;
	bool has_unicode;
};

static struct shape shape_of(const struct gt_picture *p, const struct gt_totals *totals)
{
	double smallest = totals->all.cost_usd;

	for (uint32_t i = 0; i < totals->n_models; i++)
		if (totals->models[i].cost_usd > 0 && totals->models[i].cost_usd < smallest)
			smallest = totals->models[i].cost_usd;
	return (struct shape){ gt_figure_decimals(smallest), p->terminal.has_unicode };
}

/* Zero is left blank: a column of zeros hides the figure that matters. */
static struct gt_str figure(int64_t n, char room[GT_FIGURE_ROOM])
{
	return n ? gt_figure_count(n, room) : GT_STR("");
}

static struct gt_str cell(const struct gt_total *total, const struct shape *shape, int column, char room[GT_FIGURE_ROOM])
{
	switch (column) {
	case PROVIDER:
		return total->provider;
	case CALLS:
		return figure(total->calls, room);
	case TOKENS_IN:
		return figure(total->tokens_in, room);
	case CACHED:
		return total->tokens_cached ? gt_figure_bracketed(total->tokens_cached, room) : GT_STR("");
	case TOKENS_OUT:
		return figure(total->tokens_out, room);
	case COST:
		return gt_total_cost(total, shape->decimals, shape->has_unicode, room);
	case ERRORS:
		return figure(total->errors, room);
	default:
		return GT_STR("");
	}
}

static enum gt_colour colour_of(int column)
{
	return column == PROVIDER ? GT_CYAN : column == CACHED ? GT_DIM : column == ERRORS ? GT_RED : GT_PLAIN;
}

struct line {
	struct gt_str name;
	const struct gt_total *total;
	bool is_sum;
};

/* The i-th line of the table; false after the last. */
static bool line_at(const struct gt_totals *totals, uint32_t i, struct line *out)
{
	bool has_mcp = totals->mcp.calls > 0;

	if (i < totals->n_models) {
		struct gt_str model = totals->models[i].model;

		*out = (struct line){ model.len ? model : GT_STR("unknown model"), &totals->models[i], false };
		return true;
	}
	i -= totals->n_models;
	if (i == 0 && has_mcp) {
		*out = (struct line){ GT_STR("MCP"), &totals->mcp, false };
		return true;
	}
	*out = (struct line){ GT_STR("total"), &totals->all, true };
	return i == has_mcp && totals->n_models + has_mcp > 1;
}

static void draw_line(const struct gt_table *table, struct gt_picture *p, const struct line *line, const struct shape *shape)
{
	char room[GT_FIGURE_ROOM];
	size_t used = gt_picture_put(p, line->is_sum ? GT_BOLD : GT_PLAIN, line->name, table->width[MODEL]);

	gt_picture_blanks(p, table->width[MODEL] - used);
	for (int c = MODEL + 1; c < COLUMNS; c++)
		gt_table_cell(table, p, (unsigned)c, line->is_sum && c != ERRORS ? GT_BOLD : colour_of(c),
			      cell(line->total, shape, c, room));
	gt_picture_end_line(p);
}

void gt_totals_draw(struct gt_picture *p, const struct gt_totals *totals)
{
	struct shape shape = shape_of(p, totals);
	struct gt_table table;
	char room[GT_FIGURE_ROOM];
	struct line line;
	size_t used;

	if (!totals->all.calls)
		return;
	gt_table_init(&table, columns, COLUMNS);
	for (uint32_t i = 0; line_at(totals, i, &line); i++) {
		gt_table_widen(&table, MODEL, gt_picture_width(p, line.name));
		for (int c = MODEL + 1; c < COLUMNS; c++)
			gt_table_widen(&table, (unsigned)c, gt_picture_width(p, cell(line.total, &shape, c, room)));
	}
	gt_table_fit(&table, p->terminal.width);
	used = gt_picture_put(p, GT_DIM, GT_STR("model"), table.width[MODEL]);
	gt_picture_blanks(p, table.width[MODEL] - used);
	gt_table_titles(&table, p);
	gt_picture_end_line(p);
	for (uint32_t i = 0; line_at(totals, i, &line); i++)
		draw_line(&table, p, &line, &shape);
}
