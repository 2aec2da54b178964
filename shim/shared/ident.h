/*
 * Trace and span ids.
 *
 * A counter run through a keyed bijection, key from getrandom at the first id of a process: ids of one process cannot
 * repeat, ids of two processes repeat with the probability of random numbers, and the right-most 7 bytes of a trace id are
 * evenly distributed (so new traces may carry the W3C `random` flag). Any thread; lock-free; no system call after the first.
 */
#ifndef GT_IDENT_H
#define GT_IDENT_H

#include <stdint.h>

struct gt_trace_id {
	uint8_t b[16];
};

struct gt_span_id {
	uint8_t b[8];
};

struct gt_trace_id gt_ident_trace(void); /* never all zero */
struct gt_span_id gt_ident_span(void);	 /* never all zero */

/* In a forked child, before its first id: the parent's key must not be used twice. */
void gt_ident_after_fork(void);

#endif
