/*
 * Ollama's native API. It streams by default: newline-delimited JSON, whose last object is `done` and has the counts.
 * Responses have no ids.
 */
#include "exporter/providers/provider.h"

#include <stdio.h>

#include "exporter/exchange/vectors.h"
#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "options.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "options.top_p", GT_ATTR_REQUEST_TOP_P },
	{ "options.top_k", GT_ATTR_REQUEST_TOP_K },
	{ "options.seed", GT_ATTR_REQUEST_SEED },
	{ "options.stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "options.frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
	{ "options.presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
	{ "think", GT_ATTR_REQUEST_REASONING_LEVEL }, /* a level; true and false are ignored */
};

static void request(struct gt_reading *r, const cJSON *json)
{
	bool stream = true;
	int64_t n;

	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if (gt_json_int(json, "options.num_predict", &n) && n >= 0) /* negative: no limit */
		gt_span_set_int(r->span, GT_ATTR_REQUEST_MAX_TOKENS, n);
	if (gt_json_has(json, "format"))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	gt_json_bool(json, "stream", &stream);
	if (json && stream)
		gt_set_stream(r);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	bool done = false;

	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_json_bool(json, "done", &done);
	if (done) {
		gt_take_finish(r, 0, json, "done_reason");
		gt_take_tokens(&r->usage.input, json, "prompt_eval_count");
		gt_take_tokens(&r->usage.output, json, "eval_count");
		gt_take_tokens(&r->usage.cache_read, json, "prompt_eval_cached_count");
		r->is_final = true;
	}
	if (gt_has_error(json))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		response(r, d->json);
}

static bool has_model_and(const struct gt_call *call, const cJSON *json, const char *member)
{
	char quoted[32];

	if (json)
		return gt_json_has(json, "model") && gt_json_has(json, member);
	snprintf(quoted, sizeof(quoted), "\"%s\"", member);
	return gt_request_has_text(call, "\"model\"") && gt_request_has_text(call, quoted);
}

static bool chat_claims(const struct gt_call *call, const cJSON *json)
{
	return has_model_and(call, json, "messages");
}

static bool generate_claims(const struct gt_call *call, const cJSON *json)
{
	return has_model_and(call, json, "prompt");
}

static bool embed_claims(const struct gt_call *call, const cJSON *json)
{
	return has_model_and(call, json, "input") || has_model_and(call, json, "prompt");
}

static const char *const chat_members[] = { "message", "done", NULL };

const struct gt_provider gt_ollama_chat = {
	.api = GT_API_OLLAMA_CHAT,
	.operation = "chat",
	.members = chat_members,
	.claims = chat_claims,
	.request = request,
	.response = response,
	.event = event,
	.content = &gt_content_ollama,
};

static const char *const generate_members[] = { "response", "done", NULL };

const struct gt_provider gt_ollama_generate = {
	.api = GT_API_OLLAMA_GENERATE,
	.operation = "text_completion",
	.members = generate_members,
	.claims = generate_claims,
	.request = request,
	.response = response,
	.event = event,
	.content = &gt_content_prompt,
};

/* ---------------------------------------------------------------- embeddings */

static void embed_request(struct gt_reading *r, const cJSON *json)
{
	/* Ollama accepts the options of a chat here, and ignores most of them */
	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	gt_take_int(r, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, json, "dimensions");
}

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *vector = gt_json_at(json, "embeddings.0");

	if (!vector)
		vector = gt_json_at(json, "embedding");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	if (cJSON_IsArray(vector) && !gt_span_has(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT))
		gt_span_set_int(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, gt_vector_len(vector));
	gt_take_tokens(&r->usage.input, json, "prompt_eval_count");
}

static const char *const embed_members[] = { "embedding", "embeddings", NULL };

const struct gt_provider gt_ollama_embed = {
	.api = GT_API_OLLAMA_EMBED,
	.operation = "embeddings",
	.members = embed_members,
	.has_vectors = true,
	.claims = embed_claims,
	.request = embed_request,
	.response = embed_response,
};
