/*
 * What a call cost, in US dollars: the provider's own figure where the reply has one, else its tokens at a list's prices, else
 * nothing. Exporter thread.
 *
 * Wrong is worse than none. So there is no cost when the counts are missing or contradict each other, when something beside tokens
 * was charged (searches, sandboxes), when the model, the tier or a kind of token has no price, when the end of a stream was not
 * seen, and when nobody can say who was really asked: on an unknown host a model's name is only a name.
 */
#ifndef GT_COST_H
#define GT_COST_H

#include "exporter/cost/price.h"
#include "exporter/span/reading.h"

/* The tokens of `u` at the prices of `p`. False: some of them have no price, or the counts are not whole. Pure. */
bool gt_cost_of_usage(const struct gt_usage *u, const struct gt_price *p, double *usd);

/* The figure in a usage object as OpenRouter, Perplexity, xAI or DeepInfra write it; else `*usd` is left alone. */
void gt_cost_take(struct gt_reading *r, double *usd, const cJSON *usage);

/* Sets gen_ai.usage.cost and gentap.cost_source, or neither. After the provider's `finish`. */
void gt_cost_set(struct gt_reading *r);

#endif
