#include "exporter/providers/gemini_members.h"

#include "exporter/providers/usage_members.h"
#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = {
	{ "generationConfig.maxOutputTokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "generation_config.max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "generationConfig.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "generation_config.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "generationConfig.topP", GT_ATTR_REQUEST_TOP_P },
	{ "generation_config.top_p", GT_ATTR_REQUEST_TOP_P },
	{ "generationConfig.topK", GT_ATTR_REQUEST_TOP_K },
	{ "generation_config.top_k", GT_ATTR_REQUEST_TOP_K },
	{ "generationConfig.stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "generation_config.stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "generationConfig.seed", GT_ATTR_REQUEST_SEED },
	{ "generation_config.seed", GT_ATTR_REQUEST_SEED },
	{ "generationConfig.frequencyPenalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
	{ "generation_config.frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
	{ "generationConfig.presencePenalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
	{ "generation_config.presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
	{ "generationConfig.thinkingConfig.thinkingLevel", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "generation_config.thinking_config.thinking_level", GT_ATTR_REQUEST_REASONING_LEVEL },
};

static void take_output_type(struct gt_reading *r, const cJSON *json)
{
	struct gt_str mime, modality;

	if ((gt_json_str(json, "generationConfig.responseMimeType", &mime) ||
	     gt_json_str(json, "generation_config.response_mime_type", &mime)) &&
	    gt_str_istarts(mime, GT_STR("application/json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	if (gt_json_str(json, "generationConfig.responseModalities.0", &modality) ||
	    gt_json_str(json, "generation_config.response_modalities.0", &modality)) {
		if (gt_str_ieq(modality, GT_STR("audio")))
			gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("speech"));
		else if (gt_str_ieq(modality, GT_STR("image")))
			gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("image"));
	}
}

void gt_gemini_take_config(struct gt_reading *r, const cJSON *json)
{
	int64_t n;

	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if ((gt_json_int(json, "generationConfig.candidateCount", &n) ||
	     gt_json_int(json, "generation_config.candidate_count", &n)) &&
	    n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	take_output_type(r, json);
}

/* ---------------------------------------------------------------- usage */

/* [{"modality":"AUDIO","tokenCount":5}]; a modality may also be a number: 1 text, 2 image, 3 video, 4 audio. */
static void take_modalities(const cJSON *details, int64_t *text, int64_t *image, int64_t *audio)
{
	const cJSON *d;

	cJSON_ArrayForEach (d, details) {
		struct gt_str name = GT_STR("");
		int64_t number = 0;

		gt_json_str(d, "modality", &name);
		gt_json_int(d, "modality", &number);
		if (gt_str_ieq(name, GT_STR("text")) || number == 1)
			gt_take_tokens(text, d, "tokenCount");
		else if (gt_str_ieq(name, GT_STR("image")) || number == 2)
			gt_take_tokens(image, d, "tokenCount");
		else if (gt_str_ieq(name, GT_STR("audio")) || number == 4)
			gt_take_tokens(audio, d, "tokenCount");
	}
}

/* Parts of a stream leave counts out that earlier parts have: those remain. */
static void take_output(struct gt_usage *u, const cJSON *usage)
{
	int64_t candidates = u->output;

	if (candidates != GT_TOKENS_NONE && u->reasoning != GT_TOKENS_NONE)
		candidates -= u->reasoning;
	gt_take_tokens(&candidates, usage, "candidatesTokenCount");
	gt_take_tokens(&candidates, usage, "responseTokenCount"); /* Live */
	gt_take_tokens(&u->reasoning, usage, "thoughtsTokenCount");
	if (candidates != GT_TOKENS_NONE || u->reasoning != GT_TOKENS_NONE)
		u->output = gt_tokens_sum(candidates, u->reasoning);
}

static void check_counts(struct gt_reading *r, const cJSON *usage)
{
	static const char *const counts[] = { "promptTokenCount",	   "toolUsePromptTokenCount",
					      "candidatesTokenCount",	   "thoughtsTokenCount",
					      "cachedContentTokenCount",   "totalTokenCount",
					      "promptTokensDetails.*",	   "cacheTokensDetails.*",
					      "candidatesTokensDetails.*", "toolUsePromptTokensDetails.*",
					      "responseTokenCount",	   "responseTokensDetails.*" };

	int64_t total = GT_TOKENS_NONE;

	gt_take_tokens(&total, usage, "totalTokenCount");
	r->usage.unaccounted = GT_TOKENS_NONE;
	if (r->usage.input != GT_TOKENS_NONE && r->usage.output != GT_TOKENS_NONE &&
	    total > gt_tokens_sum(r->usage.input, r->usage.output))
		r->usage.unaccounted = total - r->usage.input - r->usage.output;
	r->has_unknown_tokens |= gt_usage_has_unknown(usage, NULL, 0, counts, GT_COUNT_OF(counts));
}

void gt_gemini_take_usage(struct gt_reading *r, const cJSON *usage)
{
	int64_t prompt = GT_TOKENS_NONE, tool = GT_TOKENS_NONE;

	if (!cJSON_IsObject(usage))
		return;
	gt_take_tokens(&prompt, usage, "promptTokenCount");
	gt_take_tokens(&tool, usage, "toolUsePromptTokenCount");
	if (prompt != GT_TOKENS_NONE)
		r->usage.input = gt_tokens_sum(prompt, tool);
	take_output(&r->usage, usage);
	check_counts(r, usage);
	gt_take_tokens(&r->usage.cache_read, usage, "cachedContentTokenCount");
	gt_take_tier(r, usage, "serviceTier");
	gt_take_tier(r, usage, "trafficType");
	take_modalities(gt_json_at(usage, "promptTokensDetails"), &r->usage.text_input, &r->usage.image_input,
			&r->usage.audio_input);
	take_modalities(gt_json_at(usage, "candidatesTokensDetails"), &r->usage.text_output, &r->usage.image_output,
			&r->usage.audio_output);
	take_modalities(gt_json_at(usage, "responseTokensDetails"), &r->usage.text_output, &r->usage.image_output,
			&r->usage.audio_output);
	take_modalities(gt_json_at(usage, "cacheTokensDetails"), &r->usage.text_cache_read, &r->usage.image_cache_read,
			&r->usage.audio_cache_read);
}
