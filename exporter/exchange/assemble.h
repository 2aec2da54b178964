/*
 * Events in, exchanges out: finds for every event the exchange it belongs to and notices when one is over.
 *
 * On a connection, responses answer requests in order; a response's end is found by HTTP framing, by the connection's end, or
 * by the application moving on. Exporter thread.
 */
#ifndef GT_ASSEMBLE_H
#define GT_ASSEMBLE_H

#include "exporter/exchange/call.h"

struct gt_assemble;

/* The exchange is over; takes `call`. GT_OUTCOME_NEVER: it never was one. */
typedef void gt_assemble_done(void *ctx, struct gt_call *call);

/* Gives an assembler, or NULL. `body_max` bounds each kept body; `ctx` is handed to both
 * functions. */
struct gt_assemble *gt_assemble_new(size_t body_max, gt_call_document *on_document, gt_assemble_done *done, void *ctx);

/* Bounds what all open exchanges together keep of their bodies; without it nothing does. Before the first event. */
void gt_assemble_bound(struct gt_assemble *a, size_t bytes);

/* Borrows the event. */
void gt_assemble_event(struct gt_assemble *a, const struct gt_event *e);

/* Exchanges that have begun and are not over. */
size_t gt_assemble_open(const struct gt_assemble *a);

/* The process ends: every open exchange is over, as the application leaves it. */
void gt_assemble_end_all(struct gt_assemble *a, struct gt_mono at);

/* Exchanges that are still open are told as GT_OUTCOME_NEVER. */
void gt_assemble_free(struct gt_assemble *a);

#endif
