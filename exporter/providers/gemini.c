/*
 * Google's generateContent and embedContent, on the Gemini API and on hosts that copy it.
 *
 * The model is in the path. Field names are camelCase, but the service accepts snake_case too, so requests are read in
 * both. A stream is SSE (alt=sse) or one JSON array. Every part repeats the usage so far; the last usage counts.
 */
#include "exporter/providers/provider.h"

#include "exporter/exchange/vectors.h"
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

void gt_google_take_path(struct gt_reading *r, struct gt_str *verb)
{
	struct gt_str path = gt_target_path(r->call->request.target);
	size_t slash = path.len, colon = path.len, len = 0;
	struct gt_str model;

	*verb = GT_STR("");
	while (slash && path.p[slash - 1] != '/')
		slash--;
	for (size_t i = slash; i < path.len; i++) {
		len = path.p[i] == ':' ? 1 : gt_str_istarts(gt_str_skip(path, i), GT_STR("%3a")) ? 3 : 0;
		if (len) {
			*verb = gt_str_skip(path, i + len);
			colon = i;
		}
	}
	model = gt_str_make(path.p + slash, colon - slash);
	if (colon < path.len && !gt_str_eq(model, GT_STR("v1internal"))) /* Code Assist has the version in its place */
		gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, model);
}

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

static void generate_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str verb;
	int64_t n;

	gt_google_take_path(r, &verb);
	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if ((gt_json_int(json, "generationConfig.candidateCount", &n) ||
	     gt_json_int(json, "generation_config.candidate_count", &n)) &&
	    n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	take_output_type(r, json);
	if (gt_str_starts(verb, GT_STR("stream")))
		gt_set_stream(r);
}

/* Clients that ask for enum-encoding=int get numbers. Above 5 the Gemini API and Vertex AI differ, so those are
 * ignored. */
static void take_finish_reason(struct gt_reading *r, int64_t index, const cJSON *candidate)
{
	static const char *const names[] = { NULL, "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER" };
	int64_t number;

	gt_take_finish(r, index, candidate, "finishReason");
	if (gt_json_int(candidate, "finishReason", &number) && number > 0 && number < (int64_t)GT_COUNT_OF(names))
		gt_set_finish(r, index, gt_str_of(names[number]));
}

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
					      "candidatesTokensDetails.*", "toolUsePromptTokensDetails.*" };

	int64_t total = GT_TOKENS_NONE;

	gt_take_tokens(&total, usage, "totalTokenCount");
	r->usage.unaccounted = GT_TOKENS_NONE;
	if (r->usage.input != GT_TOKENS_NONE && r->usage.output != GT_TOKENS_NONE &&
	    total > gt_tokens_sum(r->usage.input, r->usage.output))
		r->usage.unaccounted = total - r->usage.input - r->usage.output;
	r->has_unknown_tokens |= gt_usage_has_unknown(usage, NULL, 0, counts, GT_COUNT_OF(counts));
}

static void take_usage(struct gt_reading *r, const cJSON *usage)
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
	take_modalities(gt_json_at(usage, "cacheTokensDetails"), &r->usage.text_cache_read, &r->usage.image_cache_read,
			&r->usage.audio_cache_read);
}

static void take_generated(struct gt_reading *r, const cJSON *json)
{
	const cJSON *candidate;
	struct gt_str blocked;
	int64_t place = 0, index;

	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "modelVersion");
	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "responseId");
	cJSON_ArrayForEach (candidate, gt_json_at(json, "candidates")) {
		index = place++;
		gt_json_int(candidate, "index", &index);
		gt_see_choice(r, index);
		take_finish_reason(r, index, candidate);
		/* searches are charged per prompt, places per query */
		r->has_fees |= gt_json_has(candidate, "groundingMetadata.webSearchQueries.0") ||
			       gt_json_has(candidate, "groundingMetadata.groundingChunks.0");
	}
	/* a refused prompt has no candidates and thus no other reason */
	if (!place && gt_json_str(json, "promptFeedback.blockReason", &blocked))
		gt_set_finish(r, 0, blocked);
	take_usage(r, gt_json_at(json, "usageMetadata"));
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

/* Without alt=sse a stream is one JSON array of the same objects. */
static void generate_response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *part;

	if (!cJSON_IsArray(json)) {
		take_generated(r, json);
		return;
	}
	cJSON_ArrayForEach (part, json)
		take_generated(r, part);
}

static void generate_event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		take_generated(r, d->json);
}

static void generate_finish(struct gt_reading *r)
{
	if (gt_choices_are_over(r))
		r->is_final = true; /* finish reasons are the only end mark */
}

static bool generate_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_is_array(json, "contents") : call->request_body.len > 0;
}

static const char *const generate_members[] = { "candidates", "promptFeedback", "usageMetadata", NULL };

const struct gt_provider gt_gemini_generate = {
	.api = GT_API_GEMINI_GENERATE,
	.operation = "generate_content",
	.members = generate_members,
	.claims = generate_claims,
	.request = generate_request,
	.response = generate_response,
	.event = generate_event,
	.finish = generate_finish,
	.content = &gt_content_gemini,
};

/* ---------------------------------------------------------------- embeddings */

static void embed_request(struct gt_reading *r, const cJSON *json)
{
	static const char *const dimensions[] = {
		"outputDimensionality",
		"output_dimensionality",
		"requests.0.outputDimensionality",
		"requests.0.output_dimensionality",
	};
	struct gt_str verb;

	gt_google_take_path(r, &verb);
	for (size_t i = 0; i < GT_COUNT_OF(dimensions); i++)
		gt_take_int(r, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, json, dimensions[i]);
}

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *vector = gt_json_at(json, "embedding.values");

	if (!vector)
		vector = gt_json_at(json, "embeddings.0.values");
	if (cJSON_IsArray(vector) && !gt_span_has(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT))
		gt_span_set_int(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, gt_vector_len(vector));
	gt_take_tokens(&r->usage.input, json, "usageMetadata.promptTokenCount");
}

static bool embed_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_is_object(json, "content") || gt_json_is_array(json, "requests") : call->request_body.len > 0;
}

static const char *const embed_members[] = { "embedding", "embeddings", NULL };

const struct gt_provider gt_gemini_embed = {
	.api = GT_API_GEMINI_EMBED,
	.operation = "embeddings",
	.members = embed_members,
	.has_vectors = true,
	.claims = embed_claims,
	.request = embed_request,
	.response = embed_response,
};

/* ---------------------------------------------------------------- token counting */

static void count_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str verb;

	(void)json;
	gt_google_take_path(r, &verb);
}

static bool count_claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_is_array(json, "contents") || gt_json_has(json, "generateContentRequest");
}

/* The count in the reply is not usage: no inference ran. */
const struct gt_provider gt_gemini_count = {
	.api = GT_API_GEMINI_COUNT,
	.operation = "count_tokens",
	.claims = count_claims,
	.request = count_request,
};
