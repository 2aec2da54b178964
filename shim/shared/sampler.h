/*
 * Head sampling. Pure; decided where the traceparent is made, because its flags carry the decision.
 */
#ifndef GT_SAMPLER_H
#define GT_SAMPLER_H

#include <stdbool.h>

#include "shim/shared/traceparent.h"

struct gt_sampler {
	bool parent_based;
	uint64_t keep_below; /* of the trace id's last 63 bits; INT64_MAX + 1 keeps all, 0 none */
};

enum gt_sampler_error {
	GT_SAMPLER_OK,
	GT_SAMPLER_BAD_NAME, /* parentbased_always_on is used */
	GT_SAMPLER_BAD_ARG,  /* the ratio 1.0 is used */
};

/* From OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; both may be NULL. `out` is usable whatever is returned. */
enum gt_sampler_error gt_sampler_parse(const char *name, const char *arg, struct gt_sampler *out);

/* `parent` is NULL for a root. */
bool gt_sampler_keeps(const struct gt_sampler *s, struct gt_trace_id id, const struct gt_trace_context *parent);

#endif
