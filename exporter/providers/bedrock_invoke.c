/*
 * Amazon Bedrock's invoke: an envelope around the format of the model's vendor. The body's shape and the model's id
 * decide which format it is. The id alone is not enough: it may be an inference profile or a resource name without a
 * vendor.
 *
 * In a stream each event holds one document of that format in base64. When the format has no token counts, Bedrock's
 * own are used: they are in the last document of a stream, and in header fields otherwise.
 */
#include "exporter/base/base64.h"
#include "exporter/providers/aws_error.h"
#include "exporter/providers/bedrock.h"

#include <stdlib.h>

#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- formats used only here */

/* Titan, Llama, Mistral, Command, Jurassic and imported models complete a prompt. Their member names do not collide. */
static const struct gt_take text_rows[] = { { "max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "max_gen_len", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "maxTokens", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "textGenerationConfig.maxTokenCount", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
					    { "textGenerationConfig.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					    { "top_p", GT_ATTR_REQUEST_TOP_P },
					    { "topP", GT_ATTR_REQUEST_TOP_P },
					    { "p", GT_ATTR_REQUEST_TOP_P },
					    { "textGenerationConfig.topP", GT_ATTR_REQUEST_TOP_P },
					    { "top_k", GT_ATTR_REQUEST_TOP_K },
					    { "k", GT_ATTR_REQUEST_TOP_K },
					    { "stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
					    { "stop_sequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					    { "stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					    { "textGenerationConfig.stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					    { NULL } };

static const struct gt_count text_usage[] = {
	{ "inputTextTokenCount", GT_TOKENS(input) },	    { "prompt_token_count", GT_TOKENS(input) },
	{ "totalOutputTextTokenCount", GT_TOKENS(output) }, { "generation_token_count", GT_TOKENS(output) },
	{ "results.0.tokenCount", GT_TOKENS(output) },	    { "usage.prompt_tokens", GT_TOKENS(input) },
	{ "usage.completion_tokens", GT_TOKENS(output) },   { NULL }
};

static void text_response(struct gt_reading *r, const cJSON *json)
{
	static const char *const lists[][2] = {
		{ "results", "completionReason" },  { "outputs", "stop_reason" },
		{ "generations", "finish_reason" }, { "completions", "finishReason.reason" },
		{ "choices", "stop_reason" },	    { "choices", "finish_reason" }, /* DeepSeek, imported models */
	};
	const cJSON *item;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_finish(r, 0, json, "stop_reason");
	gt_take_finish(r, 0, json, "completionReason");
	gt_take_finish(r, 0, json, "finish_reason");
	for (size_t i = 0; i < GT_COUNT_OF(lists); i++) {
		int64_t place = 0;

		cJSON_ArrayForEach (item, gt_json_at(json, lists[i][0]))
			gt_take_finish(r, place++, item, lists[i][1]);
	}
}

static const struct gt_provider text = {
	.operation = "text_completion",
	.request_rows = text_rows,
	.usage_rows = text_usage,
	.response = text_response,
	.content = &gt_content_prompt,
};

static const struct gt_take nova_rows[] = { { "inferenceConfig.max_new_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "inferenceConfig.maxTokens", GT_ATTR_REQUEST_MAX_TOKENS },
					    { "inferenceConfig.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					    { "inferenceConfig.top_p", GT_ATTR_REQUEST_TOP_P },
					    { "inferenceConfig.topP", GT_ATTR_REQUEST_TOP_P },
					    { "inferenceConfig.top_k", GT_ATTR_REQUEST_TOP_K },
					    { "inferenceConfig.topK", GT_ATTR_REQUEST_TOP_K },
					    { "inferenceConfig.stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
					    { NULL } };

static const struct gt_count nova_usage[] = { { "usage.inputTokens", GT_TOKENS(input) },
					      { "usage.outputTokens", GT_TOKENS(output) },
					      { "usage.cacheReadInputTokenCount", GT_TOKENS(cache_read) },
					      { "usage.cacheWriteInputTokenCount", GT_TOKENS(cache_write) },
					      { "metadata.usage.inputTokens", GT_TOKENS(input) },
					      { "metadata.usage.outputTokens", GT_TOKENS(output) },
					      { "metadata.usage.cacheReadInputTokenCount", GT_TOKENS(cache_read) },
					      { "metadata.usage.cacheWriteInputTokenCount", GT_TOKENS(cache_write) },
					      { NULL } };

/* A stream has the events of converse, each wrapped in its name. */
static void nova_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_finish(r, 0, json, "stopReason");
	gt_take_finish(r, 0, json, "messageStop.stopReason");
	gt_bedrock_take_usage(r, gt_json_at(json, "usage"));
	gt_bedrock_take_usage(r, gt_json_at(json, "metadata.usage"));
}

static void nova_finish(struct gt_reading *r)
{
	if (r->usage.input != GT_TOKENS_NONE)
		r->usage.input = gt_tokens_sum(r->usage.input, gt_tokens_sum(r->usage.cache_read, r->usage.cache_write));
}

static const struct gt_provider nova = {
	.operation = "chat",
	.request_rows = nova_rows,
	.usage_rows = nova_usage,
	.response = nova_response,
	.finish = nova_finish,
	.content = &gt_content_converse,
};

static const struct gt_take embed_rows[] = { { "dimensions", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					     { "output_dimension", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					     { "embeddingConfig.outputEmbeddingLength", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					     { "embeddingTypes", GT_ATTR_REQUEST_ENCODING_FORMATS },
					     { "embedding_types", GT_ATTR_REQUEST_ENCODING_FORMATS },
					     { NULL } };

static const struct gt_count embed_usage[] = { { "inputTextTokenCount", GT_TOKENS(input) }, { NULL } };

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	static const char *const vectors[] = { "embedding", "embeddings.0", "embeddings.float.0", "embeddings.0.embedding" };

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	for (size_t i = 0; i < GT_COUNT_OF(vectors); i++)
		gt_take_dimensions(r, json, vectors[i]);
}

static const struct gt_provider embed = {
	.operation = "embeddings",
	.has_vectors = true,
	.request_rows = embed_rows,
	.usage_rows = embed_usage,
	.response = embed_response,
};

/* ---------------------------------------------------------------- the envelope */

static bool model_has(const struct gt_reading *r, struct gt_str word)
{
	return gt_str_icontains(gt_span_get_str(r->span, GT_ATTR_REQUEST_MODEL), word);
}

static const struct gt_provider *shape_of(const struct gt_reading *r, const cJSON *json)
{
	if (gt_json_has(json, "anthropic_version") || model_has(r, GT_STR("anthropic.")))
		return gt_json_has(json, "prompt") ? &gt_anthropic_complete : &gt_anthropic_messages;
	if (model_has(r, GT_STR("embed")))
		return &embed;
	if (model_has(r, GT_STR("rerank")))
		return &gt_rerank;
	if (gt_json_has(json, "inferenceConfig") || model_has(r, GT_STR("amazon.nova")))
		return &nova;
	if (gt_json_is_array(json, "messages"))
		return &gt_openai_chat;
	return gt_json_has(json, "message") ? &gt_cohere_chat : &text;
}

static void request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str guardrail = gt_call_request_field(r->call, "x-amzn-bedrock-guardrailidentifier");
	struct gt_str model;

	gt_bedrock_take_model(r);
	r->shape = shape_of(r, json);
	gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, gt_str_of(r->shape->operation));
	gt_provider_request(r->shape, r, json);
	if (gt_json_str(json, "model", &model))
		gt_bedrock_take_model(r); /* the path decides which model runs */
	gt_set_tier(r, gt_call_request_field(r->call, "x-amzn-bedrock-service-tier"));
	gt_set_tier(r, gt_call_request_field(r->call, "x-amzn-bedrock-performanceconfig-latency"));
	if (guardrail.len)
		gt_span_set_str(r->span, GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID, guardrail);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	gt_provider_response(r->shape, r, json);
}

static void take_missing(int64_t *count, const cJSON *json, const char *path)
{
	if (*count == GT_TOKENS_NONE)
		gt_take_tokens(count, json, path);
}

/* Reads one document of the inner format. Bedrock adds its own counts to the last document. */
static void inner(struct gt_reading *r, struct gt_str text)
{
	cJSON *json = gt_json_parse(text);
	const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(json, "amazon-bedrock-invocationMetrics");
	const struct gt_document d = { .event = GT_STR(""), .text = text, .json = json };

	gt_provider_event(r->shape, r, &d);
	if (metrics) {
		take_missing(&r->usage.input, metrics, "inputTokenCount");
		take_missing(&r->usage.output, metrics, "outputTokenCount");
		take_missing(&r->usage.cache_read, metrics, "cacheReadInputTokenCount");
		take_missing(&r->usage.cache_write, metrics, "cacheWriteInputTokenCount");
		r->is_final = true;
	}
	cJSON_Delete(json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_str coded;
	char *plain;
	long n;

	if (gt_aws_read_exception(r, d->event, d->json, d->text) || !gt_json_str(d->json, "bytes", &coded))
		return;
	plain = malloc(coded.len * 3 / 4 + 1);
	if (!plain)
		return;
	n = gt_base64_decode(coded, plain);
	if (n > 0)
		inner(r, gt_str_make(plain, (size_t)n));
	free(plain);
}

static void finish(struct gt_reading *r)
{
	gt_take_tokens_field(r, &r->usage.input, "x-amzn-bedrock-input-token-count");
	if (r->shape != &embed && r->shape != &gt_rerank)
		gt_take_tokens_field(r, &r->usage.output, "x-amzn-bedrock-output-token-count");
	gt_take_tokens_field(r, &r->usage.cache_read, "x-amzn-bedrock-cache-read-input-token-count");
	gt_take_tokens_field(r, &r->usage.cache_write, "x-amzn-bedrock-cache-write-input-token-count");
	if (r->shape && r->shape->finish)
		r->shape->finish(r);
	if (r->call->response.status >= 400)
		gt_aws_read_error(r, NULL);
}

/* A model accepts any object, but on an unknown host the body must look like a prompt. */
static bool claims(const struct gt_call *call, const cJSON *json)
{
	static const char *const members[] = { "anthropic_version", "messages", "prompt",	  "inputText",
					       "message",	    "texts",	"inferenceConfig" };

	(void)call;
	for (size_t i = 0; i < GT_COUNT_OF(members); i++)
		if (gt_json_has(json, members[i]))
			return true;
	return false;
}

const struct gt_provider gt_bedrock_invoke = {
	.api = GT_API_BEDROCK_INVOKE,
	.operation = "text_completion",
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.error = gt_aws_read_error,
	.finish = finish,
};
