/*
 * A span as text to compare, one fact a line:
 *
 *	chat gpt-4o
 *	operation.name=chat
 *	request.stop_sequences=[a, b]
 *	error.type=429
 *	error "slow down"
 *
 * First the name; then the attributes in the order of semconv.def, by their N2 name (N3 where N2 has none) without a leading
 * "gen_ai."; at last the status. server.address, server.port and the time to the first chunk are left out: they say where and
 * when a test runs, not what it read; and so is the reason "error" that N3 puts where none came, which follows from the status.
 * Doubles are written with %g.
 */
#ifndef GT_SPAN_TEXT_H
#define GT_SPAN_TEXT_H

#include "exporter/span/span.h"

/* Gives a terminated text; "no span\n" for NULL. */
char *gt_span_text_of(const struct gt_span *s);

#endif
