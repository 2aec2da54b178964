/*
 * All destinations of a process, each for one signal. What one sink waits for, no other sink waits for. Exporter thread.
 */
#ifndef GT_SINKS_H
#define GT_SINKS_H

#include "exporter/sinks/sink.h"

#define GT_SINKS_MAX 8 /* one for each destination of a signal: 4 for spans, 2 each for metrics and events */

/* Begins zeroed. */
struct gt_sinks {
	struct gt_sink *list[GT_SINKS_MAX]; /* the first n, owned; those of spans first, and of these the collector */
	unsigned n;
};

/* Opens every sink that `config` asks for, which must outlive them, and adds it. `run_mark`: see gt_sink_run_file_open.
 * A sink that cannot be opened is missing. */
void gt_sinks_open(struct gt_sinks *s, const struct gt_config *config, const char *run_mark);

/* Takes `sink`; NULL adds nothing. */
void gt_sinks_add(struct gt_sinks *s, struct gt_sink *sink);

/* True while a sink accepts that signal. */
bool gt_sinks_want(const struct gt_sinks *s, enum gt_signal signal);

/* The first destination of spans, borrowed; NULL: none. It is the collector where there is one. */
const struct gt_sink *gt_sinks_first_of_spans(const struct gt_sinks *s);

/* Gives the batch to every sink of that signal; its hold to the first of them only. Borrows it. */
void gt_sinks_write(struct gt_sinks *s, enum gt_signal signal, const struct gt_batch_view *view);

/* Which sinks get the spans of another process. */
struct gt_sinks_reach {
	bool is_first_only; /* the others have them */
	bool is_other_run;  /* not the launcher's file: they are of another run */
};

/* As gt_sinks_write for spans, within that reach. */
void gt_sinks_forward(struct gt_sinks *s, const struct gt_batch_view *view, struct gt_sinks_reach reach);

/* False while a sink would drop a batch now that it may accept later. */
bool gt_sinks_have_room(const struct gt_sinks *s);

/* True while a sink has something queued or under way. */
bool gt_sinks_are_busy(const struct gt_sinks *s);

/* Nanoseconds until the next poll: 0 while a sink waits for an answer; -1: no sink needs a poll. */
int64_t gt_sinks_due_in(const struct gt_sinks *s, struct gt_mono now);

/* Lets every sink make progress. Waits at most `wait_ns`, and only in those sinks that are due first. */
void gt_sinks_poll(struct gt_sinks *s, int64_t wait_ns);

/* No sink goes on beyond `deadline`; GT_SINK_NEVER: they go on again. */
void gt_sinks_flush_by(struct gt_sinks *s, struct gt_mono deadline);

/* The same, at once, for those whose last attempt failed. */
void gt_sinks_give_up_failing(struct gt_sinks *s);

/* The thread ends, and another may go on: closes connections. */
void gt_sinks_rest(struct gt_sinks *s);

/* Closes and frees all sinks. */
void gt_sinks_close(struct gt_sinks *s);

#endif
