/*
 * Turns an exchange into a span: the part that all providers share. Exporter thread.
 */
#ifndef GT_GENAI_H
#define GT_GENAI_H

#include "exporter/exchange/call.h"
#include "exporter/span/run_context.h"

/* Reads one document of a streamed response when it arrives. The first call reads the request too. Borrows `run` until the
 * call is finished or dropped. */
void gt_genai_document(const struct gt_run_context *run, struct gt_call *call, struct gt_str event, struct gt_str data);

/* The exchange is over. Gives its span, or NULL when:
 * - the request was never sent,
 * - it is not a call of an API that gentap reads, and the request carries no header of gentap's,
 * - it is not sampled and metrics are off,
 * - memory ran out.
 * Borrows the call; its owner frees it afterwards. */
struct gt_span *gt_genai_finish(const struct gt_run_context *run, struct gt_call *call);

/* Frees the reading of a call, if it has one. Needed before gt_call_free of a call that was not finished. */
void gt_genai_drop(struct gt_call *call);

#endif
