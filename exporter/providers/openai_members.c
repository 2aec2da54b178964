#include "exporter/providers/openai_members.h"

#include <math.h>

#include "exporter/cost/reply_cost.h"
#include "exporter/providers/usage_members.h"
#include "shim/shared/compiler.h"

bool gt_openai_is(const struct gt_reading *r)
{
	return gt_str_eq(r->call->provider, GT_STR("openai")) || gt_str_eq(r->call->provider, GT_STR("azure.ai.openai"));
}

void gt_openai_set_api_type(struct gt_reading *r, struct gt_str type)
{
	if (gt_openai_is(r))
		gt_span_set_str(r->span, GT_ATTR_OPENAI_API_TYPE, type);
}

void gt_openai_take_tier(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	struct gt_str tier;

	gt_take_tier(r, json, path);
	if (gt_openai_is(r) && gt_json_str(json, path, &tier) &&
	    (key == GT_ATTR_OPENAI_RESPONSE_SERVICE_TIER || !gt_str_eq(tier, GT_STR("auto"))))
		gt_span_set_str(r->span, key, tier);
}

void gt_openai_take_deployment(struct gt_reading *r)
{
	if (!gt_span_has(r->span, GT_ATTR_REQUEST_MODEL))
		gt_set_decoded(r, GT_ATTR_REQUEST_MODEL, gt_call_path_segment(r->call, "/deployments/"));
}

/* ---------------------------------------------------------------- usage */

