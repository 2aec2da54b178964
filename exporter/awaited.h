/*
 * MCP calls whose stream has ended before their answer came. The server may end the stream of a request; the client asks
 * for the rest with a GET. So the answer comes in another exchange of the session, and the call's span waits for it. A
 * call waits at most GT_AWAITED_NS. Only streams with event ids can be resumed. A kill loses the calls that wait.
 * Exporter thread.
 *
 * Sources: MCP specification, "Streamable HTTP", resumability and redelivery; SEP-1699.
 */
#ifndef GT_AWAITED_H
#define GT_AWAITED_H

#include "exporter/exchange/call.h"
#include "exporter/span/run_context.h"

#define GT_AWAITED_MAX 32		   /* each document of MCP is compared with all of them */
#define GT_AWAITED_NS  (300 * GT_NS_PER_S) /* SDKs give a tool one minute by default, and some five */

struct gt_awaited {
	struct gt_call *first; /* owned; the call that waits longest; linked by `next` */
	unsigned n;
};

/* True: takes the call, because its answer may come on another stream. Its outcome is known, and it is not finished. */
bool gt_awaited_keep(struct gt_awaited *a, struct gt_call *call);

/* A document that arrived in the exchange `by`. When it answers a call that waits: adds it to that call, and gives the
 * call, which is over. Otherwise NULL. */
struct gt_call *gt_awaited_answer(struct gt_awaited *a, const struct gt_run_context *run, const struct gt_call *by,
				  struct gt_str event, struct gt_str data);

/* Gives a call that has waited long enough at `now`, or the oldest when there are too many. NULL: none. Call it until it
 * returns NULL. */
struct gt_call *gt_awaited_expired(struct gt_awaited *a, struct gt_mono now);

/* Gives any call; NULL: none. At the exit. */
struct gt_call *gt_awaited_any(struct gt_awaited *a);

/* Nanoseconds until a call expires; -1: none waits. */
int64_t gt_awaited_due_in(const struct gt_awaited *a, struct gt_mono now);

#endif
