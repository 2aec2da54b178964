/*
 * Counters about gentap itself. Any thread, any time; relaxed atomics, which order nothing. A forked child starts
 * again at zero.
 */
#ifndef GT_STAT_H
#define GT_STAT_H

#include <stdint.h>

enum gt_stat {
	GT_STAT_REQUESTS,      /* HTTP request heads seen */
	GT_STAT_EXCHANGES,     /* matched exchanges reported to the exporter */
	GT_STAT_INJECTED,      /* traceparent headers inserted */
	GT_STAT_NOT_INJECTED,  /* matched requests whose header block gentap could not change */
	GT_STAT_DROP_FULL,     /* events dropped because the hand-off was full */
	GT_STAT_UNREPORTED,    /* matched requests that were not reported because the hand-off was full */
	GT_STAT_CONN_LOST,     /* connections given up while an exchange was open: racing writers, odd calls, no memory */
	GT_STAT_CONN_NOT_HTTP, /* connections given up between exchanges: WebSocket, raw streams, tunnels */
	GT_STAT_CONN_RESUMED,  /* lost connections that were taken up again */
	GT_STAT_CONN_FULL,     /* connections not followed because a table was full */
	GT_STAT_CONN_UNSEEN,   /* connections whose bytes passed in calls that gentap does not see */
	GT_STAT_UNRESOLVED,    /* hooked calls whose real function was not found */
	GT_STAT_TLS_REFUSED,   /* copies of a TLS library that are left alone because they are not as expected */
	GT_STAT_ODD,	       /* cases that "cannot happen" */
	GT_STAT_SPANS,	       /* spans that the exporter has made for its sinks */
	GT_STAT_SENT,	       /* what the destination of the first sink has accepted */
	GT_STAT_DROPPED,       /* spans that the first sink has lost for good */
	GT_STAT_UNCONFIRMED,   /* of these, spans that were sent and not answered */
	GT_STAT_INCOMPLETE,    /* spans with gentap.incomplete: an answer or request was not read in full */
	GT_STAT_COUNT
};

extern _Atomic uint64_t gt_stats[GT_STAT_COUNT];

static inline void gt_stat_add(enum gt_stat which, uint64_t n)
{
	__atomic_fetch_add((uint64_t *)&gt_stats[which], n, __ATOMIC_RELAXED);
}

static inline uint64_t gt_stat_get(enum gt_stat which)
{
	return __atomic_load_n((const uint64_t *)&gt_stats[which], __ATOMIC_RELAXED);
}

void gt_stat_reset(void);

#endif
