/*
 * Scans an MCP message for two things that a server's side must know before the application gets the bytes: whether
 * the message asks for anything, and its trace context. Pure; resumable at every byte; allocates nothing.
 *
 * It reads the members "method" and "params._meta.traceparent" of a JSON-RPC message (SEP-414). An array is a batch:
 * it asks, and has no context, because each of its messages may have its own. The scanner does not validate the JSON.
 * If traceparent is repeated, the first valid value counts. Names that are written with escapes are not recognized.
 */
#ifndef GT_RPC_SCAN_H
#define GT_RPC_SCAN_H

#include "shim/shared/traceparent.h"

#define GT_RPC_SCAN_TEXT 64 /* longer than any name or value that it looks for */

struct gt_rpc_scan {
	uint32_t depth;	 /* open objects and arrays */
	uint8_t matched; /* how many of them, from the outermost, are the message, its params and their _meta */
	uint8_t wanted;	 /* enum wanted: the value that the last name on that path announces */
	bool is_over;	 /* the first value has ended */
	bool is_in_string, is_escaped, is_name;
	bool is_batch, has_method, has_context;
	uint8_t len; /* of `text`; larger than `text`: too long to match anything */
	char text[GT_RPC_SCAN_TEXT];
	struct gt_trace_context context;
};

void gt_rpc_scan_init(struct gt_rpc_scan *s);
void gt_rpc_scan_feed(struct gt_rpc_scan *s, const char *p, size_t len);

/* True for a request, a notification or a batch, false for an answer. */
static inline bool gt_rpc_scan_asks(const struct gt_rpc_scan *s)
{
	return s->has_method || s->is_batch;
}

#endif
