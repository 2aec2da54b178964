/*
 * W3C trace context as text. Pure.
 *
 * Rules and test vectors: https://www.w3.org/TR/trace-context/ (levels 1 to 3 agree on the request headers).
 */
#ifndef GT_TRACEPARENT_H
#define GT_TRACEPARENT_H

#include <stdbool.h>

#include "shim/shared/ident.h"
#include "shim/shared/str.h"

#define GT_TRACEPARENT_LEN 55  /* of version 00 */
#define GT_TRACESTATE_MAX  512 /* the length that every participant must forward */

#define GT_TRACE_SAMPLED 0x01
#define GT_TRACE_RANDOM	 0x02

struct gt_trace_context {
	struct gt_trace_id trace_id;
	struct gt_span_id span_id;
	uint8_t flags; /* GT_TRACE_SAMPLED and GT_TRACE_RANDOM; all other bits cleared */
};

/* Parses one header value; spaces and tabs around it are allowed. Returns false when it is invalid and leaves `out`
 * alone; the caller must then drop the tracestate too. For versions above 00 it reads the first 55 characters. */
bool gt_traceparent_parse(struct gt_str value, struct gt_trace_context *out);

/* Writes exactly GT_TRACEPARENT_LEN characters, version 00, not terminated. */
void gt_traceparent_format(const struct gt_trace_context *ctx, char out[GT_TRACEPARENT_LEN]);

/* True when the list may be forwarded: 1 to 32 well-formed members and at most GT_TRACESTATE_MAX characters. */
bool gt_tracestate_is_valid(struct gt_str value);

/* Writes 2 * n lower-case digits, not terminated. */
void gt_hex(const uint8_t *bytes, size_t n, char *out);

/* The reverse. Requires exactly 2 * n lower-case digits, else returns false. `bytes` may then be partly written. */
bool gt_unhex(struct gt_str hex, uint8_t *bytes, size_t n);

bool gt_is_all_zero(const uint8_t *bytes, size_t n);

#endif
