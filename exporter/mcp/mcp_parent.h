/*
 * What an MCP span hangs on, where the bodies of an exchange say more than its head did. Exporter thread.
 *
 * The ids of a span were fixed when its request passed. So another parent can only be taken within the same trace, or when the ids
 * were told to nobody; in every other case the two are linked (conventions, "MCP", context propagation).
 */
#ifndef GT_MCP_PARENT_H
#define GT_MCP_PARENT_H

#include "exporter/span/reading.h"

/* The application has put a traceparent into params._meta of a message it sends (SEP-414). One on the request itself goes before
 * it, as for every other request; what a server receives is the preload's to read, because what it calls meanwhile depends on it. */
void gt_mcp_parent_of_message(struct gt_reading *r, const cJSON *message);

/* The exchange answers a question that the other side has asked within the span `by`. For who has asked, the question is a child
 * of that span, and of the POST that answers it nothing depends; for who is asked, it is one when it is in the same trace. */
void gt_mcp_parent_of_question(struct gt_reading *r, const struct gt_trace_context *by);

#endif
