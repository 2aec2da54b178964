/*
 * IBM watsonx text generation and embeddings. Its chat is OpenAI's, with model_id for model.
 *
 * Counts in a stream are cumulative. Only the first or the last document has the input count, so the highest value
 * counts.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model_id", GT_ATTR_REQUEST_MODEL },
					       { "parameters.max_new_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "parameters.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "parameters.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "parameters.top_k", GT_ATTR_REQUEST_TOP_K },
					       { "parameters.random_seed", GT_ATTR_REQUEST_SEED },
					       { "parameters.stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { NULL } };

static const struct gt_take response_rows[] = { { "model_id", GT_ATTR_RESPONSE_MODEL }, { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	if (!gt_span_has(r->span, GT_ATTR_REQUEST_MODEL))
		gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_call_path_segment(r->call, "/deployments/"));
	if (gt_str_ends(gt_target_path(r->call->request.target), GT_STR("_stream")))
		gt_set_stream(r);
}

static void take_higher(int64_t *count, int64_t v)
{
	if (v > *count)
		*count = v;
}

static void response(struct gt_reading *r, const cJSON *json)
{
	int64_t place = 0, input = GT_TOKENS_NONE, output = GT_TOKENS_NONE, n;
	const cJSON *result;
	struct gt_str reason;

	cJSON_ArrayForEach (result, gt_json_at(json, "results")) {
		if (gt_json_str(result, "stop_reason", &reason) && !gt_str_ieq(reason, GT_STR("not_finished"))) {
			gt_set_finish(r, place, reason);
			r->is_final = true;
		}
		if (gt_json_int(result, "input_token_count", &n) && n >= 0)
			input = gt_tokens_sum(input, n);
		if (gt_json_int(result, "generated_token_count", &n) && n >= 0)
			output = gt_tokens_sum(output, n);
		place++;
	}
	take_higher(&r->usage.input, input);
	take_higher(&r->usage.output, output);
	if (gt_json_is_array(json, "errors"))
		gt_read_common_error(r, json);
}

static const char *const members[] = { "results", NULL };

const struct gt_provider gt_watsonx_generate = {
	.api = GT_API_WATSONX_GENERATE,
	.operation = "text_completion",
	.members = members,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.request = request,
	.response = response,
	.content = &gt_content_prompt,
};

/* ---------------------------------------------------------------- embeddings */

static const struct gt_count embed_usage[] = { { "input_token_count", GT_TOKENS(input) }, { NULL } };

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_dimensions(r, json, "results.0.embedding");
}

const struct gt_provider gt_watsonx_embed = {
	.api = GT_API_WATSONX_EMBED,
	.operation = "embeddings",
	.members = members,
	.has_vectors = true,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = embed_usage,
	.request = request,
	.response = embed_response,
};
