/*
 * Text Generation Inference's native API, as Hugging Face and SageMaker endpoints serve it. A reply is an object, or a
 * list with one object. Token counts are in its details when the request asked for details, and in header fields.
 */
#include "exporter/providers/aws_error.h"
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "model", GT_ATTR_REQUEST_MODEL },
					       { "parameters.max_new_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "parameters.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "parameters.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "parameters.top_k", GT_ATTR_REQUEST_TOP_K },
					       { "parameters.seed", GT_ATTR_REQUEST_SEED },
					       { "parameters.stop", GT_ATTR_REQUEST_STOP_SEQUENCES },
					       { "parameters.frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
					       { NULL } };

/* ".../models/{owner}/{name}"; the router may append "/pipeline/..." */
static void take_model(struct gt_reading *r)
{
	static const struct gt_str before = { "/models/", 8 };
	struct gt_str path = gt_target_path(r->call->request.target);
	const char *at = memmem(path.p, path.len, before.p, before.len);
	const char *end;

	if (!at)
		return;
	path = gt_str_skip(path, (size_t)(at - path.p) + before.len);
	end = memmem(path.p, path.len, "/pipeline/", 10);
	if (end)
		path.len = (size_t)(end - path.p);
	gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, path);
}

static void request(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;

	take_model(r);
	if ((gt_json_bool(json, "stream", &stream) && stream) ||
	    gt_str_ends(gt_target_path(r->call->request.target), GT_STR("/generate_stream")))
		gt_set_stream(r);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	if (cJSON_IsArray(json))
		json = cJSON_GetArrayItem(json, 0);
	gt_take_finish(r, 0, json, "details.finish_reason");
	gt_take_tokens(&r->usage.input, json, "details.input_length");
	gt_take_tokens(&r->usage.output, json, "details.generated_tokens");
	if (gt_has_error(json))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	response(r, d->json);
	if (gt_json_has(d->json, "generated_text")) /* with the last token only */
		r->is_final = true;
}

static void finish(struct gt_reading *r)
{
	gt_take_tokens_field(r, &r->usage.input, "x-prompt-tokens");
	gt_take_tokens_field(r, &r->usage.output, "x-generated-tokens");
}

/* The same hosts serve classifiers, whose requests have inputs too. */
static bool claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return cJSON_IsString(gt_json_at(json, "inputs")) && !gt_json_has(json, "parameters.candidate_labels");
}

static const struct gt_provider tgi = {
	.api = GT_API_TGI_GENERATE,
	.operation = "text_completion",
	.request_rows = request_rows,
	.request = request,
	.response = response,
	.event = event,
	.finish = finish,
	.content = &gt_content_prompt,
};

/* ---------------------------------------------------------------- the path that both servers have */

static bool is_sglang(const cJSON *json)
{
	return gt_json_is_object(json, "sampling_params") && (gt_json_has(json, "text") || gt_json_has(json, "input_ids"));
}

static bool generate_claims(const struct gt_call *call, const cJSON *json)
{
	return claims(call, json) || is_sglang(json);
}

static void generate_request(struct gt_reading *r, const cJSON *json)
{
	gt_shape_set(r, is_sglang(json) ? &gt_sglang_generate : &tgi);
	if (r->shape != &tgi && !r->call->begin.is_certain) { /* match.c names the other server */
		r->call->provider = GT_STR("sglang");
		gt_span_set_str(r->span, GT_ATTR_PROVIDER_NAME, r->call->provider);
	}
	gt_provider_request(r->shape, r, json);
}

const struct gt_provider gt_tgi_generate = {
	.api = GT_API_TGI_GENERATE,
	.operation = "text_completion",
	.claims = generate_claims,
	.request = generate_request,
	.response = gt_shape_response,
	.event = gt_shape_event,
	.finish = gt_shape_finish,
};

/* ---------------------------------------------------------------- embeddings */

static void embed_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	take_model(r);
}

static void embed_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_dimensions(r, json, "0");
	gt_take_dimensions(r, json, "0.0");
}

static bool embed_claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_has(json, "inputs");
}

const struct gt_provider gt_tgi_embed = {
	.api = GT_API_TGI_EMBED,
	.operation = "embeddings",
	.has_vectors = true,
	.claims = embed_claims,
	.request = embed_request,
	.response = embed_response,
};

/* ---------------------------------------------------------------- SageMaker endpoints */

static bool sagemaker_claims(const struct gt_call *call, const cJSON *json)
{
	return claims(call, json) || gt_json_is_array(json, "messages");
}

static void sagemaker_request(struct gt_reading *r, const cJSON *json)
{
	gt_shape_set(r, gt_json_is_array(json, "messages") ? &gt_openai_chat : &tgi);
	gt_provider_request(r->shape, r, json);
	gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_call_path_segment(r->call, "/endpoints/"));
	if (gt_str_ends(gt_target_path(r->call->request.target), GT_STR("-stream")))
		gt_set_stream(r);
}

/* SageMaker cuts payloads at any byte, so they are not whole documents: only errors are read. */
static void sagemaker_event(struct gt_reading *r, const struct gt_document *d)
{
	gt_aws_read_exception(r, d->event, d->json, d->text);
}

static void sagemaker_finish(struct gt_reading *r)
{
	gt_shape_finish(r);
	if (r->call->response.status >= 400)
		gt_aws_read_error(r, NULL);
}

const struct gt_provider gt_sagemaker = {
	.api = GT_API_SAGEMAKER,
	.operation = "text_completion",
	.claims = sagemaker_claims,
	.request = sagemaker_request,
	.response = gt_shape_response,
	.event = sagemaker_event,
	.error = gt_aws_read_error,
	.finish = sagemaker_finish,
};
