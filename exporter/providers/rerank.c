/*
 * Reranking in Cohere's format, which others have copied: Voyage, Jina, OpenRouter, Bedrock, vLLM. Some count tokens,
 * Cohere counts searches.
 */
#include "exporter/providers/provider.h"

static const struct gt_take request_rows[] = {
	{ "model", GT_ATTR_REQUEST_MODEL },
	{ "rerankingConfiguration.bedrockRerankingConfiguration.modelConfiguration.modelArn", GT_ATTR_REQUEST_MODEL },
	{ NULL }
};
static const struct gt_take response_rows[] = { { "id", GT_ATTR_RESPONSE_ID }, { "model", GT_ATTR_RESPONSE_MODEL }, { NULL } };

static const struct gt_count usage_rows[] = { { "usage.total_tokens", GT_TOKENS(input) },
					      { "usage.prompt_tokens", GT_TOKENS(input) },
					      { "meta.tokens.input_tokens", GT_TOKENS(input) },
					      { NULL } };

static bool claims(const struct gt_call *call, const cJSON *json)
{
	(void)call;
	return gt_json_has(json, "query") && gt_json_is_array(json, "documents");
}

static void error(struct gt_reading *r, const cJSON *json)
{
	gt_take_str(r, GT_ATTR_RESPONSE_ID, json, "id");
	gt_read_common_error(r, json);
}

static const char *const members[] = { "results", "data", "score", NULL }; /* score: of a list alone (TEI) */

const struct gt_provider gt_rerank = {
	.api = GT_API_RERANK,
	.operation = "rerank",
	.members = members,
	.request_rows = request_rows,
	.response_rows = response_rows,
	.usage_rows = usage_rows,
	.claims = claims,
	.error = error,
};
