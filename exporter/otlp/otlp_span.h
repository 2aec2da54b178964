/*
 * What OTLP makes of a span whatever the encoding. Pure; everything is inline.
 */
#ifndef GT_OTLP_SPAN_H
#define GT_OTLP_SPAN_H

#include "exporter/span/span.h"

#define GT_OTLP_SCOPE_NAME "gentap"

/* Span.flags: the W3C flags, then whether it is known that the parent is remote, then whether it is. */
#define GT_OTLP_REMOTE_KNOWN 0x100
#define GT_OTLP_REMOTE	     0x200

static inline bool gt_otlp_is_root(const struct gt_span *s)
{
	return gt_is_all_zero(s->parent.b, sizeof(s->parent.b));
}

static inline uint32_t gt_otlp_flags(const struct gt_span *s)
{
	bool remote = s->parent_is_remote && !gt_otlp_is_root(s);

	return s->context.flags | GT_OTLP_REMOTE_KNOWN | (remote ? GT_OTLP_REMOTE : 0);
}

/* A span must have a name, and must not end before it starts. */
static inline struct gt_str gt_otlp_name(const struct gt_span *s)
{
	return s->name.len ? s->name : GT_STR("unknown");
}

static inline uint64_t gt_otlp_end(const struct gt_span *s)
{
	return s->end_unix_ns > s->start_unix_ns ? s->end_unix_ns : s->start_unix_ns;
}

#endif
