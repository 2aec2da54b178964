/*
 * Destinations of spans, metrics and events. Each kind of sink is a table of functions; the exporter's loop knows sinks
 * through these tables only.
 *
 * Exporter thread. `write` must not block on the network: it encodes and queues, and `poll` sends. Each sink keeps its
 * own queue, so that a dead collector does not delay a file.
 */
#ifndef GT_SINK_H
#define GT_SINK_H

#include "exporter/config/config.h"
#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"
#include "exporter/span/span.h"
#include "shim/shared/clock.h"
#include "shim/shared/exporter_host.h"

struct gt_sink;

struct gt_sink_ops {
	const char *name;
	/* Borrows the batch. The sink drops and counts what it cannot accept. */
	void (*write)(struct gt_sink *s, const struct gt_batch_view *batch);
	/* Makes progress, and waits at most `wait_ns` for it. NULL: the sink is never busy. */
	void (*poll)(struct gt_sink *s, int64_t wait_ns);
	/* True while something is queued or under way. NULL: never. */
	bool (*is_busy)(const struct gt_sink *s);
	/* Nanoseconds until the next poll: 0 while it waits for an answer, -1 when not busy. Set when `poll` is. */
	int64_t (*due_in)(const struct gt_sink *s, struct gt_mono now);
	/* False while the queue is nearly full and on its way out: what is written now may be dropped, and later may
	 * not. True while the sink is failing. NULL: always true. */
	bool (*has_room)(const struct gt_sink *s);
	/* True when the last attempt failed, or got no answer in time. NULL: never. */
	bool (*is_failing)(const struct gt_sink *s);
	/* The process ends at `deadline`: no retry or timeout may go beyond it, and no pause delays the next try.
	 * GT_SINK_NEVER: it goes on. NULL: nothing to do. */
	void (*flush_by)(struct gt_sink *s, struct gt_mono deadline);
	/* The thread ends, and another may go on: closes connections and whatever belongs to a thread. NULL: the sink
	 * holds nothing of the kind. */
	void (*rest)(struct gt_sink *s);
	/* Frees the sink. Drops what is still queued. */
	void (*close)(struct gt_sink *s);
};

#define GT_SINK_NEVER ((struct gt_mono){ INT64_MAX })

/* The first member of every sink's own struct. */
struct gt_sink {
	const struct gt_sink_ops *ops;
	enum gt_signal signal; /* what the sink accepts; 0 is GT_TRACES */
	bool is_of_run;	       /* the launcher's file, for the spans of its run */
	bool is_off;	       /* the server does not know this signal: send no more */
	uint64_t sent;	       /* items that the destination accepted */
	uint64_t dropped;      /* items that the sink lost */
	uint64_t unconfirmed;  /* of these, sent in full and not answered: most likely they arrived */
	/* of these, spans of other processes, from their spools */
	struct {
		uint64_t sent, dropped, unconfirmed;
	} of_others;
	uint64_t left;		      /* items that it did not deliver, and that stay in a spool */
	char problem[GT_PROBLEM_MAX]; /* why the first of those that were lost or stay were not delivered, and where */
};

/* Each gives a sink. NULL when out of memory or when the settings cannot be used (logged). `config` must outlive the
 * sink. */
struct gt_sink *gt_sink_http_open(const struct gt_config *config, enum gt_signal signal);
/* A relative path is resolved against the current folder. */
struct gt_sink *gt_sink_file_open(const char *path);
/* The launcher's file: a process that outlives the run must neither create it again nor write to another file of that
 * name (shim/shared/named_file.h). Borrows `mark`, which may be NULL, for the life of the sink. */
struct gt_sink *gt_sink_run_file_open(const char *path, const char *mark);
struct gt_sink *gt_sink_console_open(enum gt_signal signal);

#endif
