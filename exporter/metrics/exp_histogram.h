/*
 * A base-2 exponential histogram, as OTLP means it: with base = 2^(2^-scale), bucket i holds what is above base^i and at most
 * base^(i+1). The scale starts at its finest and is lowered whenever the values no longer fit into the buckets. Pure.
 *
 * For values that are not negative: durations and counts. Zero is counted apart.
 */
#ifndef GT_EXP_HISTOGRAM_H
#define GT_EXP_HISTOGRAM_H

#include <stdint.h>

#define GT_EXP_BUCKETS_MAX 160 /* both are the specification's defaults */
#define GT_EXP_SCALE_MAX   20

struct gt_exp_histogram {
	int32_t scale;
	int32_t offset; /* index of buckets[0]; while n > 0 */
	uint32_t n;	/* buckets in use */
	uint64_t buckets[GT_EXP_BUCKETS_MAX];
	uint64_t zeros, count;
	double sum, min, max; /* min and max: while count > 0 */
};

void gt_exp_histogram_init(struct gt_exp_histogram *h);

/* `value` is finite and not negative. */
void gt_exp_histogram_add(struct gt_exp_histogram *h, double value);

/* The bucket of a value above zero at a scale. */
int32_t gt_exp_index(double value, int32_t scale);

#endif
