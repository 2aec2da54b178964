/*
 * Determines the cost of a call in US dollars: the provider's own figure if the reply has one, else the tokens at the
 * prices of a list, else none. Exporter thread.
 *
 * gentap reports no cost rather than a wrong one. A call gets no cost from a list when
 *	- token counts are missing or contradict each other;
 *	- the provider charged for more than tokens (searches, sandboxes);
 *	- the model, the tier or a kind of token has no price;
 *	- the host is unknown, so that the model's name proves nothing (only the user's own prices apply then).
 * No cost at all: for an error response, a response that was not read in full, and a stream whose end was not seen.
 */
#ifndef GT_COST_H
#define GT_COST_H

#include "exporter/cost/price.h"
#include "exporter/span/reading.h"

/* The cost of the tokens of `u` at the prices of `p`. False when some have no price or counts are incomplete. Pure. */
bool gt_cost_of_usage(const struct gt_usage *u, const struct gt_price *p, double *usd);

/* Sets gen_ai.usage.cost and gentap.cost_source, or neither. Call after the provider's `finish`. */
void gt_cost_set(struct gt_reading *r);

#endif
