/*
 * Checks what must hold for every span that was read from bytes of another process, whatever they were: it can be encoded
 * for a collector, which would otherwise refuse the batch with the spans of others. A check that fails aborts.
 */
#ifndef GT_FUZZ_RECORD_CHECK_H
#define GT_FUZZ_RECORD_CHECK_H

#include "span_check.h"

static inline void record_check_value(const struct gt_value *v)
{
	FUZZ_CHECK(v->type <= GT_VALUE_JSON);
	if (v->type == GT_VALUE_STR || v->type == GT_VALUE_JSON)
		FUZZ_CHECK(gt_utf8_is_valid(v->str));
	if (v->type == GT_VALUE_DOUBLE)
		FUZZ_CHECK(v->d - v->d == 0);
	for (uint32_t i = 0; v->type == GT_VALUE_STRS && i < v->strs.n; i++)
		FUZZ_CHECK(gt_utf8_is_valid(v->strs.items[i]));
}

static inline void record_check_span(struct gt_span *s)
{
	static const struct gt_naming naming;

	FUZZ_CHECK(!gt_is_all_zero(s->context.trace_id.b, 16) && !gt_is_all_zero(s->context.span_id.b, 8));
	FUZZ_CHECK(s->end_unix_ns >= s->start_unix_ns && s->n <= GT_ATTR_COUNT && s->n_links <= GT_SPAN_LINKS_MAX);
	FUZZ_CHECK(s->name.len && gt_utf8_is_valid(s->name));
	FUZZ_CHECK(gt_utf8_is_valid(s->status_message) && gt_utf8_is_valid(s->tracestate));
	for (uint32_t i = 0; i < s->n; i++) {
		FUZZ_CHECK(s->attributes[i].value.type == gt_attr_type(s->attributes[i].key));
		record_check_value(&s->attributes[i].value);
		for (uint32_t k = 0; k < i; k++)
			FUZZ_CHECK(s->attributes[k].key != s->attributes[i].key);
	}
	span_check_encodings(s, &naming);
}

#endif
