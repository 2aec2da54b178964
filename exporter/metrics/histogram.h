/*
 * A histogram with fixed bounds, as defined by OTLP. Bucket i counts the values above bound i-1 and up to bound i; one
 * more bucket counts the values above the last bound. Pure.
 */
#ifndef GT_HISTOGRAM_H
#define GT_HISTOGRAM_H

#include <stdint.h>

#define GT_BOUNDS_MAX 14 /* the longest list in the GenAI and MCP conventions */

struct gt_bounds {
	const double *values; /* strictly increasing */
	uint32_t n;	      /* <= GT_BOUNDS_MAX */
};

struct gt_histogram {
	uint64_t buckets[GT_BOUNDS_MAX + 1]; /* the first bounds->n + 1 */
	uint64_t count;
	double sum, min, max; /* min and max: valid while count > 0 */
};

/* Adds a value, which must be finite. Returns the index of its bucket. */
uint32_t gt_histogram_add(struct gt_histogram *h, const struct gt_bounds *bounds, double value);

#endif
