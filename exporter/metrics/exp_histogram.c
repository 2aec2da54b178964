#include "exporter/metrics/exp_histogram.h"

#include <float.h>
#include <string.h>

void gt_exp_histogram_init(struct gt_exp_histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->scale = GT_EXP_SCALE_MAX;
}

/* value = fraction * 2^exponent, with 1 <= fraction < 2. Reads the bits, because libm would be one more dependency. */
static int32_t split(double value, double *fraction)
{
	int32_t shift = 0, exponent;
	uint64_t bits;

	if (value < DBL_MIN) { /* subnormal */
		value *= 0x1p52;
		shift = 52;
	}
	memcpy(&bits, &value, sizeof(bits));
	exponent = (int32_t)(bits >> 52 & 0x7ff) - 1023;
	bits = (bits & 0xfffffffffffffULL) | 1023ULL << 52;
	memcpy(fraction, &bits, sizeof(*fraction));
	return exponent - shift;
}

/*
 * The fraction's part of the index at a scale above 0: the number of whole steps of 2^(2^-scale) below it. Squaring
 * yields the binary digits of log2(fraction) one by one, because it shifts them to the left. Each squaring doubles the
 * relative error. After 20 squarings a double would be off by 2^-33; a long double keeps the error below 2^-43.
 */
static int32_t steps_below(double fraction, int32_t scale)
{
	long double f = fraction;
	int32_t steps = 0;

	for (int32_t i = 0; i < scale; i++) {
		f *= f;
		steps <<= 1;
		if (f >= 2) {
			f /= 2;
			steps |= 1;
		}
	}
	/* a value on a bound belongs to the bucket below it */
	return f > 1 ? steps : steps - 1;
}

int32_t gt_exp_index(double value, int32_t scale)
{
	double fraction;
	int32_t exponent = split(value, &fraction);

	if (scale > 0)
		return (int32_t)((uint32_t)exponent << scale) + steps_below(fraction, scale);
	return (fraction > 1 ? exponent : exponent - 1) >> -scale;
}

/* Merges neighbouring buckets in pairs, `by` times. */
static void coarsen(struct gt_exp_histogram *h, int32_t by)
{
	int32_t offset = h->offset >> by;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t to = (uint32_t)(((h->offset + (int32_t)i) >> by) - offset);
		uint64_t moved = h->buckets[i];

		h->buckets[i] = 0;
		h->buckets[to] += moved;
		n = to + 1;
	}
	h->offset = offset;
	h->n = n;
	h->scale -= by;
}

/* How many halvings make all indices, including `index`, fit into the buckets. */
static int32_t halvings_needed(const struct gt_exp_histogram *h, int32_t index)
{
	int64_t low = h->n && h->offset < index ? h->offset : index;
	int64_t last = h->n ? (int64_t)h->offset + h->n - 1 : index, high = last > index ? last : index;
	int32_t by = 0;

	while ((high >> by) - (low >> by) >= GT_EXP_BUCKETS_MAX)
		by++;
	return by;
}

static void count_in(struct gt_exp_histogram *h, int32_t index)
{
	uint32_t at;

	if (!h->n)
		h->offset = index;
	if (index < h->offset) {
		uint32_t room = (uint32_t)(h->offset - index);

		memmove(h->buckets + room, h->buckets, h->n * sizeof(h->buckets[0]));
		memset(h->buckets, 0, room * sizeof(h->buckets[0]));
		h->offset = index;
		h->n += room;
	}
	at = (uint32_t)(index - h->offset);
	h->buckets[at]++;
	if (at >= h->n)
		h->n = at + 1;
}

void gt_exp_histogram_add(struct gt_exp_histogram *h, double value)
{
	h->min = h->count && h->min < value ? h->min : value;
	h->max = h->count && h->max > value ? h->max : value;
	h->count++;
	h->sum += value;
	if (value > 0) {
		int32_t index = gt_exp_index(value, h->scale), by = halvings_needed(h, index);

		if (by)
			coarsen(h, by);
		count_in(h, index >> by);
	} else {
		h->zeros++;
	}
}
