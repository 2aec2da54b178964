/*
 * The memory that events travel in: blocks of a few sizes in pages of gentap's own, never from malloc. A hook may run
 * inside a signal handler or an allocator.
 *
 * Bodies may take three quarters of the pool. The rest is for heads that arrive in pieces, and for reports: events about
 * the course of an exchange, such as BEGIN and END. So gentap counts every call, however many bodies there are. When seven
 * eighths of the bodies' share wait, no more bodies are copied until the exporter has caught up: without bodies it has
 * less to do for each call. The last eighth is for a few calls that are admitted meanwhile.
 *
 * The pages are anonymous, or those of the spool (spool.h), from which another process can read the events after this
 * process was killed.
 *
 * Any thread. Nothing here waits.
 */
#ifndef GT_POOL_H
#define GT_POOL_H

#include "shim/shared/exchange.h"
#include "shim/shared/pool_layout.h"

#define GT_EVENT_ROOM_MAX (GT_BLOCK_MAX - 64)

/* `memory_max`: bytes of the pool, rounded to whole segments; 0 drops every event. Once, before anything else. */
void gt_pool_init(uint64_t memory_max);

/* How large it may become, in bytes: whole extents. */
uint64_t gt_pool_size(void);

/* Gives a block for at least `room` bytes of data (at most GT_EVENT_ROOM_MAX), with type and stream set, `at` now and
 * len 0. NULL when the pool is at its limit (counted). The caller puts it or frees it. */
struct gt_event *gt_event_new(enum gt_event_type type, uint64_t stream, size_t room);

/* A block of GT_EVENT_ROOM_MAX that is never in the spool: for the bytes of a head as they are on the wire, with
 * credentials. They have a share of the pool. NULL when it is used up (counted). */
struct gt_event *gt_event_new_private(void);

/* As gt_event_new, for bytes that may be split: the block may have less room than asked for, but some. `room` is set to
 * what it has. */
struct gt_event *gt_event_new_part(enum gt_event_type type, uint64_t stream, size_t *room);

/* Moves an event into a block that fits it, if there is one. Takes `e` and gives the event. */
struct gt_event *gt_event_fit(struct gt_event *e);

/* True during a shortage: no bodies are copied, but those of calls that were admitted. */
bool gt_pool_is_short(void);

/* A call begins on this stream. True when its bodies may be copied: memory suffices, or the call is admitted during a
 * shortage. The exporter can take a few calls at any time, so that a program that has become calm has whole calls again at
 * once. `at`: now. */
bool gt_pool_admit(uint64_t stream, struct gt_mono at);

/* True when no bodies of this stream are copied now. */
bool gt_pool_leaves_out(uint64_t stream);

/* Takes `e` back into the pool. */
void gt_event_free(struct gt_event *e);

/* ---- of the exporter ---- */

/* The exporter has read `e` and keeps it, so that it survives a kill until its span does. It no longer counts as waiting.
 * False when the pool needs the block; the caller then frees it. */
bool gt_event_keep(struct gt_event *e);

/* Makes an event of the exporter's own visible in the spool, without handing it to anyone. */
void gt_event_publish(struct gt_event *e);

/* True when the events that wait for the exporter take more than a quarter of the pool. */
bool gt_pool_is_pressed(void);

/* True when they take more than three quarters, or those for reports take three quarters of what bodies leave them. */
bool gt_pool_is_scarce(void);

/* In a forked child, single-threaded: discards all events and unmaps the pool. */
void gt_pool_after_fork(void);

#endif
