/*
 * The bounded hand-off from the application's threads to the exporter's.
 *
 * Blocks come from a pool of our own (mapped pages, never malloc: a hook may run inside a signal handler or an allocator)
 * and travel over a lock-free list. Nothing here waits. When the pool is at its limit the new event is dropped and counted;
 * the exporter learns of it by a GAP, or by the missing END of its stream.
 *
 * Application threads: gt_event_new, gt_handoff_put, gt_handoff_bytes. Exporter thread: gt_handoff_take, gt_event_free,
 * gt_handoff_wait. The order of events of one thread is kept, and so is the order that the application itself enforces
 * between its threads.
 */
#ifndef GT_HANDOFF_H
#define GT_HANDOFF_H

#include "shim/shared/exchange.h"

/* `memory_max`: bytes of the pool. Once, before anything else; 0 keeps everything out. */
void gt_handoff_init(uint64_t memory_max);

/* `call` starts the exporter. gt_handoff_put calls it when memory is getting short and the exporter may not run yet. Set it once, in
 * the constructor. It runs on application threads, inside hooks, and must not wait. */
void gt_handoff_on_pressure(void (*call)(void));

/* A block for at least `room` bytes of data (at most GT_EVENT_ROOM_MAX), type and stream set, `at` now, len 0. Gives it to
 * the caller, or NULL when the pool is at its limit (counted). */
struct gt_event *gt_event_new(enum gt_event_type type, uint64_t stream, size_t room);

#define GT_EVENT_ROOM_MAX (16 * 1024 - 64)

/* Takes `e`. The exporter is woken only when it sleeps for long, or memory is getting short; then it is also started when there is
 * none yet. */
void gt_handoff_put(struct gt_event *e);

/* Copies `len` bytes into as many events as it takes, all stamped `at`. False when some did not fit. */
bool gt_handoff_bytes(enum gt_event_type type, uint64_t stream, struct gt_mono at, const char *p, size_t len);

/* Gives everything that has arrived, oldest first; NULL when there is nothing. */
struct gt_event *gt_handoff_take(void);

/* Takes `e` back into the pool. */
void gt_event_free(struct gt_event *e);

/* Sleeps until an event arrives, gt_handoff_wake is called, or `timeout_ns` has passed (negative: no limit). With a limit of
 * at most 50 ms it sleeps through arriving events until memory is getting short: so an SSE chunk costs no system call. */
void gt_handoff_wait(int64_t timeout_ns);

/* Wakes the exporter whatever it waits for. Safe from any thread. */
void gt_handoff_wake(void);

bool gt_handoff_is_empty(void);

/* In a forked child, single-threaded: forgets everything, returns the memory. */
void gt_handoff_after_fork(void);

/* The number of the next stream; unique in this process. */
uint64_t gt_stream_next(void);

#endif
