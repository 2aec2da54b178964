/*
 * Prompt completion in formats that only one server has: llama.cpp's native format and Aleph Alpha's.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take llama_request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
						     { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
						     { "top_p", GT_ATTR_REQUEST_TOP_P },
						     { "top_k", GT_ATTR_REQUEST_TOP_K },
						     { "seed", GT_ATTR_REQUEST_SEED },
						     { "stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
						     { "frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
						     { "presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
						     { NULL } };

static void llama_request(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;
	int64_t n;

	if (gt_json_int(json, "n_predict", &n) && n >= 0) /* negative: no limit */
		gt_span_set_int(r->span, GT_ATTR_REQUEST_MAX_TOKENS, n);
	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static void llama_response(struct gt_reading *r, const cJSON *json)
{
	bool stop = false;

	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	if (!gt_json_bool(json, "stop", &stop) || !stop)
		return; /* earlier counts are partial */
	gt_take_finish(r, 0, json, "stop_type");
	gt_take_tokens(&r->usage.input, json, "tokens_evaluated");
	gt_take_tokens(&r->usage.output, json, "tokens_predicted");
	r->is_final = true;
}

/* Many servers have this path and a prompt, so the body must also have a member of llama.cpp's own. */
static bool llama_claims(const struct gt_call *call, const cJSON *json)
{
	static const char *const own[] = { "n_predict", "cache_prompt", "n_keep", "id_slot",
					   "slot_id",	"n_probs",	"min_p",  "mirostat" };

	(void)call;
	for (size_t i = 0; i < GT_COUNT_OF(own); i++)
		if (gt_json_has(json, "prompt") && gt_json_has(json, own[i]))
			return true;
	return false;
}

const struct gt_provider gt_llama_cpp = {
	.api = GT_API_LLAMA_CPP,
	.operation = "text_completion",
	.request_rows = llama_request_rows,
	.claims = llama_claims,
	.request = llama_request,
	.response = llama_response,
	.content = &gt_content_prompt,
};

/* ---------------------------------------------------------------- Aleph Alpha */

static const struct gt_take aleph_request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
						     { "maximum_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
						     { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
						     { "top_p", GT_ATTR_REQUEST_TOP_P },
						     { "top_k", GT_ATTR_REQUEST_TOP_K },
						     { "stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
						     { "frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
						     { "presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
						     { NULL } };

static const struct gt_take aleph_response_rows[] = { { "model_version", GT_ATTR_RESPONSE_MODEL }, { NULL } };

static const struct gt_count aleph_usage[] = { { "num_tokens_prompt_total", GT_TOKENS(input) },
					       { "num_tokens_generated", GT_TOKENS(output) },
					       { NULL } };

static void aleph_request(struct gt_reading *r, const cJSON *json)
{
	int64_t n;

	if (gt_json_int(json, "n", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
}

static void aleph_response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *completion;
	int64_t place = 0;

	cJSON_ArrayForEach (completion, gt_json_at(json, "completions"))
		gt_take_finish(r, place++, completion, "finish_reason");
}

const struct gt_provider gt_aleph_alpha = {
	.api = GT_API_ALEPH_ALPHA,
	.operation = "text_completion",
	.request_rows = aleph_request_rows,
	.response_rows = aleph_response_rows,
	.usage_rows = aleph_usage,
	.request = aleph_request,
	.response = aleph_response,
	.content = &gt_content_prompt,
};
