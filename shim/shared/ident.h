/*
 * Trace and span ids.
 *
 * A counter goes through a keyed bijection. The key comes from getrandom at the first id of a process. Ids of one
 * process cannot repeat. Ids of two processes collide with the probability of random numbers. The right-most 7 bytes
 * of a trace id are evenly distributed, so new traces may carry the W3C `random` flag.
 *
 * Any thread; lock-free; no system call after the first id.
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
