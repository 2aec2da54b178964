/*
 * Sums calls, tokens and cost of a run by model. Counts only calls (gt_trace_is_call), so nothing counts twice. Pure.
 */
#ifndef GT_TOTALS_H
#define GT_TOTALS_H

#include "exporter/command/figure.h"
#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

struct gt_total {
	struct gt_str model, provider; /* "" when unknown; slices of the trace */
	int64_t calls, errors;
	int64_t tokens_in, tokens_cached, tokens_out; /* saturate at INT64_MAX */
	int64_t charged, priced; /* calls that a provider charges for, and those of them with a known cost */
	double cost_usd;	 /* the sum of all known costs */
};

struct gt_totals {
	struct gt_total *models; /* most tokens first */
	uint32_t n_models;
	struct gt_total mcp; /* calls and errors only */
	struct gt_total all;
	uint32_t stale_prices; /* the earliest day of prices that were over six months old at their call, 20260821; 0: none */
};

/* "$0.0123"; with a sign for "at least" in front when some charged calls have no known cost; empty when no charged call
 * has one. `decimals` comes from gt_figure_decimals. */
struct gt_str gt_total_cost(const struct gt_total *total, int decimals, bool unicode, char room[GT_FIGURE_ROOM]);

/* 0 or GT_ENOMEM. The trace must be linked and must outlive the totals. */
int gt_totals_make(struct gt_totals *totals, const struct gt_trace *t);
void gt_totals_free(struct gt_totals *totals);

/* "2026-08-21"; empty without stale prices. */
struct gt_str gt_totals_stale_day(const struct gt_totals *totals, char room[GT_FIGURE_ROOM]);

/* Draws a table: a line for each model, a line for MCP, and a sum if there are several lines. Draws nothing without
 * calls. */
void gt_totals_draw(struct gt_picture *p, const struct gt_totals *totals);

#endif
