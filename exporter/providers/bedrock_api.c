/*
 * Amazon Bedrock's own formats: converse, token counting. bedrock_invoke.c has invoke, which carries the formats of other
 * vendors, bedrock_agents.c has agents and retrieval.
 *
 * The model is in the path, percent-encoded once. Input tokens exclude those read from or written to the cache, so the
 * counts are kept apart until the end. A stream has AWS's binary framing; its last event has the usage.
 */
#include "exporter/providers/aws_error.h"
#include "exporter/providers/bedrock.h"
#include "exporter/providers/usage_members.h"

#include "shim/shared/compiler.h"

void gt_bedrock_take_model(struct gt_reading *r)
{
	static const struct gt_str before = { "/model/", 7 };
	struct gt_str path = gt_target_path(r->call->request.target), model;
	const char *at = memmem(path.p, path.len, before.p, before.len);
	size_t end = path.len;

	if (!at)
		return;
	/* up to the last slash: slashes in a resource name are not always encoded */
	while (end && path.p[end - 1] != '/')
		end--;
	model.p = at + before.len;
	if (path.p + end <= model.p)
		return;
	model.len = (size_t)(path.p + end - 1 - model.p);
	gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, model);
	if (gt_str_ends(path, GT_STR("-stream")))
		gt_set_stream(r);
}

/* ---------------------------------------------------------------- converse */

static const struct gt_take converse_rows[] = {
	{ "inferenceConfig.maxTokens", GT_ATTR_REQUEST_MAX_TOKENS },
	{ "inferenceConfig.temperature", GT_ATTR_REQUEST_TEMPERATURE },
	{ "inferenceConfig.topP", GT_ATTR_REQUEST_TOP_P },
	{ "inferenceConfig.stopSequences", GT_ATTR_REQUEST_STOP_SEQUENCES },
	{ "additionalModelRequestFields.top_k", GT_ATTR_REQUEST_TOP_K },
	{ "additionalModelRequestFields.inferenceConfig.topK", GT_ATTR_REQUEST_TOP_K }, /* Nova */
	{ "additionalModelRequestFields.output_config.effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "additionalModelRequestFields.reasoning_effort", GT_ATTR_REQUEST_REASONING_LEVEL },
	{ "guardrailConfig.guardrailIdentifier", GT_ATTR_AWS_BEDROCK_GUARDRAIL_ID },
	{ NULL }
};

static const struct gt_count converse_usage[] = { { "usage.inputTokens", GT_TOKENS(input) },
						  { "usage.outputTokens", GT_TOKENS(output) },
						  { "usage.cacheReadInputTokens", GT_TOKENS(cache_read) },
						  { "usage.cacheWriteInputTokens", GT_TOKENS(cache_write) },
						  { NULL } };

void gt_bedrock_take_usage(struct gt_reading *r, const cJSON *usage)
{
	static const char *const counts[] = {
		"inputTokens",
		"outputTokens",
		"totalTokens",
		"cacheDetails.inputTokens",
		"cacheReadInputTokens",
		"cacheWriteInputTokens",
		"cacheReadInputTokenCount",
		"cacheWriteInputTokenCount",
	};
	const cJSON *detail;
	int64_t hour = 0;
	struct gt_str ttl;

	/* the writes to the cache, by how long they live: [{"ttl":"1h","inputTokens":5}] */
	cJSON_ArrayForEach (detail, gt_json_at(usage, "cacheDetails")) {
		int64_t n = GT_TOKENS_NONE;

		gt_take_tokens(&n, detail, "inputTokens");
		if (gt_json_str(detail, "ttl", &ttl) && gt_str_eq(ttl, GT_STR("1h")))
			hour = gt_tokens_sum(hour, n);
		r->usage.cache_write_1h = hour;
	}
	r->has_unknown_tokens |= gt_usage_has_unknown(usage, NULL, 0, counts, GT_COUNT_OF(counts));
}

static void converse_request(struct gt_reading *r, const cJSON *json)
{
	gt_bedrock_take_model(r);
	gt_take_tier(r, json, "serviceTier.type");
	gt_take_tier(r, json, "performanceConfig.latency");
}

static void converse_response(struct gt_reading *r, const cJSON *json)
{
	gt_take_finish(r, 0, json, "stopReason");
	gt_bedrock_take_usage(r, gt_json_at(json, "usage"));
}

static void converse_event(struct gt_reading *r, const struct gt_document *d)
{
	if (gt_aws_read_exception(r, d->event, d->json, d->text))
		return;
	converse_response(r, d->json);
	/* the usage may still follow, but the message is complete */
	if (gt_str_eq(d->event, GT_STR("messageStop")) || gt_str_eq(d->event, GT_STR("metadata")))
		r->is_final = true;
}

static void converse_finish(struct gt_reading *r)
{
	if (r->usage.input != GT_TOKENS_NONE)
		r->usage.input = gt_tokens_sum(r->usage.input, gt_tokens_sum(r->usage.cache_read, r->usage.cache_write));
	if (r->call->response.status >= 400)
		gt_aws_read_error(r, NULL); /* a header field has the type, also when the body could not be read */
}

static bool converse_claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_has(json, "messages.0.role") || gt_json_is_object(json, "inferenceConfig");
}

static const char *const converse_members[] = { "output", "role", "contentBlockIndex", "stopReason", "usage", NULL };

const struct gt_provider gt_bedrock_converse = {
	.api = GT_API_BEDROCK_CONVERSE,
	.operation = "chat",
	.members = converse_members,
	.request_rows = converse_rows,
	.usage_rows = converse_usage,
	.claims = converse_claims,
	.request = converse_request,
	.response = converse_response,
	.event = converse_event,
	.error = gt_aws_read_error,
	.finish = converse_finish,
	.content = &gt_content_converse,
};

/* ---------------------------------------------------------------- counting */

static void aws_finish(struct gt_reading *r)
{
	if (r->call->response.status >= 400)
		gt_aws_read_error(r, NULL);
}

const struct gt_provider gt_bedrock_count = {
	.api = GT_API_BEDROCK_COUNT,
	.operation = "count_tokens",
	.request = converse_request,
	.error = gt_aws_read_error,
	.finish = aws_finish,
};
