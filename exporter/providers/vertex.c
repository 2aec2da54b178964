/*
 * Vertex AI's APIs besides Gemini: predict (embeddings and images), and rawPredict, an envelope around the format of
 * the publisher that made the model. The provider's name stays gcp.vertex_ai.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- predict */

static const struct gt_take predict_rows[] = { { "parameters.outputDimensionality", GT_ATTR_EMBEDDINGS_DIMENSION_COUNT },
					       { "parameters.maxOutputTokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "parameters.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "parameters.seed", GT_ATTR_REQUEST_SEED },
					       { NULL } };

static void predict_request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str verb;
	int64_t n;

	gt_google_take_path(r, &verb);
	if (gt_json_has(json, "instances.0.content")) {
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("embeddings"));
	} else if (gt_json_has(json, "instances.0.prompt")) {
		gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("image_generation"));
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("image"));
	}
	if (gt_json_int(json, "parameters.sampleCount", &n) && n != 1)
		gt_span_set_int(r->span, GT_ATTR_REQUEST_CHOICE_COUNT, n);
}

static void predict_response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *prediction;
	int64_t n;

	cJSON_ArrayForEach (prediction, gt_json_at(json, "predictions"))
		if (gt_json_int(prediction, "embeddings.statistics.token_count", &n) && n >= 0)
			r->usage.input = gt_tokens_sum(r->usage.input, n);
	gt_take_dimensions(r, json, "predictions.0.embeddings.values");
}

const struct gt_provider gt_vertex_predict = {
	.api = GT_API_VERTEX_PREDICT,
	.operation = "predict",
	.has_vectors = true,
	.request_rows = predict_rows,
	.request = predict_request,
	.response = predict_response,
};

/* ---------------------------------------------------------------- rawPredict, streamRawPredict */

static void raw_request(struct gt_reading *r, const cJSON *json)
{
	bool is_anthropic = gt_str_eq(gt_call_path_segment(r->call, "/publishers/"), GT_STR("anthropic")) ||
			    gt_json_has(json, "anthropic_version");
	struct gt_str verb, model;

	gt_google_take_path(r, &verb);
	model = gt_span_get_str(r->span, GT_ATTR_REQUEST_MODEL);
	if (gt_str_starts(model, GT_STR("count-tokens"))) { /* a method in place of a model */
		gt_shape_set(r, &gt_anthropic_count);
	} else {
		gt_shape_set(r, is_anthropic ? &gt_anthropic_messages : &gt_openai_chat);
		if (gt_str_starts(verb, GT_STR("stream")))
			gt_set_stream(r);
	}
	gt_provider_request(r->shape, r, json);
}

const struct gt_provider gt_vertex_raw = {
	.api = GT_API_VERTEX_RAW,
	.operation = "chat",
	.request = raw_request,
	.response = gt_shape_response,
	.event = gt_shape_event,
	.finish = gt_shape_finish,
};
