/*
 * What is measured: every metric of the GenAI and MCP conventions that a client can tell, with its name in each generation,
 * its buckets and its attributes. A constant table.
 */
#ifndef GT_INSTRUMENT_H
#define GT_INSTRUMENT_H

#include "exporter/metrics/histogram.h"
#include "exporter/span/span.h"

enum gt_instrument_kind { GT_HISTOGRAM, GT_COUNTER };

/* Which spans an instrument is about, a bit each. */
enum gt_measured {
	GT_MEASURED_INFERENCE = 1, /* chat, generate_content, text_completion */
	GT_MEASURED_OTHER = 2,	   /* embeddings and whatever else a GenAI client does */
	GT_MEASURED_MCP_CLIENT = 4,
	GT_MEASURED_MCP_SERVER = 8,
	GT_MEASURED_MCP_CLIENT_SESSION = 16, /* the exchange that ends one */
	GT_MEASURED_MCP_SERVER_SESSION = 32,
};

struct gt_measuring;

/* One measurement of `value`; `extra`: the value of the instrument's extra attribute, NULL when it has none. */
typedef void gt_measure(struct gt_measuring *m, double value, const char *extra);

struct gt_instrument {
	const char *name;
	const char *unit, *description;
	enum gt_instrument_kind kind;
	bool is_int;
	unsigned generations;		/* 1 << GT_N2 | 1 << GT_N3 */
	unsigned about;			/* GT_MEASURED_ bits */
	const struct gt_bounds *bounds; /* of a histogram */
	const enum gt_attr *attributes;
	unsigned n_attributes;
	const char *extra; /* name of one more attribute, of type string; NULL: none */
	/* Calls `measure` for each measurement the span holds. */
	void (*read)(const struct gt_span *s, gt_measure *measure, struct gt_measuring *m);
};

#define GT_INSTRUMENTS		     20
#define GT_INSTRUMENT_ATTRIBUTES_MAX 16 /* the extra one included */

extern const struct gt_instrument gt_instruments[GT_INSTRUMENTS];

/* What a span is to instruments; 0: nothing that is measured. */
unsigned gt_measured_as(const struct gt_span *s);

#endif
