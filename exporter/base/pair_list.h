/*
 * Parses percent-encoded lists such as `key=value,key=value`, the format of OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_EXPORTER_OTLP_HEADERS. Pure.
 */
#ifndef GT_PAIR_LIST_H
#define GT_PAIR_LIST_H

#include "exporter/base/arena.h"

struct gt_pair {
	struct gt_str key, value; /* trimmed, still encoded */
	bool has_value;		  /* false: the item has no `=` and is all in `key` */
};

/* Cuts the next pair off `*rest`, skipping blank items. False at the end of the list. */
bool gt_pair_next(struct gt_str *rest, struct gt_pair *pair);

/* Decodes %XX into a terminated copy in `a`. 0; GT_EBAD when a `%` is not followed by two hex digits; GT_ENOMEM. */
int gt_percent_decode(struct gt_arena *a, struct gt_str s, struct gt_str *out);

#endif
