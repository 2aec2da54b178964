/*
 * Where finished spans and what is measured of them go. One small table of functions per kind of sink; the exporter's loop knows nothing else of them.
 *
 * All on the exporter thread. `write` must not block on a network: it encodes and queues, `poll` moves things on. Each sink
 * keeps its own queue, so that a dead collector does not hold up a file.
 */
#ifndef GT_SINK_H
#define GT_SINK_H

#include "exporter/config/config.h"
#include "exporter/resource/resource.h"
#include "exporter/span/batch_view.h"
#include "exporter/span/span.h"
#include "shim/shared/clock.h"

struct gt_sink;

struct gt_sink_ops {
	const char *name;
	/* Borrows the batch. What cannot be taken is dropped and counted in the sink. */
	void (*write)(struct gt_sink *s, const struct gt_batch_view *batch);
	/* Moves things on, waiting for at most `wait_ns`. NULL: the sink is never busy. */
	void (*poll)(struct gt_sink *s, int64_t wait_ns);
	/* True while something is queued or under way. NULL: never. */
	bool (*is_busy)(const struct gt_sink *s);
	/* In how many ns it has to be polled next: 0 while an answer is waited for, -1 when it is not busy. With `poll`. */
	int64_t (*due_in)(const struct gt_sink *s, struct gt_mono now);
	/* The process ends at `deadline`: no retry and no timeout may go beyond it. NULL: nothing to do. */
	void (*hurry)(struct gt_sink *s, struct gt_mono deadline);
	/* Frees it; what is still queued is dropped. */
	void (*close)(struct gt_sink *s);
};

/* The head of every sink's own struct. */
struct gt_sink {
	const struct gt_sink_ops *ops;
	enum gt_signal signal; /* what it takes; spans unless it says otherwise */
	bool is_off;	       /* the other side does not know this signal: no more of it, please */
	uint64_t sent;	       /* items the other side has taken */
	uint64_t dropped;      /* items lost here */
};

/* Each gives a sink to the caller or NULL (no memory, unusable settings: said in the log). `config` must outlive the sink. */
struct gt_sink *gt_sink_http_open(const struct gt_config *config, enum gt_signal signal);
/* A relative path counts from the folder of now. The launcher's file must exist: who outlives the run may not make it anew. */
enum gt_file_mode { GT_FILE_CREATE, GT_FILE_EXISTING };
struct gt_sink *gt_sink_file_open(const char *path, enum gt_file_mode mode);
struct gt_sink *gt_sink_console_open(enum gt_signal signal);

#endif
