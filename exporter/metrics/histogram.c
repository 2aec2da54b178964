#include "exporter/metrics/histogram.h"

uint32_t gt_histogram_add(struct gt_histogram *h, const struct gt_bounds *bounds, double value)
{
	uint32_t i = 0;

	while (i < bounds->n && value > bounds->values[i])
		i++;
	h->buckets[i]++;
	h->min = h->count && h->min < value ? h->min : value;
	h->max = h->count && h->max > value ? h->max : value;
	h->count++;
	h->sum += value;
	return i;
}
