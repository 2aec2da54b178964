/*
 * The inbound HTTP request a thread is serving, so that what it calls meanwhile becomes a child of it.
 *
 * A thread remembers the inbound requests it has read and that are not answered yet. Only when there is exactly one can it
 * be said whose work the thread does; with more (an event loop) nothing is claimed. A thread that ever had more than it can
 * remember claims nothing any more.
 *
 * The notes are in thread-local memory; gt_serving_context and gt_serving_begin concern the calling thread only.
 */
#ifndef GT_SERVING_H
#define GT_SERVING_H

#include <stdbool.h>

#include "traceparent.h"

struct gt_conn;

/* A request has been read completely up to the end of its head; `c` tells by gt_conn_is_serving() when it is answered. */
void gt_serving_begin(struct gt_conn *c);

/* The trace context of the one open inbound request of this thread. False when there is none, more than one, or it came
 * without a valid traceparent. `tracestate` has room for GT_TRACESTATE_MAX characters and is not terminated. */
bool gt_serving_context(struct gt_trace_context *ctx, char *tracestate, uint16_t *tracestate_len);

#endif
