/*
 * A base-2 exponential histogram, as defined by OTLP. With base = 2^(2^-scale), bucket i counts the values above base^i
 * and up to base^(i+1). The scale begins at the finest and is lowered when the values no longer fit into the buckets.
 * Pure.
 *
 * For values that are not negative, such as durations and counts. Zeros are counted separately.
 */
#ifndef GT_EXP_HISTOGRAM_H
#define GT_EXP_HISTOGRAM_H

#include <stdint.h>

#define GT_EXP_BUCKETS_MAX 160 /* this and the scale are the specification's defaults */
#define GT_EXP_SCALE_MAX   20

struct gt_exp_histogram {
	int32_t scale;
	int32_t offset; /* index of buckets[0]; valid while n > 0 */
	uint32_t n;	/* buckets in use */
	uint64_t buckets[GT_EXP_BUCKETS_MAX];
	uint64_t zeros, count;
	double sum, min, max; /* min and max: valid while count > 0 */
};

void gt_exp_histogram_init(struct gt_exp_histogram *h);

/* Adds a value, which must be finite and not negative. */
void gt_exp_histogram_add(struct gt_exp_histogram *h, double value);

/* The bucket index of a value above zero at a scale. */
int32_t gt_exp_index(double value, int32_t scale);

#endif
