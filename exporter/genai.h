/*
 * From an exchange to a span: what all providers share. Exporter thread.
 */
#ifndef GT_GENAI_H
#define GT_GENAI_H

#include "exporter/exchange/call.h"
#include "exporter/span/run_context.h"

/* One document of a streamed response, as it arrives. Borrows `run` until the call is finished or dropped. */
void gt_genai_document(const struct gt_run_context *run, struct gt_call *call, struct gt_str event, struct gt_str data);

/* The exchange is over. Gives its span, or NULL: it was never sent or is none of ours, was not sampled, or there was no memory.
 * Takes nothing; the call is freed by its owner afterwards. */
struct gt_span *gt_genai_finish(const struct gt_run_context *run, struct gt_call *call);

/* What a call holds of ours; NULL-safe. Before gt_call_free of a call that was never finished. */
void gt_genai_drop(struct gt_call *call);

#endif
