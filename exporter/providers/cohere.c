/*
 * Cohere's own APIs, both generations: chat, generate, embed.
 *
 * The first generation streams newline-delimited JSON, whose last object wraps the whole response. The second streams
 * events. Usage comes twice. The tokens, which include everything that went into the model, are the usage. The billed
 * units, which leave out what Cohere adds itself, are the bill.
 */
#include "exporter/providers/provider.h"
#include "exporter/providers/usage_members.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "p", GT_ATTR_REQUEST_TOP_P },
					       { "k", GT_ATTR_REQUEST_TOP_K },
					       { "stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "seed", GT_ATTR_REQUEST_SEED },
					       { "frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
					       { "presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
					       { "conversation_id", GT_ATTR_CONVERSATION_ID },
					       { "reasoning_effort", GT_ATTR_REQUEST_REASONING_LEVEL },
					       { NULL } };

static void chat_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str format;
	bool stream = false;
	int64_t n;

	if (gt_json_str(json, "response_format.type", &format))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE,
				gt_str_starts(format, GT_STR("json")) ? GT_STR("json") : GT_STR("text"));
	if (gt_json_int(json, "num_generations", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}

static const struct gt_take usage_rows[] = {
	{ "tokens.input_tokens", GT_ATTR_COHERE_TOKENS_INPUT },
	{ "tokens.output_tokens", GT_ATTR_COHERE_TOKENS_OUTPUT },
	{ "billed_units.input_tokens", GT_ATTR_COHERE_BILLED_INPUT },
	{ "billed_units.output_tokens", GT_ATTR_COHERE_BILLED_OUTPUT },
};

static const struct gt_count counts[] = {
	{ "billed_units.input_tokens", GT_TOKENS(input) }, { "billed_units.output_tokens", GT_TOKENS(output) },
	{ "tokens.input_tokens", GT_TOKENS(input) },	   { "tokens.output_tokens", GT_TOKENS(output) },
	{ "cached_tokens", GT_TOKENS(cache_read) },	   { "tokens.reasoning_tokens", GT_TOKENS(reasoning) },
};

/* Tokens without units are not what Cohere bills. Searches, labels and pictures are charged apart. */
static void take_bill(struct gt_reading *r, const cJSON *usage)
{
	static const char *const fees[] = { "billed_units.search_units", "billed_units.classifications", "billed_units.images",
					    "billed_units.image_tokens" };
	int64_t input = GT_TOKENS_NONE, output = GT_TOKENS_NONE, n;
	struct gt_bill_item *item;

	for (size_t i = 0; i < GT_COUNT_OF(fees); i++)
		r->has_fees |= gt_json_int(usage, fees[i], &n) && n > 0;
	gt_take_tokens(&input, usage, "billed_units.input_tokens");
	gt_take_tokens(&output, usage, "billed_units.output_tokens");
	if (input == GT_TOKENS_NONE) {
		r->has_fees |= gt_json_has(usage, "tokens.input_tokens");
		return;
	}
	r->n_bill = 0;
	item = gt_bill_add(r, GT_STR(""));
	if (!item)
		return;
	item->usage.input = input;
	item->usage.output = output;
}

/* `usage` is "usage" in the second generation and "meta" in the first. */
static void take_usage(struct gt_reading *r, const cJSON *usage)
{
	static const char *const others[] = { "tokens.image_tokens", "billed_units.image_tokens" };

	for (size_t i = 0; i < GT_COUNT_OF(counts); i++)
		gt_take_tokens((int64_t *)((char *)&r->usage + counts[i].field), usage, counts[i].path);
	gt_take_all(r, usage, usage_rows, GT_COUNT_OF(usage_rows));
	r->has_unknown_tokens |= gt_usage_has_unknown(usage, counts, GT_COUNT_OF(counts), others, GT_COUNT_OF(others));
	take_bill(r, usage);
}

/* A stream that fails ends like any other, with a text, a finish reason, or both. */
static void take_failure(struct gt_reading *r, const cJSON *json)
{
	struct gt_str reason = GT_STR(""), text = GT_STR("");

	gt_json_str(json, "finish_reason", &reason);
	if (gt_json_str(json, "error", &text) || gt_str_eq(reason, GT_STR("ERROR")))
		gt_set_reply_error(r, gt_str_eq(reason, GT_STR("TIMEOUT")) ? GT_STR("timeout") : GT_STR(""), text);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *generation;
	int64_t place = 0;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "response_id");
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "generation_id"); /* the id that starts a stream */
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_finish(r, 0, json, "finish_reason");
	cJSON_ArrayForEach (generation, gt_json_at(json, "generations"))
		gt_take_finish(r, place++, generation, "finish_reason");
	take_usage(r, gt_json_at(json, "meta"));
	take_usage(r, gt_json_at(json, "usage"));
	take_failure(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str type = d->event;

	if (!d->json) {
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
		return;
	}
	gt_json_str(d->json, "type", &type);
	gt_json_str(d->json, "event_type", &type); /* the first generation */
	if (gt_str_eq(type, GT_STR("message-start"))) {
		gt_take_str(r, GT_ATTR_RESPONSE_ID, d->json, "id");
	} else if (gt_str_eq(type, GT_STR("message-end"))) {
		response(r, gt_json_at(d->json, "delta"));
		r->is_final = true;
	} else if (gt_str_eq(type, GT_STR("stream-start"))) {
		gt_take_str(r, GT_ATTR_RESPONSE_ID, d->json, "generation_id");
	} else if (gt_str_eq(type, GT_STR("stream-end"))) {
		response(r, gt_json_at(d->json, "response"));
		gt_take_finish(r, 0, d->json, "finish_reason");
		take_failure(r, d->json);
		r->is_final = true;
	}
}

/* An error has an id too. */
static void error(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_read_common_error(r, json);
}

static const char *const chat_members[] = { "message", "text", "type", "event_type", NULL };

const struct gt_provider gt_cohere_chat = {
	.api = GT_API_COHERE_CHAT,
	.operation = "chat",
	.members = chat_members,
	.request_rows = request_rows,
	.request = chat_request,
	.response = response,
	.event = event,
	.error = error,
	.content = &gt_content_cohere,
};

const struct gt_provider gt_cohere_generate = {
	.api = GT_API_COHERE_GENERATE,
	.operation = "text_completion",
	.request_rows = request_rows,
	.request = chat_request,
	.response = response,
	.event = event,
	.error = error,
	.content = &gt_content_prompt,
};

/* ---------------------------------------------------------------- embeddings */

static const struct gt_take embed_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					     { "output_dimension", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					     { "embedding_types", GT_ATTR_REQUEST_ENCODING_FORMATS },
					     { NULL } };

static const struct gt_count embed_usage[] = { { "meta.billed_units.input_tokens", GT_TOKENS(input) },
					       { "meta.billed_units.image_tokens", GT_TOKENS(image_input) },
					       { NULL } };

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_dimensions(r, json, "embeddings.0");
	gt_take_dimensions(r, json, "embeddings.float.0");
	gt_take_dimensions(r, json, "embeddings.int8.0");
	gt_take_dimensions(r, json, "embeddings.uint8.0");
	gt_take_dimensions(r, json, "embeddings.base64.0");
	take_bill(r, gt_json_at(json, "meta"));
	/* image tokens are counted separately */
	if (r->usage.image_input > 0)
		r->usage.input = gt_tokens_sum(r->usage.input, r->usage.image_input);
	else
		r->usage.image_input = GT_TOKENS_NONE;
}

static const char *const embed_members[] = { "embeddings", NULL };

const struct gt_provider gt_cohere_embed = {
	.api = GT_API_COHERE_EMBED,
	.operation = "embeddings",
	.members = embed_members,
	.has_vectors = true,
	.request_rows = embed_rows,
	.usage_rows = embed_usage,
	.response = embed_response,
	.error = error,
};
