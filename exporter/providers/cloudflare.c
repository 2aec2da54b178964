/*
 * Cloudflare Workers AI. The model is in the path, with its slashes, and the reply is in an envelope. The members of
 * the request decide the operation.
 */
#include "exporter/providers/openai_members.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "top_p", GT_ATTR_REQUEST_TOP_P },
					       { "top_k", GT_ATTR_REQUEST_TOP_K },
					       { "seed", GT_ATTR_REQUEST_SEED },
					       { "frequency_penalty", GT_ATTR_REQUEST_FREQUENCY_PENALTY },
					       { "presence_penalty", GT_ATTR_REQUEST_PRESENCE_PENALTY },
					       { NULL } };

static void request(struct gt_reading *r, const cJSON *json)
{
	static const struct gt_str places[] = { { "/ai/run/", 8 }, { "/workers-ai/", 12 } };
	struct gt_str path = gt_target_path(r->call->request.target), operation = GT_STR("text_completion");

	for (size_t i = 0; i < GT_COUNT_OF(places); i++) {
		const char *at = memmem(path.p, path.len, places[i].p, places[i].len);

		if (at)
			gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_str_skip(path, (size_t)(at - path.p) + places[i].len));
	}
	if (gt_json_is_array(json, "messages"))
		operation = GT_STR("chat");
	else if (gt_json_has(json, "text"))
		operation = GT_STR("embeddings");
	else if (!gt_json_has(json, "prompt"))
		operation = GT_STR("run_model"); /* images or audio: the conventions have no operation for them */
	gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, operation);
	gt_openai_take_stream(r, json);
}

static void response(struct gt_reading *r, const cJSON *json)
{
	gt_openai_take_usage(r, gt_json_at(json, "usage")); /* in a stream */
	gt_openai_take_usage(r, gt_json_at(json, "result.usage"));
	if (gt_str_eq(gt_span_get_str(r->span, GT_ATTR_OPERATION_NAME), GT_STR("embeddings"))) {
		gt_take_dimensions(r, json, "result.data.0");
		r->usage.output = GT_TOKENS_NONE;
	}
}

static void event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json)
		response(r, d->json);
	else
		r->is_final |= gt_str_eq(gt_str_trim(d->text), GT_STR("[DONE]"));
}

const struct gt_provider gt_cloudflare_run = {
	.api = GT_API_CLOUDFLARE_RUN,
	.operation = "run_model",
	.request_rows = request_rows,
	.request = request,
	.response = response,
	.event = event,
	.content = &gt_content_cloudflare,
};
