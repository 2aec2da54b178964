/*
 * Usage of Anthropic's messages. Exporter thread.
 *
 * Sources: the types of the official SDK (BetaUsage, BetaIterationsUsage), and platform.claude.com/docs on compaction, the
 * advisor tool, and refusals and fallback. `iterations` lists the inferences of one request:
 *	- compaction and advisor_message: billed, and left out of the counts beside `iterations`;
 *	- message: billed, and part of those counts, but their input may be that of the first message only;
 *	- fallback_message: the answer of another model. Each message is then an attempt that was declined: the counts do
 *	  not have it, and it is free unless it had output.
 */
#ifndef GT_ANTHROPIC_USAGE_H
#define GT_ANTHROPIC_USAGE_H

#include "exporter/providers/provider.h"

/* Reads a usage object, whole or the news of a stream. Input tokens stay without cached tokens until the end. */
void gt_anthropic_take_usage(struct gt_reading *r, const cJSON *usage);

/* Call once, at the end: adds cached tokens to the input, and what is billed besides to both counts. */
void gt_anthropic_finish_usage(struct gt_reading *r);

#endif
