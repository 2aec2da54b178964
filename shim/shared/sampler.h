/*
 * Head sampling. Pure. The decision is made where the traceparent is made, because the traceparent's flags carry it.
 */
#ifndef GT_SAMPLER_H
#define GT_SAMPLER_H

#include <stdbool.h>

#include "shim/shared/traceparent.h"

struct gt_sampler {
	bool is_parent_based;
	uint64_t keep_below; /* limit for the last 63 bits of the trace id; INT64_MAX + 1 keeps all, 0 none */
};

enum gt_sampler_error {
	GT_SAMPLER_OK,
	GT_SAMPLER_BAD_NAME, /* falls back to parentbased_always_on */
	GT_SAMPLER_BAD_ARG,  /* falls back to the ratio 1.0 */
};

/* Parses OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; both may be NULL. `out` is usable whatever the return
 * value. */
enum gt_sampler_error gt_sampler_parse(const char *name, const char *arg, struct gt_sampler *out);

/* True when the span is sampled. `parent` is NULL for a root span. */
bool gt_sampler_keeps(const struct gt_sampler *s, struct gt_trace_id id, const struct gt_trace_context *parent);

#endif
