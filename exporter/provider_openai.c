/*
 * OpenAI's APIs and everything that speaks them: chat completions, completions, responses, embeddings.
 *
 * Sources: the type definitions of the official SDK and the providers' own deviations, which only ever add fields.
 */
#include "provider.h"

#include <stdlib.h>

#include "../shim/compiler.h"

/* openai.* attributes belong to OpenAI's own service and its Azure edition, not to those who copied the format. */
static bool is_openai(const struct gt_reading *r)
{
	return gt_str_eq(r->call->provider, GT_STR("openai")) || gt_str_eq(r->call->provider, GT_STR("azure.ai.openai"));
}

static void set_api_type(struct gt_reading *r, struct gt_str type)
{
	if (is_openai(r))
		gt_span_set_str(r->span, GT_ATTR_OPENAI_API_TYPE, type);
}

static void take_service_tier(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	struct gt_str tier;

	if (is_openai(r) && gt_json_str(json, path, &tier) &&
	    (key == GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER || !gt_str_eq(tier, GT_STR("auto"))))
		gt_span_set_str(r->span, key, tier);
}

/* ---------------------------------------------------------------- usage */

struct usage_row {
	const char *path;
	size_t field;
};

#define FIELD(name) offsetof(struct gt_usage, name)

/* Later rows win over earlier ones for the same field. */
static const struct usage_row usage_rows[] = {
	{ "prompt_tokens", FIELD(input) },
	{ "input_tokens", FIELD(input) },
	{ "completion_tokens", FIELD(output) },
	{ "output_tokens", FIELD(output) },
	{ "prompt_cache_hit_tokens", FIELD(cache_read) },		/* DeepSeek */
	{ "cached_tokens", FIELD(cache_read) },				/* Together, TGI, Moonshot */
	{ "num_cached_tokens", FIELD(cache_read) },			/* Mistral */
	{ "prompt_token_details.cached_tokens", FIELD(cache_read) },	/* Assistants, Writer */
	{ "prompt_tokens_details.cached_tokens", FIELD(cache_read) },
	{ "input_tokens_details.cached_tokens", FIELD(cache_read) },
	{ "prompt_tokens_details.cache_write_tokens", FIELD(cache_write) },
	{ "input_tokens_details.cache_write_tokens", FIELD(cache_write) },
	{ "reasoning_tokens", FIELD(reasoning) },			/* Perplexity */
	{ "completion_tokens_details.reasoning_tokens", FIELD(reasoning) },
	{ "output_tokens_details.reasoning_tokens", FIELD(reasoning) },
	{ "prompt_tokens_details.text_tokens", FIELD(text_input) },
	{ "input_tokens_details.text_tokens", FIELD(text_input) },
	{ "prompt_tokens_details.image_tokens", FIELD(image_input) },
	{ "input_tokens_details.image_tokens", FIELD(image_input) },
	{ "prompt_tokens_details.audio_tokens", FIELD(audio_input) },
	{ "input_tokens_details.audio_tokens", FIELD(audio_input) },
	{ "completion_tokens_details.text_tokens", FIELD(text_output) },
	{ "output_tokens_details.text_tokens", FIELD(text_output) },
	{ "completion_tokens_details.image_tokens", FIELD(image_output) },
	{ "output_tokens_details.image_tokens", FIELD(image_output) },
	{ "completion_tokens_details.audio_tokens", FIELD(audio_output) },
	{ "output_tokens_details.audio_tokens", FIELD(audio_output) },
};

/* Some providers leave a kind of token out of their two counts but put it into the total. When the gap is just that kind's own
 * count, it belongs to the count that lacks it. */
static void close_gap(struct gt_usage *u, int64_t total)
{
	int64_t gap = total - u->input - u->output;

	if (u->input < 0 || u->output < 0 || total < 0 || gap <= 0)
		return;
	if (gap == u->reasoning)
		u->output += gap;
	else if (gap == u->audio_input)
		u->input += gap;
}

/* A usage object replaces what an earlier one said: streams that send several make them cumulative. */
static void take_usage(struct gt_reading *r, const cJSON *usage)
{
	struct gt_usage u;
	int64_t total = GT_TOKENS_NONE;

	if (!cJSON_IsObject(usage))
		return;
	memset(&u, 0xff, sizeof(u)); /* all GT_TOKENS_NONE */
	for (size_t i = 0; i < GT_COUNT_OF(usage_rows); i++)
		gt_take_tokens((int64_t *)((char *)&u + usage_rows[i].field), usage, usage_rows[i].path);
	gt_take_tokens(&total, usage, "total_tokens");
	close_gap(&u, total);
	if (u.input != GT_TOKENS_NONE || u.output != GT_TOKENS_NONE)
		r->usage = u;
}

/* ---------------------------------------------------------------- chat completions, completions */

