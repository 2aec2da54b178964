/*
 * The way of a call through the exporter:
 *
 *	events -> assemble -> (documents -> genai) -> genai -> batch -> sinks
 *	                                                     \-> metrics -> sinks
 *
 * It waits for nothing. The loop decides when to take, write and end. Exporter thread.
 */
#ifndef GT_PIPELINE_H
#define GT_PIPELINE_H

#include "exporter/awaited.h"
#include "exporter/exchange/assemble.h"
#include "exporter/metrics/metric_reader.h"
#include "exporter/setup.h"
#include "exporter/span/batch.h"
#include "exporter/spool/kept_spans.h"

/* After this long without an event, the thread sleeps until an event wakes it, or ends when nothing is left to do. */
#define GT_PIPELINE_QUIET_NS GT_NS_PER_S

/* Must not move. */
struct gt_pipeline {
	struct gt_setup *setup; /* borrowed */
	struct gt_event *todo;	/* owned: taken from the hand-off, and not read yet; oldest first */
	struct gt_event *last;	/* of `todo`, while that is not NULL */
	struct gt_assemble *assemble;
	struct gt_awaited awaited;
	struct gt_batch batch;
	struct gt_metric_reader metrics;
	struct gt_kept_spans kept;
	struct gt_mono last_event; /* when events were last taken */
	uint64_t spans;		   /* finished, and to be exported */
};

/* `p` is zeroed. Borrows `setup`, whose run it changes: what is measured, and whether events are exported. 0 or
 * GT_ENOMEM; call gt_pipeline_close after either. */
int gt_pipeline_open(struct gt_pipeline *p, struct gt_setup *setup);
void gt_pipeline_close(struct gt_pipeline *p);

/* Takes what has arrived in the hand-off. It comes after what was taken before and is still unread. */
void gt_pipeline_fetch(struct gt_pipeline *p);

/* The same, and reads a slice of it, at most until a batch is full. */
void gt_pipeline_take(struct gt_pipeline *p);

/* Finishes calls that have waited long enough for an answer on another stream. */
void gt_pipeline_expire(struct gt_pipeline *p);

/* The process ends: finishes every call that is open. */
void gt_pipeline_end(struct gt_pipeline *p);

/* Writes the batch, or the metrics, to the sinks. */
void gt_pipeline_write_spans(struct gt_pipeline *p);
void gt_pipeline_write_metrics(struct gt_pipeline *p);

/* Nothing is unread, open, waiting or measured. */
bool gt_pipeline_is_empty(const struct gt_pipeline *p);

/* No event has come for GT_PIPELINE_QUIET_NS. */
bool gt_pipeline_is_quiet(const struct gt_pipeline *p);

/* Exchanges are open and events come: the loop polls, so that they need not wake it. */
bool gt_pipeline_is_lively(const struct gt_pipeline *p);

/* Nanoseconds until something is to be finished or written; -1: never. */
int64_t gt_pipeline_due_in(const struct gt_pipeline *p, struct gt_mono now);

/* How many spans only the spool has: those that no destination took, and those of events that are still unread. */
uint64_t gt_pipeline_undelivered(const struct gt_pipeline *p);

#endif
