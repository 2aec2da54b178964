/*
 * Anthropic's messages, token counting, and the older completions.
 *
 * In a stream, message_start has the input counts, and each message_delta replaces the counts that it has: never add
 * them up.
 */
#include "exporter/providers/anthropic_usage.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "top_p", GT_ATTR_REQUEST_TOP_P },
	{ "top_k", GT_ATTR_REQUEST_TOP_K },
	{ "stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "output_config.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
};

static void request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str format;
	bool stream = false;

	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if (gt_json_str(json, "output_config.format.type", &format) && gt_str_starts(format, GT_STR("json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static void take_block(struct gt_reading *r, const cJSON *block)
{
	struct gt_str type;

	if (!gt_json_str(block, "type", &type))
		return;
	if (gt_str_eq(type, GT_STR("compaction")))
		gt_span_set_bool(r->span, GT_ATTR_CONVERSATION_COMPACTED, true);
	else if (gt_str_eq(type, GT_STR("fallback"))) /* from here on another model answers */
		gt_take_str(r, GT_ATTR_RESPONSE_MODEL, block, "to.model");
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *block;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	cJSON_ArrayForEach (block, gt_json_at(json, "content"))
		take_block(r, block);
	gt_take_finish(r, 0, json, "stop_reason");
	gt_anthropic_take_usage(r, gt_json_at(json, "usage"));
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type = d->event;

	gt_json_str(d->json, "type", &type);
	if (gt_str_eq(type, GT_STR("message_start"))) {
		response(r, gt_json_at(d->json, "message"));
	} else if (gt_str_eq(type, GT_STR("message_delta"))) {
		gt_take_finish(r, 0, d->json, "delta.stop_reason");
		gt_anthropic_take_usage(r, gt_json_at(d->json, "usage"));
	} else if (gt_str_eq(type, GT_STR("content_block_start"))) {
		take_block(r, gt_json_at(d->json, "content_block"));
	} else if (gt_str_eq(type, GT_STR("message_stop"))) {
		r->is_final = true;
	} else if (gt_str_eq(type, GT_STR("error")) || gt_has_error(d->json)) { /* gateways leave out the type */
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
}

static bool claims(const struct gt_call *call, const cJSON *json)
{
	if (gt_call_request_field(call, "anthropic-version").p)
		return true;
	/* the path alone proves nothing: any chat program may use it */
	if (!json)
		return gt_request_has_text(call, "\"messages\"") && gt_request_has_text(call, "\"max_tokens\"");
	return gt_json_is_array(json, "messages") && gt_json_has(json, "max_tokens");
}

static const char *const members[] = { "content", "type", NULL };

const struct gt_provider gt_anthropic_messages = {
	.api = GT_API_ANTHROPIC_MESSAGES,
	.operation = "chat",
	.members = members,
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.finish = gt_anthropic_finish_usage,
	.content = &gt_content_anthropic,
};

/* ---------------------------------------------------------------- token counting */

/* The count in the reply is not usage: no inference ran. */
static const struct gt_take count_rows[] = { { "model", GT_ATTR_REQUEST_MODEL }, { NULL } };

static bool count_claims(const struct gt_call *call, const cJSON *json)
{
	return gt_call_request_field(call, "anthropic-version").p ||
	       (gt_json_is_array(json, "messages") && gt_json_has(json, "model"));
}

const struct gt_provider gt_anthropic_count = {
	.api = GT_API_ANTHROPIC_COUNT,
	.operation = "count_tokens",
	.request_rows = count_rows,
	.claims = count_claims,
};

/* ---------------------------------------------------------------- completions, which report no usage */

static const struct gt_take complete_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
						{ "max_tokens_to_sample", GT_ATTR_REQUEST_MAX_TOKENS },
						{ "temperature", GT_ATTR_REQUEST_TEMPERATURE },
						{ "top_p", GT_ATTR_REQUEST_TOP_P },
						{ "top_k", GT_ATTR_REQUEST_TOP_K },
						{ "stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
						{ NULL } };

static const struct gt_take complete_response_rows[] = { { "id", GT_ATTR_RESPONSE_ID },
							 { "model", GT_ATTR_RESPONSE_MODEL },
							 { NULL } };

static void complete_request(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;

	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static void complete_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_finish(r, 0, json, "stop_reason");
	r->is_final |= gt_json_has(json, "stop_reason");
	if (gt_json_is_object(json, "error")) {
		gt_read_common_error(r, json);
		r->is_final = true;
	}
}

const struct gt_provider gt_anthropic_complete = {
	.api = GT_API_ANTHROPIC_COMPLETE,
	.operation = "text_completion",
	.request_rows = complete_rows,
	.response_rows = complete_response_rows,
	.request = complete_request,
	.response = complete_response,
	.content = &gt_content_prompt,
};
