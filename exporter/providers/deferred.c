/*
 * Chat completions that are answered later: Perplexity's asynchronous API and xAI's deferred completions. One exchange
 * starts the completion, others fetch it; its tokens count once (ledger.h).
 */
#include "exporter/providers/provider.h"

#include "shim/shared/compiler.h"

#define KIND "deferred"

/* A fetch of what the provider keeps (conventions, fetch_response): its name has no model. */
static void set_fetch(struct gt_reading *r)
{
	gt_span_set_str(r->span, GT_ATTR_OPERATION_NAME, GT_STR("fetch_response"));
	gt_span_set_name(r->span, GT_STR("fetch_response"), GT_STR(""));
}

static bool is_get(const struct gt_reading *r)
{
	return gt_str_eq(r->call->request.method, GT_STR("GET"));
}

/* ---------------------------------------------------------------- Perplexity */

static void perplexity_request(struct gt_reading *r, const cJSON *json)
{
	r->shape = &gt_openai_chat;
	if (is_get(r)) {
		set_fetch(r);
		gt_set_decoded(r, GT_ATTR_RESPONSE_ID, gt_call_path_segment(r->call, "/completions/"));
		gt_set_decoded(r, GT_ATTR_RESPONSE_ID, gt_call_path_segment(r->call, "/async/sonar/"));
	} else {
		gt_provider_request(r->shape, r, gt_json_at(json, "request"));
	}
}

static struct gt_str status_word(struct gt_str status)
{
	static const struct {
		struct gt_str wire, word;
	} rows[] = {
		{ { "CREATED", 7 }, { "queued", 6 } },
		{ { "IN_PROGRESS", 11 }, { "in_progress", 11 } },
		{ { "COMPLETED", 9 }, { "completed", 9 } },
		{ { "FAILED", 6 }, { "failed", 6 } },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++)
		if (gt_str_eq(status, rows[i].wire))
			return rows[i].word;
	return status;
}

static void perplexity_response(struct gt_reading *r, const cJSON *json)
{
	struct gt_str status;

	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_take_str(r, GT_ATTR_RESPONSE_MODEL, json, "model");
	if (gt_json_str(json, "status", &status))
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_STATUS, status_word(status));
	gt_provider_response(r->shape, r, gt_json_at(json, "response"));
}

/* Fetching a failed completion is not an error. */
static void perplexity_finish(struct gt_reading *r)
{
	struct gt_str status = gt_span_get_str(r->span, GT_ATTR_RESPONSE_STATUS);

	gt_count_once(r, KIND, gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID),
		      gt_str_eq(status, GT_STR("completed")) || gt_str_eq(status, GT_STR("failed")));
	if (gt_str_eq(status, GT_STR("failed")))
		gt_set_finish(r, 0, GT_STR("error"));
}

const struct gt_provider gt_perplexity_async = {
	.api = GT_API_PERPLEXITY_ASYNC,
	.operation = "chat",
	.request = perplexity_request,
	.response = perplexity_response,
	.finish = perplexity_finish,
};

/* ---------------------------------------------------------------- xAI */

/* The request that starts one is a chat completion with `deferred`; its reply has only the id. */
static void x_ai_request(struct gt_reading *r, const cJSON *json)
{
	(void)json;
	r->shape = &gt_openai_chat;
	set_fetch(r);
	gt_set_decoded(r, GT_ATTR_RESPONSE_ID, gt_call_path_segment(r->call, "/deferred-completion/"));
}

/* 202: not ready yet. */
static void x_ai_finish(struct gt_reading *r)
{
	if (r->call->response.status == 202)
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_STATUS, GT_STR("in_progress"));
	else if (r->call->response.status == 200)
		gt_span_set_str(r->span, GT_ATTR_RESPONSE_STATUS, GT_STR("completed"));
	gt_count_once(r, KIND, gt_call_path_segment(r->call, "/deferred-completion/"), true);
}

const struct gt_provider gt_x_ai_deferred = {
	.api = GT_API_X_AI_DEFERRED,
	.operation = "fetch_response",
	.request = x_ai_request,
	.response = gt_shape_response,
	.finish = x_ai_finish,
};
