#include "exporter/span/batch.h"

#include "shim/shared/check.h"

/* Spans with content are large. Many collectors refuse requests of more than 4 MiB. */
#define BYTES_MAX (2u << 20)

void gt_batch_init(struct gt_batch *b, uint32_t max, int64_t delay_ns)
{
	*b = (struct gt_batch){ .max = max, .delay_ns = delay_ns };
}

void gt_batch_add(struct gt_batch *b, struct gt_span *s, struct gt_mono now)
{
	s->next = NULL;
	if (b->n == 0) {
		b->oldest = now;
		b->first = s;
	} else {
		b->last->next = s;
	}
	b->last = s;
	b->n++;
	b->bytes += s->arena.used;
}

bool gt_batch_is_full(const struct gt_batch *b)
{
	return b->n && (b->n >= b->max || b->bytes >= BYTES_MAX);
}

bool gt_batch_is_due(const struct gt_batch *b, struct gt_mono now)
{
	return gt_batch_due_in(b, now) == 0;
}

int64_t gt_batch_due_in(const struct gt_batch *b, struct gt_mono now)
{
	int64_t waited = now.ns - b->oldest.ns;

	if (b->n == 0)
		return -1;
	return gt_batch_is_full(b) || waited >= b->delay_ns ? 0 : b->delay_ns - waited;
}

struct gt_span *gt_batch_take(struct gt_batch *b, uint32_t *n)
{
	struct gt_span *first = b->first;

	GT_ASSERT((b->n == 0) == (first == NULL));
	*n = b->n;
	b->first = b->last = NULL;
	b->n = 0;
	b->bytes = 0;
	return first;
}

void gt_batch_free(struct gt_batch *b)
{
	uint32_t n;

	for (struct gt_span *s = gt_batch_take(b, &n), *next; s; s = next) {
		next = s->next;
		gt_span_free(s);
	}
}
