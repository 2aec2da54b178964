/*
 * Price lists: what a provider charges for a million tokens of a model. Pure; the file's format is told at the head of prices.txt.
 *
 * A list is a text of lines, one row each, and rows point into that text, which has to outlive them. Looking up never guesses: a
 * model is the one a row names, or that name with a snapshot's date or version behind it, and nothing else.
 */
#ifndef GT_PRICE_H
#define GT_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/str.h"

/* USD per million tokens. */
enum gt_rate {
	GT_RATE_INPUT,	      /* in: neither from nor to a cache */
	GT_RATE_CACHED,	      /* cached: input read from a cache */
	GT_RATE_WRITE,	      /* write: input written to a cache; when write_1h is there too, to the one of five minutes */
	GT_RATE_WRITE_1H,     /* write_1h: input written to a cache of an hour */
	GT_RATE_OUTPUT,	      /* out */
	GT_RATE_REASONING,    /* reasoning: of the output, where it has a price of its own */
	GT_RATE_AUDIO_INPUT,  /* audio_in: of the input */
	GT_RATE_AUDIO_OUTPUT, /* audio_out: of the output */
	GT_RATES
};

#define GT_RATE_NONE (-1.0)

struct gt_price {
	struct gt_str providers; /* names of gen_ai.provider.name, comma between them; or "*" */
	struct gt_str model;
	struct gt_str tier;	/* of service; .len 0: the standard one */
	uint32_t from;		/* 20250929: since that day (UTC); 0: since ever */
	int64_t over;		/* for requests with more input tokens than this; 0: for all */
	double rates[GT_RATES]; /* GT_RATE_NONE: not known, so whatever has such tokens has no price */
	unsigned line;		/* in its text */
};

struct gt_prices {
	struct gt_price *rows; /* owned */
	uint32_t n, room;
};

#define GT_PRICES_MAX 4096 /* rows; the whole market is a few hundred */

/* Lines that were left out. */
struct gt_prices_bad {
	uint32_t n;
	unsigned first;	 /* line number of the first one */
	const char *why; /* it is bad; a literal */
};

/* Rows of a text; borrows it. 0, or GT_ENOMEM with what there was memory for. Free with gt_prices_free in every case. */
int gt_prices_parse(struct gt_prices *p, struct gt_str text, struct gt_prices_bad *bad);
void gt_prices_free(struct gt_prices *p);

/* What is to be paid for. */
struct gt_purchase {
	struct gt_str provider, model;
	struct gt_str tier; /* .len 0: standard */
	int64_t input;	    /* tokens, cached ones included */
	uint32_t day;	    /* 20261126 */
};

/* The row that applies, or NULL. Of several the longest name counts first, then the named provider before "*", then the latest
 * day, then the highest `over`. */
const struct gt_price *gt_price_find(const struct gt_prices *p, const struct gt_purchase *what);

/* Is `id` the model of that name? True for the name itself, and with one of these behind it: a day (-2024-08-06, -20250514,
 * @20250514), -latest, @latest, @default, a version of Google's (-001), one of Bedrock's (-v1:0), or a day and then that. */
bool gt_price_is_model(struct gt_str name, struct gt_str id);

#endif
