/*
 * Spans as somebody wants to read them: what a summary shows of a span and nothing more.
 *
 * Fill with gt_trace_process and gt_trace_add, then gt_trace_link once; after that the spans stand in the order they began
 * and know their parents. Everything a trace points to lives in it.
 */
#ifndef GT_TRACE_H
#define GT_TRACE_H

#include <stdbool.h>

#include "exporter/base/arena.h"
#include "exporter/command/run_notes.h"
#include "shim/shared/ident.h"

/* Where spans came from. Two are the same process when all of it is the same: a pid lives on across exec. */
struct gt_trace_process {
	struct gt_str service, instance, host; /* .len 0: unknown */
	int64_t pid;			       /* 0: unknown */
};

enum gt_trace_kind { GT_TRACE_UNSPECIFIED, GT_TRACE_INTERNAL, GT_TRACE_SERVER, GT_TRACE_CLIENT };

struct gt_trace_span {
	struct gt_trace_id trace_id;
	struct gt_span_id id;	     /* all zero: unknown */
	struct gt_span_id parent_id; /* all zero: root */
	int32_t parent;		     /* index among the spans, never in a circle; -1: none here */
	uint32_t process;	     /* index */
	uint32_t arrival;	     /* place in the file */
	enum gt_trace_kind kind;
	bool is_error, is_mcp;
	bool is_refused; /* with a status of 400 or above: nothing is charged for it */
	struct gt_str name, operation, provider, model;
	struct gt_str error;	  /* with the HTTP status in front; "" unless is_error */
	struct gt_str incomplete; /* why something is missing */
	uint64_t start_ns, end_ns;
	int64_t tokens_in, tokens_cached, tokens_out; /* negative: unknown */
	double first_chunk_s;			      /* negative: unknown */
	double cost_usd;			      /* negative: unknown */
};

struct gt_trace {
	struct gt_trace_span *spans;
	struct gt_trace_process *processes;
	uint32_t n, room;
	uint32_t n_processes, process_room;
	uint64_t bad_lines;	   /* of the file it was read from */
	struct gt_run_notes notes; /* likewise; a run of the launcher has some */
	struct gt_arena memory;
};

void gt_trace_init(struct gt_trace *t);
void gt_trace_free(struct gt_trace *t);

/* The index of a process, known or new; its strings are copied. GT_ENOMEM. */
int64_t gt_trace_process(struct gt_trace *t, const struct gt_trace_process *p);

/* Gives a span to fill in, nothing known about it yet, or NULL; it may move with the next one. Strings of its own are to be
 * put into t->memory. */
struct gt_trace_span *gt_trace_add(struct gt_trace *t);

/* Sorts, finds parents, cuts circles. 0 or GT_ENOMEM (nothing is linked then, every span is a root). */
int gt_trace_link(struct gt_trace *t);

/* What the totals count: a call of a model, or of an MCP peer. A call that is seen twice, at both ends of the wire or by the
 * application's own instrumentation around ours, counts once. */
bool gt_trace_is_call(const struct gt_trace *t, uint32_t i);

/* A call, as above, that somebody has to pay for. */
bool gt_trace_is_charged(const struct gt_trace *t, uint32_t i);

/* Both ends are known, and in order. */
bool gt_trace_is_timed(const struct gt_trace_span *s);

/* From the first start to the last end. False when no span has both. */
bool gt_trace_extent(const struct gt_trace *t, uint64_t *start_ns, uint64_t *end_ns);

#endif
