/*
 * Alibaba's DashScope in its native format. Its compatible mode is OpenAI's format. A header field asks for a stream,
 * whose usage is cumulative.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "parameters.max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "parameters.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "parameters.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "parameters.top_k", GT_ATTR_REQUEST_TOP_K },
					       { "parameters.seed", GT_ATTR_REQUEST_SEED },
					       { "parameters.stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "parameters.dimension", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					       { NULL } };

static const struct gt_take response_rows[] = { { "request_id", GT_ATTR_RESPONSE_ID }, { NULL } };

static const struct gt_count usage_rows[] = { { "usage.input_tokens", GT_TOKENS(input) },
					      { "usage.output_tokens", GT_TOKENS(output) },
					      { "usage.prompt_tokens_details.cached_tokens", GT_TOKENS(cache_read) },
					      { "usage.output_tokens_details.reasoning_tokens", GT_TOKENS(reasoning) },
					      { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str sse = gt_call_request_field(r->call, "x-dashscope-sse"), format;

	if (json && !gt_json_has(json, "input.messages"))
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("text_completion"));
	if (gt_json_str(json, "parameters.response_format.type", &format) && gt_str_starts(format, GT_STR("json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	if (gt_str_ieq(sse, GT_STR("enable")))
		gt_set_stream(r);
}

/* Until a stream ends, its finish reason is the string "null". */
static void take_reason(struct gt_reading *r, int64_t place, const cJSON *json, const char *path)
{
	struct gt_str reason;

	if (!gt_json_str(json, path, &reason) || gt_str_eq(reason, GT_STR("null")))
		return;
	gt_set_finish(r, place, reason);
	r->is_final = true;
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *choice;
	int64_t place = 0;

	take_reason(r, 0, json, "output.finish_reason");
	cJSON_ArrayForEach (choice, gt_json_at(json, "output.choices"))
		take_reason(r, place++, choice, "finish_reason");
	if (gt_json_has(json, "code") && !gt_json_has(json, "output"))
		gt_read_common_error(r, json);
}

static const char *const members[] = { "output", NULL };

const struct gt_provider gt_dashscope_generate = {
	.api = GT_API_DASHSCOPE_GENERATE,
	.operation = "chat",
	.members = members,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = usage_rows,
	.request = request,
	.response = response,
	.content = &gt_content_dashscope,
};

/* ---------------------------------------------------------------- embeddings */

static const struct gt_count embed_usage[] = { { "usage.total_tokens", GT_TOKENS(input) },
					       { "usage.input_tokens", GT_TOKENS(input) },
					       { NULL } };

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_dimensions(r, json, "output.embeddings.0.embedding");
}

const struct gt_provider gt_dashscope_embed = {
	.api = GT_API_DASHSCOPE_EMBED,
	.operation = "embeddings",
	.members = members,
	.has_vectors = true,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = embed_usage,
	.response = embed_response,
};
