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

#include "shim/conn.h"

/* A request has been read up to the end of its head, or as far as is needed to know what it is; `c` tells by gt_conn_is_serving() when it is answered. */
void gt_serving_begin(struct gt_conn *c);

/* What the one open inbound request of this thread is served in. False when there is none, more than one, or it has neither a
 * span nor a valid traceparent. */
bool gt_serving_context(struct gt_served *out);

#endif