/* For the same field a later row wins, unless it has a zero. */
static const struct gt_count usage_rows[] = {
	{ "prompt_tokens", GT_TOKENS(input) },
	{ "input_tokens", GT_TOKENS(input) },
	{ "completion_tokens", GT_TOKENS(output) },
	{ "output_tokens", GT_TOKENS(output) },
	{ "prompt_cache_hit_tokens", GT_TOKENS(cache_read) },		 /* DeepSeek */
	{ "cached_tokens", GT_TOKENS(cache_read) },			 /* Together, TGI, Moonshot */
	{ "num_cached_tokens", GT_TOKENS(cache_read) },			 /* Mistral */
	{ "cache_read_input_tokens", GT_TOKENS(cache_read) },		 /* gateways to Anthropic's models */
	{ "prompt_token_details.cached_tokens", GT_TOKENS(cache_read) }, /* Assistants, Writer */
	{ "prompt_tokens_details.cached_tokens", GT_TOKENS(cache_read) },
	{ "input_tokens_details.cached_tokens", GT_TOKENS(cache_read) },
	{ "input_token_details.cached_tokens", GT_TOKENS(cache_read) }, /* realtime */
	/* the names of gateways: LiteLLM, Vercel, New API, DashScope, OpenRouter */
	{ "cache_creation_input_tokens", GT_TOKENS(cache_write) },
	{ "cache_write_input_tokens", GT_TOKENS(cache_write) },
	{ "prompt_tokens_details.cache_creation_tokens", GT_TOKENS(cache_write) },
	{ "input_tokens_details.cache_creation_tokens", GT_TOKENS(cache_write) },
	{ "prompt_tokens_details.cached_creation_tokens", GT_TOKENS(cache_write) },
	{ "prompt_tokens_details.cache_creation_input_tokens", GT_TOKENS(cache_write) },
	{ "input_tokens_details.cache_creation_input_tokens", GT_TOKENS(cache_write) },
	{ "prompt_tokens_details.cache_write_tokens", GT_TOKENS(cache_write) },
	{ "input_tokens_details.cache_write_tokens", GT_TOKENS(cache_write) },
	{ "claude_cache_creation_1_h_tokens", GT_TOKENS(cache_write_1h) },
	{ "cache_creation.ephemeral_1h_input_tokens", GT_TOKENS(cache_write_1h) },
	{ "prompt_tokens_details.cache_creation.ephemeral_1h_input_tokens", GT_TOKENS(cache_write_1h) },
	{ "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens", GT_TOKENS(cache_write_1h) },
	{ "input_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens", GT_TOKENS(cache_write_1h) },
	{ "reasoning_tokens", GT_TOKENS(reasoning) },			       /* Perplexity */
	{ "completion_token_details.reasoning_tokens", GT_TOKENS(reasoning) }, /* Writer */
	{ "completion_tokens_details.reasoning_tokens", GT_TOKENS(reasoning) },
	{ "output_tokens_details.reasoning_tokens", GT_TOKENS(reasoning) },
	{ "output_token_details.reasoning_tokens", GT_TOKENS(reasoning) },
	{ "prompt_tokens_details.text_tokens", GT_TOKENS(text_input) },
	{ "input_tokens_details.text_tokens", GT_TOKENS(text_input) },
	{ "input_token_details.text_tokens", GT_TOKENS(text_input) }, /* audio, realtime */
	{ "prompt_tokens_details.image_tokens", GT_TOKENS(image_input) },
	{ "input_tokens_details.image_tokens", GT_TOKENS(image_input) },
	{ "input_token_details.image_tokens", GT_TOKENS(image_input) },
	{ "prompt_tokens_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "input_tokens_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "input_token_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "prompt_tokens_details.cached_tokens_details.text_tokens", GT_TOKENS(text_cache_read) },
	{ "prompt_tokens_details.cached_tokens_details.image_tokens", GT_TOKENS(image_cache_read) },
	{ "prompt_tokens_details.cached_tokens_details.audio_tokens", GT_TOKENS(audio_cache_read) },
	{ "input_token_details.cached_tokens_details.text_tokens", GT_TOKENS(text_cache_read) },
	{ "input_token_details.cached_tokens_details.image_tokens", GT_TOKENS(image_cache_read) },
	{ "input_token_details.cached_tokens_details.audio_tokens", GT_TOKENS(audio_cache_read) },
	{ "completion_tokens_details.text_tokens", GT_TOKENS(text_output) },
	{ "output_tokens_details.text_tokens", GT_TOKENS(text_output) },
	{ "output_token_details.text_tokens", GT_TOKENS(text_output) },
	{ "completion_tokens_details.image_tokens", GT_TOKENS(image_output) },
	{ "output_tokens_details.image_tokens", GT_TOKENS(image_output) },
	{ "completion_tokens_details.audio_tokens", GT_TOKENS(audio_output) },
	{ "output_tokens_details.audio_tokens", GT_TOKENS(audio_output) },
	{ "output_token_details.audio_tokens", GT_TOKENS(audio_output) },
	{ "citation_tokens", GT_TOKENS(unaccounted) },	/* Perplexity */
	{ "connector_tokens", GT_TOKENS(unaccounted) }, /* Mistral */
};

/* Counts that are part of those above, or repeat them. */
static const char *const other_counts[] = {
	"total_tokens",
	"prompt_cache_miss_tokens",
	"context_details.*", /* xAI: the last of several inferences */
	"completion_tokens_details.accepted_prediction_tokens",
	"completion_tokens_details.rejected_prediction_tokens",
	"prompt_tokens_details.video_tokens",
	"claude_cache_creation_5_m_tokens",
	"cache_creation.ephemeral_5m_input_tokens",
	"prompt_tokens_details.cache_creation.ephemeral_5m_input_tokens",
	"prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
	"input_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
};

/* Some providers include a kind of token in the total, but in neither of the two counts. When the gap equals that
 * kind's own count, it is added to the count that lacks it. */
static void close_gap(struct gt_usage *u, int64_t total)
{
	int64_t gap = total - u->input - u->output;

	if (u->input < 0 || u->output < 0 || total < 0 || gap <= 0)
		return;
	if (gap == u->reasoning)
		u->output += gap;
	else if (gap == u->audio_input || gap == u->cache_write || gap == gt_tokens_sum(u->cache_read, u->cache_write))
		u->input += gap;
}

static int64_t *count_at(struct gt_usage *u, size_t field)
{
	return (int64_t *)((char *)u + field);
}

/* Gateways fill the members of two formats, those of one with zeros. */
static void take_row(struct gt_usage *u, const struct gt_count *row, const cJSON *usage)
{
	int64_t *count = count_at(u, row->field), n = GT_TOKENS_NONE;

	gt_take_tokens(&n, usage, row->path);
	if (n > 0 || *count == GT_TOKENS_NONE)
		*count = n;
}

/* What is charged besides tokens: xAI's searches and sandboxes, seconds of audio at Mistral, searches through gateways. */
static bool has_fees(const cJSON *usage)
{
	static const char *const members[] = {
		"num_server_side_tools_used",
		"num_sources_used",
		"prompt_audio_seconds",
		"server_tool_use.web_search_requests",
		"prompt_tokens_details.web_search_requests",
	};
	double n;

	for (size_t i = 0; i < GT_COUNT_OF(members); i++)
		if (gt_json_double(usage, members[i], &n) && n > 0)
			return true;
	return false;
}

/* A stream may repeat its usage, at the end with zeros. Zeros after counts are not news. */
static void keep_counts(struct gt_usage *news, struct gt_usage *old)
{
	static const size_t inputs[] = { GT_TOKENS(input),	     GT_TOKENS(cache_read),	 GT_TOKENS(cache_write),
					 GT_TOKENS(cache_write_1h),  GT_TOKENS(text_input),	 GT_TOKENS(image_input),
					 GT_TOKENS(audio_input),     GT_TOKENS(text_cache_read), GT_TOKENS(image_cache_read),
					 GT_TOKENS(audio_cache_read) };
	static const size_t outputs[] = { GT_TOKENS(output), GT_TOKENS(reasoning), GT_TOKENS(text_output),
					  GT_TOKENS(image_output), GT_TOKENS(audio_output) };

	if (news->input <= 0 && old->input > 0)
		for (size_t i = 0; i < GT_COUNT_OF(inputs); i++)
			*count_at(news, inputs[i]) = *count_at(old, inputs[i]);
	if (news->output <= 0 && old->output > 0)
		for (size_t i = 0; i < GT_COUNT_OF(outputs); i++)
			*count_at(news, outputs[i]) = *count_at(old, outputs[i]);
	if (!isfinite(news->cost))
		news->cost = old->cost;
}

void gt_openai_take_usage(struct gt_reading *r, const cJSON *usage)
{
	struct gt_usage u;
	int64_t total = GT_TOKENS_NONE;

	if (!cJSON_IsObject(usage))
		return;
	memset(&u, 0xff, sizeof(u)); /* all GT_TOKENS_NONE */
	for (size_t i = 0; i < GT_COUNT_OF(usage_rows); i++)
		take_row(&u, &usage_rows[i], usage);
	gt_take_tokens(&total, usage, "total_tokens");
	close_gap(&u, total);
	if (u.input >= 0 && u.output >= 0 && total > u.input + u.output)
		u.unaccounted = total - u.input - u.output;
	gt_cost_take(r, &u.cost, usage);
	gt_openai_note_unknown(r, usage);
	r->has_fees |= has_fees(usage);
	if (u.input == GT_TOKENS_NONE && u.output == GT_TOKENS_NONE)
		return;
	keep_counts(&u, &r->usage);
	r->usage = u;
}

void gt_openai_note_unknown(struct gt_reading *r, const cJSON *usage)
{
	r->has_unknown_tokens |=
		gt_usage_has_unknown(usage, usage_rows, GT_COUNT_OF(usage_rows), other_counts, GT_COUNT_OF(other_counts));
}

/* ---------------------------------------------------------------- requests */

void gt_openai_take_format(struct gt_reading *r, const cJSON *json, const char *path)
{
	struct gt_str type;

	if (!gt_json_str(json, path, &type))
		return;
	if (gt_str_starts(type, GT_STR("json")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("json"));
	else if (gt_str_eq(type, GT_STR("text")))
		gt_span_set_str(r->span, GT_ATTR_OUTPUT_TYPE, GT_STR("text"));
}

void gt_openai_take_stream(struct gt_reading *r, const cJSON *json)
{
	bool stream = false;

	if (gt_json_bool(json, "stream", &stream) && stream)
		gt_set_stream(r);
}
