#include "exporter/spool/spool_hold.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- of the file */

struct file_hold {
	struct gt_hold base;
	struct gt_spool_file *file; /* owned */
};

static void end_file(struct gt_hold *base)
{
	struct file_hold *h = (struct file_hold *)base;

	if (!base->is_undelivered)
		gt_spool_file_remove(h->file);
	gt_spool_file_close(h->file);
	free(h->file);
	free(h);
}

struct gt_hold *gt_spool_hold_file(struct gt_spool_file *file)
{
	struct file_hold *h = malloc(sizeof(*h));

	if (!h) {
		gt_spool_file_close(file);
		free(file);
		return NULL;
	}
	*h = (struct file_hold){ .base = { .refs = 1, .is_patient = true, .end = end_file }, .file = file };
	return &h->base;
}

/* ---------------------------------------------------------------- of a batch */

struct batch_hold {
	struct gt_hold base;
	struct file_hold *of; /* with a reference */
	uint32_t n;
	uint32_t events[]; /* their indexes */
};

static void mark(struct gt_hold *base, bool is_sent)
{
	struct batch_hold *h = (struct batch_hold *)base;

	for (uint32_t i = 0; i < h->n; i++)
		gt_spool_file_mark_sent(h->of->file, h->events[i], is_sent);
}

static void end_batch(struct gt_hold *base)
{
	struct batch_hold *h = (struct batch_hold *)base;

	if (base->is_undelivered)
		gt_hold_leave(&h->of->base);
	else if (!base->is_sent)
		mark(base, true);
	gt_hold_unref(&h->of->base);
	free(h);
}

struct gt_hold *gt_spool_hold_batch(struct gt_hold *file, uint32_t max)
{
	struct batch_hold *h = malloc(sizeof(*h) + max * sizeof(h->events[0]));

	if (!h)
		return NULL;
	*h = (struct batch_hold){ .base = { .refs = 1, .is_patient = true, .mark = mark, .end = end_batch },
				  .of = (struct file_hold *)gt_hold_ref(file) };
	return &h->base;
}

void gt_spool_hold_add(struct gt_hold *batch, const struct gt_event *origin)
{
	struct batch_hold *h = (struct batch_hold *)batch;

	h->events[h->n++] = origin->index;
}
