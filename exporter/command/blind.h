/*
 * Lines below a summary: what gentap could not see of a run, and what it saw in part. Pure.
 *
 *	gentap: node: 3 TLS connections could not be read: api.example:443 (2), other.example:443
 *	gentap: codex ran without gentap: it is a static program
 *	gentap: 2 spans are incomplete: not_json 1, unknown_format 1
 *	gentap: 1 connection was lost during a call
 */
#ifndef GT_BLIND_H
#define GT_BLIND_H

#include "exporter/command/picture.h"
#include "exporter/command/trace.h"

/* Adds nothing when everything was seen. */
void gt_blind_put(struct gt_picture *p, const struct gt_trace *t);

/* True when calls may have been made that gentap could not see. */
bool gt_blind_is(const struct gt_trace *t);

/* The values of gentap.incomplete in the trace with their counts, the most frequent first: `not_json 2, dropped 1`.
 * Returns how many spans have one. */
uint64_t gt_blind_incomplete(const struct gt_trace *t, char *out, size_t room);

/* Why a program runs without gentap, by the word of gt_unpreloadable or of its note: "it is a static program". */
const char *gt_blind_reason(const char *why);

/* `host:port`, or as much as is known; `a server` when nothing is. Writes to `out`. */
const char *gt_blind_server(const struct gt_run_server *s, char *out, size_t room);

#endif