static const struct gt_take request_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "max_completion_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "top_p", GT_ATTR_REQUEST_TOP_P },
	{ "top_k", GT_ATTR_REQUEST_TOP_K },
	{ "frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
	{ "presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
	{ "seed", GT_ATTR_REQUEST_SEED },
	{ "random_seed", GT_ATTR_REQUEST_SEED },
	{ "stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "reasoning_effort", GT_ATTR_REQUEST_REASONING_LEVEL },
};

/* What a request asks to get back: "text", "json_object", "json_schema". */
static void take_format(struct gt_reading *r, const cJSON *json, const char *path)
{
	struct gt_str type;

	if (!gt_json_str(json, path, &type))
		return;
	if (gt_str_starts(type, GT_STR("json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	else if (gt_str_eq(type, GT_STR("text")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("text"));
}

static void take_stream(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;

	if (gt_json_bool(json, "stream", &stream) && stream) {
		r->is_stream = true;
		gt_span_set_bool(r->span, GT_ATTR_REQUEST_STREAM, true);
	}
}

static void completions_request(struct gt_reading *r, const cJSON *json)
{
	const cJSON *modality;
	int64_t n;

	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if (gt_json_int(json, "n", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	take_format(r, json, "response_format.type");
	cJSON_ArrayForEach(modality, gt_json_at(json, "modalities"))
		if (cJSON_IsString(modality) && !strcmp(modality->valuestring, "audio"))
			gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("speech"));
	take_service_tier(r, GT_ATTR_OPENAI_REQUEST_SERVICE_TIER, json, "service_tier");
	take_stream(r, json);
}

static void chat_request(struct gt_reading *r, const cJSON *json)
{
	completions_request(r, json);
	set_api_type(r, GT_STR("chat_completions"));
}

/* The same members stand in a whole response and in a chunk. */
static void take_completion(struct gt_reading *r, const cJSON *json)
{
	const cJSON *choice;
	int64_t place = 0, index;

	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	take_service_tier(r, GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, json, "service_tier");
	if (is_openai(r))
		gt_take_str(r, GT_ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT, json, "system_fingerprint");
	cJSON_ArrayForEach(choice, gt_json_at(json, "choices")) {
		index = place++;
		gt_json_int(choice, "index", &index);
		gt_take_finish(r, index, choice, "finish_reason");
		take_usage(r, gt_json_at(choice, "usage")); /* Moonshot */
		if (gt_json_has(choice, "error")) /* OpenRouter */
			gt_read_common_error(r, choice);
	}
	take_usage(r, gt_json_at(json, "x_groq.usage"));
	take_usage(r, gt_json_at(json, "usage"));
	/* an error can come with status 200, as a body and in the middle of a stream */
	if (gt_json_has(json, "error"))
		gt_read_common_error(r, json);
}

static void completion_event(struct gt_reading *r, const struct gt_document *d)
{
	if (!d->json) {
		if (gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]")))
			r->is_final = true;
		return;
	}
	take_completion(r, d->json);
}

/* A few providers end their streams without [DONE]: a reason for every choice is an end too. */
static void completion_finish(struct gt_reading *r)
{
	if (r->choices)
		r->is_final = true;
}

static bool chat_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_is_array(json, "messages") : call->request_body.len > 0;
}

static bool completions_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_has(json, "prompt") && gt_json_has(json, "model") : gt_request_has_text(call, "\"prompt\"");
}

const struct gt_provider gt_openai_chat = {
	.api = GT_API_OPENAI_CHAT,
	.operation = "chat",
	.claims = chat_claims,
	.request = chat_request,
	.response = take_completion,
	.event = completion_event,
	.finish = completion_finish,
};

const struct gt_provider gt_openai_completions = {
	.api = GT_API_OPENAI_COMPLETIONS,
	.operation = "text_completion",
	.claims = completions_claims,
	.request = completions_request,
	.response = take_completion,
	.event = completion_event,
	.finish = completion_finish,
};

/* ---------------------------------------------------------------- responses */

static const struct gt_take responses_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "max_output_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "top_p", GT_ATTR_REQUEST_TOP_P },
	{ "reasoning.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "previous_response_id", GT_ATTR_REQUEST_PREVIOUS_RESPONSE_ID },
	{ "conversation", GT_ATTR_CONVERSATION_ID },
	{ "conversation.id", GT_ATTR_CONVERSATION_ID },
};

static void responses_request(struct gt_reading *r, const cJSON *json)
{
	gt_take_all(r, json, responses_rows, GT_COUNT_OF(responses_rows));
	take_format(r, json, "text.format.type");
	take_service_tier(r, GT_ATTR_OPENAI_REQUEST_SERVICE_TIER, json, "service_tier");
	take_stream(r, json);
	set_api_type(r, GT_STR("responses"));
}

/* There is no finish_reason on this wire. What stands in its place by convention is derived from status and output. */
static void derive_finish(struct gt_reading *r, const cJSON *json)
{
	struct gt_str status, reason;
	const cJSON *item;

	if (!gt_json_str(json, "status", &status))
		return;
	if (gt_str_eq(status, GT_STR("incomplete")) && gt_json_str(json, "incomplete_details.reason", &reason)) {
		gt_set_finish(r, 0, gt_str_eq(reason, GT_STR("max_output_tokens")) ? GT_STR("length") : reason);
	} else if (gt_str_eq(status, GT_STR("completed"))) {
		gt_set_finish(r, 0, GT_STR("stop"));
		cJSON_ArrayForEach(item, gt_json_at(json, "output"))
			if (gt_json_str(item, "type", &reason) && (gt_str_eq(reason, GT_STR("function_call")) ||
								   gt_str_eq(reason, GT_STR("custom_tool_call"))))
				gt_set_finish(r, 0, GT_STR("tool_calls"));
	}
}

static void responses_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	take_service_tier(r, GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, json, "service_tier");
	gt_take_first_str(r, GT_ATTR_CONVERSATION_ID, json, "conversation.id");
	take_usage(r, gt_json_at(json, "usage"));
	derive_finish(r, json);
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

static void responses_event(struct gt_reading *r, const struct gt_document *d)
{
	static const struct gt_str ends[] = {
		{ "response.completed", 18 }, { "response.incomplete", 19 }, { "response.failed", 15 }, { "response.done", 13 },
	};
	struct gt_str type = d->event;

	if (!d->json) {
		if (gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]")))
			r->is_final = true;
		return;
	}
	gt_json_str(d->json, "type", &type);
	if (gt_str_eq(type, GT_STR("response.created")))
		responses_response(r, gt_json_at(d->json, "response"));
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++) {
		if (gt_str_eq(type, ends[i])) {
			responses_response(r, gt_json_at(d->json, "response"));
			r->is_final = true;
		}
	}
	/* OpenAI's event is flat, others nest it, and some leave out its type */
	if (gt_str_eq(type, GT_STR("error")) || gt_json_is_object(d->json, "error")) {
		gt_read_common_error(r, d->json);
		r->is_final = true;
	}
}

static bool responses_claims(const struct gt_call *call, const cJSON *json)
{
	if (!json)
		return gt_request_has_text(call, "\"input\"") && gt_request_has_text(call, "\"model\"");
	return gt_json_has(json, "input") || gt_json_is_object(json, "prompt");
}

const struct gt_provider gt_openai_responses = {
	.api = GT_API_OPENAI_RESPONSES,
	.operation = "chat",
	.claims = responses_claims,
	.request = responses_request,
	.response = responses_response,
	.event = responses_event,
};

/* ---------------------------------------------------------------- embeddings */

static const struct gt_take embeddings_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "dimensions", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
	{ "output_dimension", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT }, /* Voyage, Mistral */
	{ "encoding_format", GT_ATTR_REQUEST_ENCODING_FORMATS },
};

static void embeddings_request(struct gt_reading *r, const cJSON *json)
{
	gt_take_all(r, json, embeddings_rows, GT_COUNT_OF(embeddings_rows));
}

/* Of one vector: a list of numbers, or base64 of 32-bit floats. */
static int64_t dimensions_of(const cJSON *vector)
{
	if (cJSON_IsArray(vector))
		return cJSON_GetArraySize(vector);
	if (cJSON_IsString(vector) && vector->valuestring) {
		size_t n = strlen(vector->valuestring);

		while (n && vector->valuestring[n - 1] == '=')
			n--;
		return (int64_t)(n * 3 / 4 / 4);
	}
	return 0;
}

static void embeddings_response(struct gt_reading *r, const cJSON *json)
{
	int64_t n = dimensions_of(gt_json_at(json, "data.0.embedding"));

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	if (n > 0 && !gt_span_has(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT))
		gt_span_set_int(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, n);
	/* an embedding has no output tokens, whatever a reply says; some say only the total */
	gt_take_tokens(&r->usage.input, json, "usage.total_tokens");
	gt_take_tokens(&r->usage.input, json, "usage.prompt_tokens");
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

static bool embeddings_claims(const struct gt_call *call, const cJSON *json)
{
	if (!json)
		return gt_request_has_text(call, "\"input\"") && gt_request_has_text(call, "\"model\"");
	return gt_json_has(json, "input") && gt_json_has(json, "model");
}

const struct gt_provider gt_openai_embeddings = {
	.api = GT_API_OPENAI_EMBEDDINGS,
	.operation = "embeddings",
	.claims = embeddings_claims,
	.request = embeddings_request,
	.response = embeddings_response,
};
