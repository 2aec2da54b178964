/*
 * The spans of a run or a file, reduced to what a summary shows. Pure.
 *
 * Fill a trace with gt_trace_process and gt_trace_add, then call gt_trace_link once. After that the spans are sorted by
 * start and have their parents. A trace owns everything it points to.
 */
#ifndef GT_TRACE_H
#define GT_TRACE_H

#include <stdbool.h>

#include "exporter/base/arena.h"
#include "exporter/base/hash_index.h"
#include "exporter/command/run_notes.h"
#include "exporter/command/trace_span.h"

struct gt_trace {
	struct gt_trace_span *spans;
	struct gt_trace_process *processes;
	uint32_t n, room;
	uint32_t n_processes, process_room;
	struct gt_hash_index process_index;
	uint64_t bad_lines;	   /* lines of the file that are not a JSON object */
	struct gt_run_notes notes; /* only the file of a launcher's run has notes */
	struct gt_arena memory;
};

void gt_trace_init(struct gt_trace *t);
void gt_trace_free(struct gt_trace *t);

/* Returns the index of a process, added (its strings are copied) unless the trace has it already, or GT_ENOMEM. */
int64_t gt_trace_process(struct gt_trace *t, const struct gt_trace_process *p);

/* Adds a span with all members unknown. The pointer is valid until the next gt_trace_add. The caller allocates the
 * strings of the span in t->memory. NULL when out of memory, or beyond 4 million spans. */
struct gt_trace_span *gt_trace_add(struct gt_trace *t);

/* Sorts the spans, finds their parents and cuts cycles. 0, or GT_ENOMEM: every span is then a root. */
int gt_trace_link(struct gt_trace *t);

/* True for spans that the totals count: calls of a model or of an MCP peer. A call that was recorded twice counts
 * once: at both ends of the wire, also by the application's instrumentation, or by the read that fetched its answer. A poll
 * that found nothing does not count. */
bool gt_trace_is_call(const struct gt_trace *t, uint32_t i);

/* True for a call, as above, that a provider charges for. */
bool gt_trace_is_charged(const struct gt_trace *t, uint32_t i);

/* True when start and end are known and in order. */
bool gt_trace_is_timed(const struct gt_trace_span *s);

/* From the earliest start to the latest end of timed spans. False when no span is timed. */
bool gt_trace_extent(const struct gt_trace *t, uint64_t *start_ns, uint64_t *end_ns);

#endif
