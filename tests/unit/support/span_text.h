/*
 * A span as text to compare, one fact a line:
 *
 *	chat gpt-4o
 *	operation.name=chat
 *	request.stop_sequences=[a, b]
 *	error.type=429
 *	error "slow down"
 *
 * First the name, then the attributes in the order of semconv.def, then the status. An attribute has its N2 name (N3 where N2
 * has none) without a leading "gen_ai.". Doubles are written with %g.
 *
 * Left out are server.address, server.port and the time to the first chunk, which depend on where and when a test runs. The
 * finish reason "error" that N3 adds when the response had none is also left out: it follows from the status.
 */
#ifndef GT_SPAN_TEXT_H
#define GT_SPAN_TEXT_H

#include "exporter/span/span.h"

/* Gives a terminated text; "no span\n" for NULL. */
char *gt_span_text_of(const struct gt_span *s);

#endif
