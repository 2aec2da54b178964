/*
 * Price lists: what a provider charges for a million tokens of a model. Pure. The head of prices.txt describes the
 * format.
 *
 * A list is a text with one row per line. Rows point into that text, which must outlive them. A lookup never guesses: a
 * row matches its model's name, and that name followed by the date or version of a snapshot, but nothing else.
 */
#ifndef GT_PRICE_H
#define GT_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/cost/price_period.h"
#include "shim/shared/str.h"

/* USD per million tokens. */
enum gt_rate {
	GT_RATE_INPUT,	      /* in: neither read from nor written to a cache */
	GT_RATE_CACHED,	      /* cached: input read from a cache */
	GT_RATE_WRITE,	      /* write: input written to a cache; of five minutes, if the row has write_1h too */
	GT_RATE_WRITE_1H,     /* write_1h: input written to a cache of one hour */
	GT_RATE_OUTPUT,	      /* out */
	GT_RATE_REASONING,    /* reasoning: part of the output, where it has a price of its own */
	GT_RATE_AUDIO_INPUT,  /* audio_in: part of the input */
	GT_RATE_AUDIO_OUTPUT, /* audio_out: part of the output */
	GT_RATES
};

#define GT_RATE_NONE (-1.0)

struct gt_price {
	struct gt_str providers; /* values of gen_ai.provider.name, comma-separated; or "*" */
	struct gt_str model;
	struct gt_str tier; /* of service; .len 0: standard */
	struct gt_price_period period;
	uint32_t read;		/* the day it was read from the provider, 20250929; 0: not recorded */
	int64_t over;		/* only for requests with more input tokens than this; 0: for all */
	double rates[GT_RATES]; /* GT_RATE_NONE: unknown; a call with such tokens gets no cost */
	unsigned line;		/* line number in the text, from 1 */
};

struct gt_prices {
	struct gt_price *rows; /* owned */
	uint32_t n, room;
};

#define GT_PRICES_MAX 4096 /* rows; the whole market has a few hundred. A message repeats the number */

/* Lines that were ignored. */
struct gt_prices_bad {
	uint32_t n;
	unsigned first;	 /* number of the first such line */
	const char *why; /* the problem of that line; a literal */
};

/* Parses a text; borrows it. 0, or GT_ENOMEM with the rows read so far. Free with gt_prices_free after either. */
int gt_prices_parse(struct gt_prices *p, struct gt_str text, struct gt_prices_bad *bad);
void gt_prices_free(struct gt_prices *p);

/* What a price is looked up for. */
struct gt_purchase {
	struct gt_str provider, model;
	struct gt_str tier; /* .len 0: standard */
	int64_t input;	    /* tokens, including cached tokens */
	struct gt_price_moment at;
};

/* The row that applies, borrowed, or NULL. Of several, the longest model name wins; then a named provider before "*";
 * then the latest first day; then a row of hours or days of the week; then the highest `over`. */
const struct gt_price *gt_price_find(const struct gt_prices *p, const struct gt_purchase *what);

/* True when `id` is the name, ignoring case, or the name followed by one of these: a day (-2024-08-06, -20250514,
 * @20250514); -latest, @latest or @default; a Google version (-001 to -009); a Bedrock version (-v1:0); a day and a
 * Bedrock version. */
bool gt_price_is_model(struct gt_str name, struct gt_str id);

#endif
