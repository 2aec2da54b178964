#include "exporter/mcp/mcp_parent.h"

#include "shim/shared/traceparent.h"

static bool is_same_trace(const struct gt_span *s, const struct gt_trace_context *c)
{
	return memcmp(&s->context.trace_id, &c->trace_id, sizeof(c->trace_id)) == 0;
}

static void move_under(struct gt_span *s, const struct gt_trace_context *parent, bool is_remote)
{
	s->context.trace_id = parent->trace_id;
	/* the child of an unsampled parent is not sampled */
	if (!(parent->flags & GT_TRACE_SAMPLED))
		s->context.flags &= (uint8_t)~GT_TRACE_SAMPLED;
	s->parent = parent->span_id;
	s->parent_is_remote = is_remote;
}

void gt_mcp_parent_of_message(struct gt_reading *r, const cJSON *message)
{
	bool is_own = gt_call_request_field(r->call, "traceparent").len > 0;
	struct gt_trace_context meta;
	struct gt_str text;

	if (r->call->begin.is_inbound || is_own || !gt_json_str(message, "params._meta.traceparent", &text) ||
	    !gt_traceparent_parse(text, &meta))
		return;
	if (is_same_trace(r->span, &meta) || !r->call->begin.is_injected) {
		if (!is_same_trace(r->span, &meta))
			r->span->tracestate = GT_STR_NONE; /* it belongs to the trace that the span leaves */
		move_under(r->span, &meta, false);
		return;
	}
	gt_span_link(r->span, &meta);
}

void gt_mcp_parent_of_question(struct gt_reading *r, const struct gt_trace_context *by)
{
	struct gt_trace_context answerer = { .trace_id = r->span->context.trace_id,
					     .span_id = r->span->parent,
					     .flags = r->span->context.flags };

	if (r->call->begin.is_inbound) {
		if (!is_same_trace(r->span, by))
			r->span->tracestate = GT_STR_NONE;
		move_under(r->span, by, false);
		if (!gt_is_all_zero(answerer.span_id.b, sizeof(answerer.span_id.b)))
			gt_span_link(r->span, &answerer);
	} else if (is_same_trace(r->span, by) && r->call->begin.is_injected) {
		move_under(r->span, by, false);
	} else {
		gt_span_link(r->span, by);
	}
}
