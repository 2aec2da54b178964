/*
 * OTLP's rules for a span that all encodings share. Pure; all functions are inline.
 */
#ifndef GT_OTLP_SPAN_H
#define GT_OTLP_SPAN_H

#include "exporter/span/span.h"

#define GT_OTLP_SCOPE_NAME "gentap"

/* Span.flags: the W3C flags in the low 8 bits, then a bit that says the next bit is valid, then the bit for a remote
 * parent. */
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

/* An OTLP span must have a name and must not end before it starts. */
static inline struct gt_str gt_otlp_name(const struct gt_span *s)
{
	return s->name.len ? s->name : GT_STR("unknown");
}

static inline uint64_t gt_otlp_end(const struct gt_span *s)
{
	return s->end_unix_ns > s->start_unix_ns ? s->end_unix_ns : s->start_unix_ns;
}

#endif
