/*
 * Replicate's predictions: created by a POST, which may wait for the result, and polled by GETs. The result has the
 * counts.
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

static const struct gt_take request_rows[] = { { "version", GT_ATTR_REQUEST_MODEL },
					       { "model", GT_ATTR_REQUEST_MODEL },
					       { "input.max_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "input.max_new_tokens", GT_ATTR_REQUEST_MAX_TOKENS },
					       { "input.temperature", GT_ATTR_REQUEST_TEMPERATURE },
					       { "input.top_p", GT_ATTR_REQUEST_TOP_P },
					       { "input.top_k", GT_ATTR_REQUEST_TOP_K },
					       { "input.seed", GT_ATTR_REQUEST_SEED },
					       { NULL } };

static const struct gt_take response_rows[] = { { "id", GT_ATTR_RESPONSE_ID }, { "model", GT_ATTR_RESPONSE_MODEL }, { NULL } };

static const struct gt_count usage_rows[] = { { "metrics.input_token_count", GT_TOKENS(input) },
					      { "metrics.output_token_count", GT_TOKENS(output) },
					      { NULL } };

/* ".../models/{owner}/{name}/predictions" */
static void request(struct gt_reading *r, const cJSON *json)
{
	static const struct gt_str places[] = { { "/models/", 8 }, { "/deployments/", 13 } }, end = { "/predictions", 12 };
	struct gt_str path = gt_target_path(r->call->request.target);

	(void)json;
	for (size_t i = 0; i < GT_COUNT_OF(places); i++) {
		const char *at = memmem(path.p, path.len, places[i].p, places[i].len);
		struct gt_str name;

		if (!at || !gt_str_ends(path, end))
			continue;
		name = gt_str_skip(path, (size_t)(at - path.p) + places[i].len);
		if (name.len > end.len)
			gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_str_make(name.p, name.len - end.len));
	}
}

static bool is_poll(const struct gt_reading *r)
{
	return gt_str_eq(r->call->request.method, GT_STR("GET"));
}

/* A failed prediction is an error of the POST that waited for it. A GET that fetches it has no error. */
static void response(struct gt_reading *r, const cJSON *json)
{
	static const struct gt_str ends[] = { { "succeeded", 9 }, { "failed", 6 }, { "canceled", 8 }, { "aborted", 7 } };
	struct gt_str status = GT_STR(""), message = GT_STR("");

	gt_json_str(json, "status", &status);
	gt_json_str(json, "error", &message);
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		r->is_final |= gt_str_eq(status, ends[i]);
	if (gt_str_eq(status, GT_STR("failed")) && !is_poll(r))
		gt_set_reply_error(r, status, message);
}

/* The first exchange that shows a prediction is the completion; later exchanges fetch it. Its tokens count on the first
 * that shows its end. */
static void finish(struct gt_reading *r)
{
	bool counts = r->is_final && gt_has_usage(r);
	enum gt_ledger_state before = gt_note_operation(r, "prediction", gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID), counts);

	if (!is_poll(r))
		return;
	if (before == GT_LEDGER_COUNTED || !counts)
		gt_drop_usage(r);
	if (before == GT_LEDGER_NEW)
		return;
	gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("fetch_prediction"));
	gt_span_set_name(r->span, GT_STR("fetch_prediction"), GT_STR(""));
}

const struct gt_provider gt_replicate = {
	.api = GT_API_REPLICATE,
	.operation = "text_completion",
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = usage_rows,
	.request = request,
	.response = response,
	.finish = finish,
	.content = &gt_content_prompt,
};
