/*
 * Chat completions, completions and embeddings, from OpenAI and from all APIs that copy its formats.
 *
 * Sources: the type definitions of the official SDK, and the deviations of the other providers, which only add fields.
 */
#include "exporter/providers/openai_members.h"

#include "exporter/cost/reply_cost.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- chat completions, completions */

static const struct gt_take request_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "model_id", GT_ATTR_REQUEST_MODEL }, /* watsonx */
	{ "agent_id", GT_ATTR_AGENT_ID },      /* Mistral */
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
	{ "reasoning.effort", GT_ATTR_REQUEST_REASONING_LEVEL }, /* OpenRouter, Snowflake */
	{ "reasoning_effort", GT_ATTR_REQUEST_REASONING_LEVEL },
};

static void completions_request(struct gt_reading *r, const cJSON *json)
{
	const cJSON *modality;
	int64_t n;

	gt_take_all(r, json, request_rows, GT_COUNT_OF(request_rows));
	if (gt_json_int(json, "n", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	gt_openai_take_deployment(r);
	gt_openai_take_format(r, json, "response_format.type");
	cJSON_ArrayForEach (modality, gt_json_at(json, "modalities"))
		if (cJSON_IsString(modality) && !strcmp(modality->valuestring, "audio"))
			gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("speech"));
	gt_openai_take_tier(r, GT_ATTR_OPENAI_REQUEST_SERVICE_TIER, json, "service_tier");
	gt_openai_take_stream(r, json);
	gt_json_bool(json, "stream_options.include_usage", &r->has_asked_usage);
}

static void chat_request(struct gt_reading *r, const cJSON *json)
{
	completions_request(r, json);
	gt_openai_set_api_type(r, GT_STR("chat_completions"));
}

/* What is charged besides tokens: Groq's compound systems run tools and several models. */
static bool has_fees(const cJSON *json)
{
	const cJSON *choice;

	cJSON_ArrayForEach (choice, gt_json_at(json, "choices"))
		if (gt_json_has(choice, "message.executed_tools.0") || gt_json_has(choice, "delta.executed_tools.0"))
			return true;
	return gt_json_has(json, "usage_breakdown.models.0");
}

/* A whole response and a chunk have the same members. */
static void take_completion(struct gt_reading *r, const cJSON *json)
{
	const cJSON *choice;
	int64_t place = 0, index;
	struct gt_str object;

	gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	if (gt_str_eq(r->call->provider, GT_STR("x_ai")))
		gt_take_first_str(r, GT_ATTR_RESPONSE_ID, json, "request_id"); /* of a deferred completion */
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_take_first_str(r, GT_ATTR_RESPONSE_MODEL, json, "model_id"); /* watsonx */
	gt_openai_take_tier(r, GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER, json, "service_tier");
	if (gt_openai_is(r))
		gt_take_str(r, GT_ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT, json, "system_fingerprint");
	cJSON_ArrayForEach (choice, gt_json_at(json, "choices")) {
		index = place++;
		gt_json_int(choice, "index", &index);
		gt_see_choice(r, index);
		gt_take_finish(r, index, choice,
			       cJSON_HasObjectItem(choice, "finish_reason") ? "finish_reason" : "stop_reason");
		gt_openai_take_usage(r, gt_json_at(choice, "usage")); /* Moonshot */
		if (gt_has_error(choice))			      /* OpenRouter */
			gt_read_common_error(r, choice);
	}
	gt_openai_take_usage(r, gt_json_at(json, "x_groq.usage"));
	gt_openai_take_usage(r, gt_json_at(json, "usage"));
	r->has_fees |= has_fees(json);
	if (gt_has_error(gt_json_at(json, "x_groq"))) /* why Groq ended the stream */
		gt_read_common_error(r, gt_json_at(json, "x_groq"));
	/* an error can come with status 200, as a body or in the middle of a stream */
	if (gt_has_error(json) || gt_json_has(json, "errors.0.code") ||			  /* watsonx */
	    (gt_json_str(json, "object", &object) && gt_str_eq(object, GT_STR("error")))) /* older vLLM */
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

/* A few providers end their streams without [DONE]: finish reasons are an end too. */
static void completion_finish(struct gt_reading *r)
{
	if (gt_choices_are_over(r))
		r->is_final = true;
	/* gentap does not count tokens itself; without counts it can only report why they are missing */
	if (r->is_stream && r->is_final && !r->has_error && r->call->response.status < 400 &&
	    r->usage.input == GT_TOKENS_NONE && r->usage.output == GT_TOKENS_NONE)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_USAGE_ABSENT,
				r->has_asked_usage ? GT_STR("not_sent") : GT_STR("not_requested"));
}

static bool chat_claims(const struct gt_call *call, const cJSON *json)
{
	if (!json)
		return call->request_body.len > 0;
	return gt_json_is_array(json, "messages") && (gt_json_has(json, "model") || gt_json_has(json, "messages.0.role"));
}

static bool completions_claims(const struct gt_call *call, const cJSON *json)
{
	return json ? gt_json_has(json, "prompt") && gt_json_has(json, "model") : gt_request_has_text(call, "\"prompt\"");
}

/* value: streams of Writer; request_id: an answer that xAI defers */
static const char *const completion_members[] = { "choices", "value", "request_id", NULL };

const struct gt_provider gt_openai_chat = {
	.api = GT_API_OPENAI_CHAT,
	.operation = "chat",
	.members = completion_members,
	.claims = chat_claims,
	.request = chat_request,
	.response = take_completion,
	.event = completion_event,
	.finish = completion_finish,
	.content = &gt_content_openai_chat,
};

const struct gt_provider gt_openai_completions = {
	.api = GT_API_OPENAI_COMPLETIONS,
	.operation = "text_completion",
	.members = completion_members,
	.claims = completions_claims,
	.request = completions_request,
	.response = take_completion,
	.event = completion_event,
	.finish = completion_finish,
	.content = &gt_content_prompt,
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
	struct gt_str kind;

	/* Voyage and Mistral; Jina */
	if (gt_json_str(json, "output_dtype", &kind) || gt_json_str(json, "embedding_type", &kind))
		r->is_packed = !gt_str_eq(kind, GT_STR("float"));
	/* Perplexity sends bytes, or bits on request */
	if (gt_str_eq(r->call->provider, GT_STR("perplexity")))
		r->vector_bits =
			gt_json_str(json, "encoding_format", &kind) && gt_str_eq(kind, GT_STR("base64_binary")) ? 1 : 8;
	gt_take_all(r, json, embeddings_rows, GT_COUNT_OF(embeddings_rows));
	gt_openai_take_deployment(r);
}

static void embeddings_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	gt_take_dimensions(r, json, "data.0.embedding");
	gt_take_dimensions(r, json, "data.0.data.0.embedding"); /* of chunks of a document */
	/* an embedding has no output tokens, whatever the reply says; some replies have only the total */
	gt_take_tokens(&r->usage.input, json, "usage.total_tokens");
	gt_take_tokens(&r->usage.input, json, "usage.prompt_tokens");
	gt_cost_take(r, &r->usage.cost, gt_json_at(json, "usage"));
	gt_openai_note_unknown(r, gt_json_at(json, "usage"));
	if (gt_has_error(json))
		gt_read_common_error(r, json);
}

static bool embeddings_claims(const struct gt_call *call, const cJSON *json)
{
	if (!json)
		return gt_request_has_text(call, "\"input\"") && gt_request_has_text(call, "\"model\"");
	return gt_json_has(json, "input") && gt_json_has(json, "model");
}

static const char *const embeddings_members[] = { "data", NULL };

const struct gt_provider gt_openai_embeddings = {
	.api = GT_API_OPENAI_EMBEDDINGS,
	.operation = "embeddings",
	.members = embeddings_members,
	.has_vectors = true,
	.claims = embeddings_claims,
	.request = embeddings_request,
	.response = embeddings_response,
};
