/*
 * A histogram over fixed bounds, as OTLP means it: bucket i holds what is above bound i-1 and at most bound i, one more bucket
 * what is above the last. Pure.
 */
#ifndef GT_HISTOGRAM_H
#define GT_HISTOGRAM_H

#include <stdint.h>

#define GT_BOUNDS_MAX 14 /* the longest list of the GenAI and MCP conventions */

struct gt_bounds {
	const double *values; /* strictly increasing */
	uint32_t n;	      /* <= GT_BOUNDS_MAX */
};

struct gt_histogram {
	uint64_t buckets[GT_BOUNDS_MAX + 1]; /* the first bounds->n + 1 */
	uint64_t count;
	double sum, min, max; /* min and max: while count > 0 */
};

/* `value` is finite. Returns the bucket. */
uint32_t gt_histogram_add(struct gt_histogram *h, const struct gt_bounds *bounds, double value);

#endif
