/*
 * The cost that a reply names: the provider's own figure, a proxy's header field, and answers from a gateway's cache, which
 * cost nothing. A member is believed only where the API of its host defines it. Exporter thread.
 */
#ifndef GT_REPLY_COST_H
#define GT_REPLY_COST_H

#include "exporter/span/reading.h"

/* Sets `*usd` to the cost in a usage object of OpenRouter, Perplexity, xAI, DeepInfra or LiteLLM; unchanged if it has
 * none. */
void gt_cost_take(struct gt_reading *r, double *usd, const cJSON *usage);

enum gt_reply_cost {
	GT_REPLY_COST_NONE,    /* the reply says nothing */
	GT_REPLY_COST_KNOWN,   /* `*usd` is the cost */
	GT_REPLY_COST_UNKNOWN, /* what it says leaves open whether the call was free: a list does not apply either */
};

/* Call when the reply is complete. */
enum gt_reply_cost gt_reply_cost_of(const struct gt_reading *r, double *usd);

#endif
