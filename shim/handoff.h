/*
 * The bounded hand-off from the application's threads to the exporter's thread.
 *
 * Events are blocks of the pool (pool.h). They travel over a lock-free list. Only gt_handoff_wait waits. When the pool
 * is at its limit, the new event is dropped and counted. The exporter learns of it by a GAP, or by the missing END of
 * its stream.
 *
 * Application threads: gt_event_new, gt_handoff_put, gt_handoff_bytes. Any thread: gt_event_free. Exporter thread, or a
 * thread that could not start it: gt_handoff_take, gt_handoff_wait. Events of one thread stay in order. Events of
 * several threads stay in the order that the application's own synchronization imposes.
 */
#ifndef GT_HANDOFF_H
#define GT_HANDOFF_H

#include "shim/pool.h"
#include "shim/shared/exchange.h"

/* `call` starts the exporter. gt_handoff_put calls it when memory is getting short and the exporter may not run yet.
 * Set it once, in the constructor. It runs on application threads, inside hooks, and must not wait. */
void gt_handoff_on_pressure(void (*call)(void));

/* Takes `e`. Wakes the exporter from a long sleep; from a short sleep only when memory is getting short. When memory
 * is getting short and the exporter does not sleep, calls the function set by gt_handoff_on_pressure. */
void gt_handoff_put(struct gt_event *e);

/* Copies `len` bytes into as many events as needed, all stamped `at`. False when some bytes did not fit. */
bool gt_handoff_bytes(enum gt_event_type type, uint64_t stream, struct gt_mono at, const char *p, size_t len);

/* Gives everything that has arrived, oldest first; NULL when nothing has. */
struct gt_event *gt_handoff_take(void);

/* Sleeps until an event arrives, gt_handoff_wake is called, or `timeout_ns` has passed (negative: no limit). With a
 * limit of at most 50 ms it sleeps through arriving events until memory is getting short. So an SSE chunk costs no
 * system call. */
void gt_handoff_wait(int64_t timeout_ns);

/* Wakes the exporter, whatever it waits for. Any thread. */
void gt_handoff_wake(void);

bool gt_handoff_is_empty(void);

/* In a forked child, single-threaded: discards all events and unmaps the pool. */
void gt_handoff_after_fork(void);

/* The number of the next stream; unique in this process, never 0. */
uint64_t gt_stream_next(void);

#endif
