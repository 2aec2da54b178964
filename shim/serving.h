/*
 * The inbound HTTP request that a thread is serving, so that its outbound calls meanwhile become children of it.
 *
 * A thread remembers the inbound requests that it has read and that are not answered yet. With exactly one, the
 * thread's calls belong to that request. With several (an event loop) they get no parent here. A thread that ever had
 * more open requests than it can remember (GT_SERVING_MAX) makes no such claim again.
 *
 * The notes are in thread-local memory; both functions concern the calling thread only.
 */
#ifndef GT_SERVING_H
#define GT_SERVING_H

#include <stdbool.h>

#include "shim/conn.h"

/* The calling thread has read a request to the end of its head, or as far as needed to know what it is.
 * gt_conn_is_serving(c) turns false when it is answered. */
void gt_serving_begin(struct gt_conn *c);

/* Gives the trace context of this thread's open inbound request. Returns false when the thread has no such request or
 * several. Also false when the request has neither a span nor a valid traceparent. */
bool gt_serving_context(struct gt_served *out);

#endif
