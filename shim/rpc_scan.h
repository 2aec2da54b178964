/*
 * The two things about an MCP message that a server's side has to know before the application does: whether it asks for anything,
 * and the trace context in it. Pure; resumable at every byte; allocates nothing.
 *
 * Read are the members "method" and "params._meta.traceparent" of a JSON-RPC message (SEP-414). An array is a batch: it asks, and
 * as its messages may have a context each, it has none. What is no JSON gives nothing. Of a member that stands there twice the
 * first counts. Names that are written with escapes are not recognised.
 */
#ifndef GT_RPC_SCAN_H
#define GT_RPC_SCAN_H

#include "shim/shared/traceparent.h"

#define GT_RPC_SCAN_TEXT 64 /* more than any name or value that is looked for */

struct gt_rpc_scan {
	uint32_t depth;	 /* objects and arrays that are open */
	uint8_t matched; /* of them, how many from the outermost on are the message, its params, their _meta */
	uint8_t wanted;	 /* what the last name on that path announces */
	bool is_over;	 /* the first value has ended */
	bool in_string, escaped, is_name;
	bool is_batch, has_method, has_context;
	uint8_t len; /* of `text`; more than it holds: none of those that are looked for */
	char text[GT_RPC_SCAN_TEXT];
	struct gt_trace_context context;
};

void gt_rpc_scan_init(struct gt_rpc_scan *s);
void gt_rpc_scan_feed(struct gt_rpc_scan *s, const char *p, size_t len);

/* A request, a notification, or a batch; not an answer. */
static inline bool gt_rpc_scan_asks(const struct gt_rpc_scan *s)
{
	return s->has_method || s->is_batch;
}

#endif
