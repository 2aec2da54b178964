/*
 * A span of a trace, and the process it came from.
 */
#ifndef GT_TRACE_SPAN_H
#define GT_TRACE_SPAN_H

#include <stdbool.h>

#include "shim/shared/ident.h"
#include "shim/shared/str.h"

/* Where spans came from. Two processes are the same when all members are equal: exec changes the program, but not the
 * pid. */
struct gt_trace_process {
	struct gt_str service, instance, host; /* .len 0: unknown */
	int64_t pid;			       /* 0: unknown */
};

enum gt_trace_kind { GT_TRACE_UNSPECIFIED, GT_TRACE_INTERNAL, GT_TRACE_SERVER, GT_TRACE_CLIENT };

struct gt_trace_span {
	struct gt_trace_id trace_id;
	struct gt_span_id id;	     /* all zero: unknown */
	struct gt_span_id parent_id; /* all zero: root */
	int32_t parent;		     /* index among the spans, without cycles; -1: not in this trace */
	uint32_t process;	     /* index among the processes */
	uint32_t arrival;	     /* position in the file */
	enum gt_trace_kind kind;
	bool is_error, is_mcp;
	bool is_refused; /* HTTP status of 400 or above: providers do not charge for it */
	bool is_repeat;	 /* another span is the same call; set by gt_trace_link */
	struct gt_str name, operation, provider, model, response_id;
	struct gt_str error;			      /* with the HTTP status in front, if known; "" unless is_error */
	struct gt_str blind;			      /* why gentap could not read this connection, or "" */
	struct gt_str incomplete;		      /* why the span is incomplete, or "" */
	uint64_t start_ns, end_ns;		      /* Unix time; 0: unknown */
	int64_t tokens_in, tokens_cached, tokens_out; /* negative: unknown */
	double first_chunk_s;			      /* negative: unknown */
	double cost_usd;			      /* negative: unknown */
	uint32_t prices_read;			      /* the day of the price list, 20260821; 0: unknown */
};

#endif
