/*
 * Lists like `key=value,key=value` with percent-encoding, as OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS have
 * them. Pure.
 */
#ifndef GT_PAIR_LIST_H
#define GT_PAIR_LIST_H

#include "exporter/base/arena.h"

struct gt_pair {
	struct gt_str key, value; /* trimmed, still encoded */
	bool has_value;		  /* false: there was no `=`, all of it is in `key` */
};

/* Cuts the next pair off `*rest`; items of nothing but blanks are passed over. False at the end. */
bool gt_pair_next(struct gt_str *rest, struct gt_pair *pair);

/* %XX decoded, in `a`, terminated. GT_EBAD when a `%` is not followed by two hexadecimal digits, GT_ENOMEM. */
int gt_percent_decode(struct gt_arena *a, struct gt_str s, struct gt_str *out);

#endif
