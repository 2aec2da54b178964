#include "exporter/forwarder.h"

#include <limits.h>

#include "exporter/recover.h"
#include "exporter/span/batch.h"
#include "exporter/spool/spool_hold.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"

#define DYING_NS    (100 * GT_NS_PER_MS) /* how long the launcher waits for processes of its run that are about to end */
#define DYING_LOOKS 10
#define SPOOLS_MAX  16 /* of other processes; a process sends at most so many */
/* While the sinks have no room, they are polled this long at a time. */
#define ROOM_POLL_NS (20 * GT_NS_PER_MS)

static bool is_over(const struct gt_forwarder *f)
{
	return gt_mono_now().ns >= f->until.ns || (f->must_stop && f->must_stop(f->ctx));
}

/* ---------------------------------------------------------------- one spool */

/* Spans on their way to the same sinks. */
struct group {
	struct gt_batch batch;
	struct gt_hold *hold; /* of the batch; NULL: it is empty, or without memory */
};

/* The spans of one process on their way to the sinks. */
struct passage {
	const struct gt_forwarder *forwarder;
	struct gt_resource resource;
	struct gt_hold *hold; /* of the file */
	struct group fresh;   /* for every sink */
	struct group written; /* every sink but the first has them */
	bool is_other_run, is_forwarded;
	uint64_t n;
};

static void write_group(struct passage *w, struct group *g)
{
	struct gt_setup *setup = w->forwarder->setup;
	struct gt_batch_view view = { .resource = &w->resource,
				      .naming = &setup->config.naming,
				      .hold = g->hold ? g->hold : w->hold };
	struct gt_sinks_reach reach = { .is_first_only = g == &w->written, .is_other_run = w->is_other_run };

	view.first = gt_batch_take(&g->batch, &view.n);
	while (!gt_setup_has_room(setup) && !is_over(w->forwarder))
		gt_sinks_poll(&setup->sinks, ROOM_POLL_NS);
	if (view.n)
		gt_sinks_forward(&setup->sinks, &view, reach);
	for (const struct gt_span *s = view.first, *next; s; s = next) {
		next = s->next;
		gt_span_free((struct gt_span *)s);
	}
	gt_hold_unref(g->hold);
	g->hold = NULL;
}

static void take_span(void *ctx, struct gt_span *span, const struct gt_event *origin)
{
	struct passage *w = ctx;
	struct group *g = (origin && origin->is_written) || w->is_forwarded ? &w->written : &w->fresh;

	w->n++;
	if (!g->batch.n)
		g->hold = gt_spool_hold_batch(w->hold, g->batch.max);
	if (g->hold && origin)
		gt_spool_hold_add(g->hold, origin);
	gt_batch_add(&g->batch, span, gt_mono_now());
	if (gt_batch_is_full(&g->batch))
		write_group(w, g);
}

static void send_spool(void *ctx, struct gt_spool_file *file)
{
	struct gt_forwarder *f = ctx;
	struct gt_setup *setup = f->setup;
	struct passage w = { .forwarder = f, .hold = gt_spool_hold_file(file) };

	if (!w.hold)
		return;
	w.is_other_run = file->head->run_file != gt_spool_run_file(setup->host->env_raw);
	w.is_forwarded = file->head->is_forwarded;
	gt_spool_file_mark_forwarded(file);
	gt_batch_init(&w.fresh.batch, setup->config.batch_max, 0);
	gt_batch_init(&w.written.batch, setup->config.batch_max, 0);
	if (gt_recover_resource(&w.resource, file, &setup->source) != 0 || gt_recover(file, &setup->run, take_span, &w) != 0)
		gt_hold_leave(w.hold);
	write_group(&w, &w.fresh);
	write_group(&w, &w.written);
	gt_log(GT_LOG_EXPORTER, GT_LOG_INFO, "process %u is gone: %llu span%s from its spool", file->head->pid,
	       (unsigned long long)w.n, w.n == 1 ? "" : "s");
	f->processes++;
	f->choice->is_over = is_over(f);
	gt_hold_unref(w.hold);
	gt_resource_free(&w.resource);
}

/* ---------------------------------------------------------------- all */

/* A process that was killed just now may not have lost its mappings yet. */
void gt_forwarder_send(struct gt_forwarder *f, struct gt_spool_choice *choice)
{
	const struct timespec pause = { 0, DYING_NS / DYING_LOOKS };

	f->choice = choice;
	for (int i = 0; i < DYING_LOOKS && !is_over(f); i++) {
		gt_spool_folder_visit(choice, send_spool, f);
		if (!choice->busy || !choice->run)
			return;
		nanosleep(&pause, NULL);
	}
}

/* Only once: a spool that cannot be sent now is left to a later process. */
void gt_forwarder_look(struct gt_forwarder *f, struct gt_mono until)
{
	struct gt_spool_choice choice = { .env = f->setup->host->env_raw, .max = SPOOLS_MAX };
	const struct gt_sink *spans = gt_sinks_first_of_spans(&f->setup->sinks);

	if (f->has_looked || !spans || !spans->sent || gt_gate_missing(GT_SIDE_OWN, GT_NEED_SPOOL))
		return;
	f->has_looked = true;
	f->until = until;
	gt_forwarder_send(f, &choice);
}
