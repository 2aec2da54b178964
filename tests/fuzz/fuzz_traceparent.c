/* An accepted traceparent must be well-formed and keep its values when it is formatted and parsed again. */
#include "fuzz.h"
#include "shim/shared/traceparent.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char *copy = fuzz_copy((const char *)p, len);
	struct gt_str s = gt_str_make(copy, len);
	struct gt_trace_context c, again;
	char text[GT_TRACEPARENT_LEN];

	if (gt_traceparent_parse(s, &c)) {
		FUZZ_CHECK(!gt_is_all_zero(c.trace_id.b, 16) && !gt_is_all_zero(c.span_id.b, 8));
		FUZZ_CHECK(!(c.flags & ~(GT_TRACE_SAMPLED | GT_TRACE_RANDOM)));
		gt_traceparent_format(&c, text);
		FUZZ_CHECK(gt_traceparent_parse(gt_str_make(text, sizeof(text)), &again));
		FUZZ_CHECK(!memcmp(&c.trace_id, &again.trace_id, 16) && !memcmp(&c.span_id, &again.span_id, 8));
		FUZZ_CHECK(c.flags == again.flags);
		FUZZ_CHECK(!memcmp(gt_str_trim(s).p + 2, text + 2, 51)); /* the ids are unchanged */
	}
	if (gt_tracestate_is_valid(s)) {
		FUZZ_CHECK(len > 0 && len <= GT_TRACESTATE_MAX);
		for (size_t i = 0; i < len; i++)
			FUZZ_CHECK(copy[i] == '\t' || (copy[i] >= 0x20 && copy[i] < 0x7f)); /* cannot end a header */
	}
	free(copy);
	return 0;
}
