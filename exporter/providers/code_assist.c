/*
 * Gemini Code Assist, which Google's command-line agents use: generateContent with an envelope around request and reply.
 * The model is in the body. Its users have subscriptions or quotas, so its calls have no price.
 *
 * Source: the gemini-cli repository, packages/core/src/code_assist.
 */
#include "exporter/providers/provider.h"

static const struct gt_provider *shape_of(struct gt_str path)
{
	return gt_str_ends(path, GT_STR("countTokens")) ? &gt_gemini_count : &gt_gemini_generate;
}

static void request(struct gt_reading *r, const cJSON *json)
{
	struct gt_str model;

	gt_shape_set(r, shape_of(gt_target_path(r->call->request.target)));
	gt_provider_request(r->shape, r, gt_json_at(json, "request"));
	if (gt_json_str(json, "model", &model) || gt_json_str(json, "request.model", &model)) {
		if (gt_str_starts(model, GT_STR("models/")))
			model = gt_str_skip(model, 7);
		gt_span_set_str(r->span, GT_ATTR_REQUEST_MODEL, model);
	}
}

/* Without alt=sse a stream is one JSON array. */
static void response(struct gt_reading *r, const cJSON *json)
{
	const cJSON *item;

	if (cJSON_IsArray(json)) {
		cJSON_ArrayForEach (item, json)
			response(r, item);
		return;
	}
	gt_provider_response(r->shape, r, gt_json_at(json, "response"));
	if (gt_json_is_object(json, "error"))
		gt_read_common_error(r, json);
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	struct gt_document inner = { .event = d->event, .text = d->text, .json = gt_json_at(d->json, "response") };

	gt_provider_event(r->shape, r, &inner);
	if (gt_json_is_object(d->json, "error"))
		gt_read_common_error(r, d->json);
}

static bool claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_is_array(json, "request.contents");
}

const struct gt_provider gt_code_assist = {
	.api = GT_API_CODE_ASSIST,
	.operation = "generate_content",
	.claims = claims,
	.request = request,
	.response = response,
	.event = event,
	.finish = gt_shape_finish,
};
