/*
 * What one run of the exporter lends to every reading: limits, lists of prices, the rules of content capture, and what
 * earlier exchanges have shown. Exporter thread.
 */
#ifndef GT_RUN_CONTEXT_H
#define GT_RUN_CONTEXT_H

#include <stdbool.h>

#include "exporter/span/span.h"

struct gt_capture;
struct gt_ledger;
struct gt_mcp_memory;
struct gt_peer_memory;
struct gt_price_lists;
struct gt_redact;

/* The exporter owns it and everything it points to, and keeps both until its last call is over. */
struct gt_run_context {
	struct gt_span_limits limits, event_limits;
	const struct gt_price_lists *prices; /* NULL: only a figure of the provider's own is a cost */
	const struct gt_capture *capture;    /* NULL: content is not captured */
	const struct gt_redact *redact;	     /* what is hidden in error messages; NULL: every class */
	struct gt_mcp_memory *mcp;	     /* NULL: an MCP exchange knows nothing of earlier exchanges */
	struct gt_ledger *ledger;	     /* NULL: every read of an operation counts */
	struct gt_peer_memory *peers;	     /* NULL: no peer has shown its API */
	/* metrics, or events, are on: calls whose span is not sampled are read too */
	bool is_measured, has_events;
};

#endif
