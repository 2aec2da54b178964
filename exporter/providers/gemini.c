/*
 * Google's generateContent and embedContent, on the Gemini API and on hosts that copy it.
 *
 * The model is in the path. Field names are camelCase, but the service accepts snake_case too, so requests are read in
 * both. A stream is SSE (alt=sse) or one JSON array. Every part repeats the usage so far; the last usage counts.
 */
#include "exporter/providers/gemini_members.h"

#include "exporter/exchange/vectors.h"
#include "shim/shared/compiler.h"

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

static void generate_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str verb;

	gt_google_take_path(r, &verb);
	gt_gemini_take_config(r, json);
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
	gt_gemini_take_usage(r, gt_json_at(json, "usageMetadata"));
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
