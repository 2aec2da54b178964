/*
 * What a run used, by model. Calls are those of gt_trace_is_call: nothing counts twice.
 */
#ifndef GT_TOTALS_H
#define GT_TOTALS_H

#include "exporter/command/figure.h"
#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

struct gt_total {
	struct gt_str model, provider; /* "" when unknown; they live in the trace */
	int64_t calls, errors;
	int64_t tokens_in, tokens_cached, tokens_out; /* sums stop at the largest number */
	int64_t charged, priced; /* calls that somebody has to pay for, and those of them whose cost is known */
	double cost_usd;	 /* of these */
};

struct gt_totals {
	struct gt_total *models; /* most tokens first */
	uint32_t n_models;
	struct gt_total mcp; /* calls and errors only */
	struct gt_total all;
};

/* "$0.0123"; with a sign in front when the cost of some calls is not known; empty when that of none is. `decimals` as of
 * gt_figure_decimals. */
struct gt_str gt_total_cost(const struct gt_total *total, int decimals, bool unicode, char room[GT_FIGURE_ROOM]);

/* 0 or GT_ENOMEM. The trace is linked and must outlive the totals. */
int gt_totals_make(struct gt_totals *totals, const struct gt_trace *t);
void gt_totals_free(struct gt_totals *totals);

/* A table with a line for each model, one for MCP, and a sum when there are several. */
void gt_totals_draw(struct gt_picture *p, const struct gt_totals *totals);

#endif
