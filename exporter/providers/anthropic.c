/*
 * Anthropic's messages, token counting, and the older completions.
 *
 * Anthropic's input_tokens exclude cached tokens, but the conventions include them. So the three counts are kept apart
 * until the end. In a stream, message_start has the input counts, and each message_delta replaces the counts that it
 * has: never add them up.
 */
#include "exporter/providers/provider.h"

#include "exporter/cost/cost.h"
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

/* What the price depends on besides the counts. Anthropic charges for each use of its server tools. A speed or region
 * other than the default has its own price, as a tier has. */
static void take_terms(struct gt_reading *r, const cJSON *usage)
{
	static const char *const uses[] = { "server_tool_use.web_search_requests", "server_tool_use.code_execution_requests" };
	struct gt_str word;
	int64_t n;

	for (size_t i = 0; i < GT_COUNT_OF(uses); i++)
		r->has_fees |= gt_json_int(usage, uses[i], &n) && n > 0;
	gt_take_tokens(&r->usage.cache_write_1h, usage, "cache_creation.ephemeral_1h_input_tokens");
	gt_take_tier(r, usage, "service_tier");
	if (gt_json_str(usage, "speed", &word) && !gt_str_eq(word, GT_STR("standard")))
		gt_take_tier(r, usage, "speed");
	if (gt_json_str(usage, "inference_geo", &word) && !gt_str_eq(word, GT_STR("global")) &&
	    !gt_str_eq(word, GT_STR("not_available")))
		gt_take_tier(r, usage, "inference_geo");
	gt_cost_take(r, &r->usage.cost, usage);
}

static void take_usage(struct gt_reading *r, const cJSON *usage)
{
	gt_take_tokens(&r->usage.input, usage, "input_tokens");
	gt_take_tokens(&r->usage.cache_read, usage, "cache_read_input_tokens");
	gt_take_tokens(&r->usage.cache_write, usage, "cache_creation_input_tokens");
	gt_take_tokens(&r->usage.output, usage, "output_tokens");
	gt_take_tokens(&r->usage.reasoning, usage, "output_tokens_details.thinking_tokens");
	take_terms(r, usage);
}

static void take_block(struct gt_reading *r, const cJSON *block)
{
	struct gt_str type;

	if (gt_json_str(block, "type", &type) && gt_str_eq(type, GT_STR("compaction")))
		gt_span_set_bool(r->span, GT_ATTR_CONVERSATION_COMPACTED, true);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *block;

	cJSON_ArrayForEach (block, gt_json_at(json, "content"))
		take_block(r, block);
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_take_finish(r, 0, json, "stop_reason");
	take_usage(r, gt_json_at(json, "usage"));
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
		take_usage(r, gt_json_at(d->json, "usage"));
	} else if (gt_str_eq(type, GT_STR("content_block_start"))) {
		take_block(r, gt_json_at(d->json, "content_block"));
	} else if (gt_str_eq(type, GT_STR("message_stop"))) {
		r->is_final = true;
	} else if (gt_str_eq(type, GT_STR("error")) || gt_has_error(d->json)) { /* gateways leave out the type */
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
}

static void finish(struct gt_reading *r)
{
	if (r->usage.input != GT_TOKENS_NONE)
		r->usage.input = gt_tokens_sum(r->usage.input, gt_tokens_sum(r->usage.cache_read, r->usage.cache_write));
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

const struct gt_provider gt_anthropic_messages = {
	.api = GT_API_ANTHROPIC_MESSAGES,
	.operation = "chat",
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.finish = finish,
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
