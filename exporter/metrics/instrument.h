/*
 * The table of instruments: each metric of the GenAI and MCP conventions that spans can provide, with its name in each
 * generation, its buckets and its attributes. Constant.
 */
#ifndef GT_INSTRUMENT_H
#define GT_INSTRUMENT_H

#include "exporter/metrics/histogram.h"
#include "exporter/span/span.h"

enum gt_instrument_kind { GT_HISTOGRAM, GT_COUNTER };

/* Kinds of spans an instrument can measure, one bit each. */
enum gt_measured {
	GT_MEASURED_INFERENCE = 1, /* chat, generate_content, text_completion */
	GT_MEASURED_OTHER = 2,	   /* embeddings and all other GenAI client operations */
	GT_MEASURED_MCP_CLIENT = 4,
	GT_MEASURED_MCP_SERVER = 8,
	GT_MEASURED_MCP_CLIENT_SESSION = 16, /* the exchange that ends a session */
	GT_MEASURED_MCP_SERVER_SESSION = 32,
	GT_MEASURED_FETCHED = 64, /* with OTHER: tokens of inferences that another exchange started */
};

struct gt_measuring;

/* Takes one measurement of `value`. `extra` is the value of the instrument's extra attribute, or NULL. */
typedef void gt_measure(struct gt_measuring *m, double value, const char *extra);

struct gt_instrument {
	const char *name;
	const char *unit, *description;
	enum gt_instrument_kind kind;
	bool is_int;
	unsigned generations;		/* 1 << GT_N2 | 1 << GT_N3 */
	unsigned about;			/* GT_MEASURED_ bits */
	const struct gt_bounds *bounds; /* for histograms */
	const enum gt_attr *attributes;
	unsigned n_attributes;
	const char *extra; /* name of an additional string attribute; NULL: none */
	/* Calls `measure` for each measurement in the span. */
	void (*read)(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m);
};

#define GT_INSTRUMENTS		     20
#define GT_INSTRUMENT_ATTRIBUTES_MAX 16 /* including the extra attribute */

extern const struct gt_instrument gt_instruments[GT_INSTRUMENTS];

/* The GT_MEASURED_ bits of a span; 0: the span is not measured. */
unsigned gt_measured_as(const struct gt_span *s);

#endif
