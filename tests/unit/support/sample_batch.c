#include "sample_batch.h"

void gt_sample_init(struct gt_sample *s, uint32_t n)
{
	static const struct gt_span_limits limits = { 128, UINT32_MAX };
	struct gt_span **end = &s->first;

	*s = (struct gt_sample){ .view = { .n = n } };
	for (uint32_t i = 1; i <= n; i++) {
		struct gt_span *span = gt_span_new(&limits);

		for (int k = 0; k < 16; k++)
			span->context.trace_id.b[k] = (uint8_t)(k + 1);
		for (int k = 0; k < 4; k++)
			span->context.span_id.b[7 - k] = (uint8_t)(i >> (8 * k));
		span->context.flags = GT_TRACE_SAMPLED;
		span->start_unix_ns = 1750000000000000000;
		span->end_unix_ns = 1750000001000000001;
		gt_span_set_name(span, GT_STR("chat"), GT_STR("model"));
		*end = span;
		end = &span->next;
	}
	s->resource.attributes[0].key = "service.name";
	s->resource.attributes[0].value = (struct gt_value){ .type = GT_VALUE_STR, .str = GT_STR("bot") };
	s->resource.attributes[1].key = "process.pid";
	s->resource.attributes[1].value = (struct gt_value){ .type = GT_VALUE_INT, .i = 7 };
	s->resource.n = 2;
	s->view.first = s->first;
	s->view.resource = &s->resource;
	s->view.naming = &s->naming;
}

void gt_sample_free(struct gt_sample *s)
{
	while (s->first) {
		struct gt_span *next = s->first->next;

		gt_span_free(s->first);
		s->first = next;
	}
}
