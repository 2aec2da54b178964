/*
 * The parent of an MCP span, when the bodies of an exchange say more than its head did. Exporter thread.
 *
 * A span's ids are fixed when its request passes. So a span can change its parent only within the same trace, or when
 * no peer has received its ids. Otherwise the two spans are linked (conventions, "MCP", context propagation).
 */
#ifndef GT_MCP_PARENT_H
#define GT_MCP_PARENT_H

#include "exporter/span/reading.h"

/* Uses the traceparent that the application put into params._meta of a message it sends (SEP-414). A traceparent header
 * of the application takes precedence, as for every request. Does nothing for a received message: the preload reads it,
 * because the server's own calls depend on it. */
void gt_mcp_parent_of_message(struct gt_reading *r, const cJSON *message);

/* The exchange answers a question: a request that the other side sent within the span `by`.
 *
 * On the side that asked (inbound POST), the span becomes a child of `by`, and the caller of the POST is only linked.
 * On the side that answers, the span becomes a child of `by` when both are in the same trace and gentap injected its
 * traceparent. Otherwise the two are linked. */
void gt_mcp_parent_of_question(struct gt_reading *r, const struct gt_trace_context *by);

#endif
