/*
 * Turns events into exchanges: assigns each event to its exchange and detects when the exchange is over. Exporter
 * thread.
 *
 * On a connection, responses answer requests in order. A response ends by HTTP framing, with the connection, or when
 * the application moves on to another exchange.
 */
#ifndef GT_ASSEMBLE_H
#define GT_ASSEMBLE_H

#include "exporter/exchange/call.h"

struct gt_assemble;

/* Gives an assembler, or NULL. `body_max` limits the bytes kept of each body; `ctx` is passed to both functions. */
struct gt_assemble *gt_assemble_new(size_t body_max, gt_call_document *on_document, gt_call_done *done, void *ctx);

/* Limits the bytes that all open exchanges together keep of their bodies; unlimited by default. Before the first
 * event. */
void gt_assemble_bound(struct gt_assemble *a, size_t bytes);

/* Borrows the event. */
void gt_assemble_event(struct gt_assemble *a, const struct gt_event *e);

/* Where events go when the assembler owns them. `keep` returns false when the event must be given back at once. */
struct gt_event_owner {
	bool (*keep)(struct gt_event *e);
	void (*give_back)(struct gt_event *e);
};

/* As gt_assemble_event, but takes the event. It keeps the events of an exchange until the exchange is over and `done`
 * has returned: when the process is killed, another process can read them again. When one cannot be kept, the event that
 * begins the series is marked: the series cannot be read in full. */
void gt_assemble_take(struct gt_assemble *a, struct gt_event *e, const struct gt_event_owner *owner);

/* The number of exchanges that have begun and are not over. */
size_t gt_assemble_open(const struct gt_assemble *a);

/* At process exit: ends every open exchange as GT_OUTCOME_ABANDONED, or GT_OUTCOME_NEVER when it was not sent. */
void gt_assemble_end_all(struct gt_assemble *a, struct gt_mono at);

/* The process of these events was killed: ends every open exchange as GT_OUTCOME_KILLED, at the time of the last event
 * that belongs to it. */
void gt_assemble_end_killed(struct gt_assemble *a);

/* Reports exchanges that are still open as GT_OUTCOME_NEVER. */
void gt_assemble_free(struct gt_assemble *a);

#endif
