#include "exporter/providers/openai_members.h"

#include "exporter/cost/cost.h"
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

/* For the same field, a later row wins. */
static const struct gt_count usage_rows[] = {
	{ "prompt_tokens", GT_TOKENS(input) },
	{ "input_tokens", GT_TOKENS(input) },
	{ "completion_tokens", GT_TOKENS(output) },
	{ "output_tokens", GT_TOKENS(output) },
	{ "prompt_cache_hit_tokens", GT_TOKENS(cache_read) },		 /* DeepSeek */
	{ "cached_tokens", GT_TOKENS(cache_read) },			 /* Together, TGI, Moonshot */
	{ "num_cached_tokens", GT_TOKENS(cache_read) },			 /* Mistral */
	{ "prompt_token_details.cached_tokens", GT_TOKENS(cache_read) }, /* Assistants, Writer */
	{ "prompt_tokens_details.cached_tokens", GT_TOKENS(cache_read) },
	{ "input_tokens_details.cached_tokens", GT_TOKENS(cache_read) },
	{ "prompt_tokens_details.cache_write_tokens", GT_TOKENS(cache_write) },
	{ "input_tokens_details.cache_write_tokens", GT_TOKENS(cache_write) },
	{ "reasoning_tokens", GT_TOKENS(reasoning) }, /* Perplexity */
	{ "completion_tokens_details.reasoning_tokens", GT_TOKENS(reasoning) },
	{ "output_tokens_details.reasoning_tokens", GT_TOKENS(reasoning) },
	{ "prompt_tokens_details.text_tokens", GT_TOKENS(text_input) },
	{ "input_tokens_details.text_tokens", GT_TOKENS(text_input) },
	{ "input_token_details.text_tokens", GT_TOKENS(text_input) }, /* audio */
	{ "prompt_tokens_details.image_tokens", GT_TOKENS(image_input) },
	{ "input_tokens_details.image_tokens", GT_TOKENS(image_input) },
	{ "prompt_tokens_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "input_tokens_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "input_token_details.audio_tokens", GT_TOKENS(audio_input) },
	{ "completion_tokens_details.text_tokens", GT_TOKENS(text_output) },
	{ "output_tokens_details.text_tokens", GT_TOKENS(text_output) },
	{ "completion_tokens_details.image_tokens", GT_TOKENS(image_output) },
	{ "output_tokens_details.image_tokens", GT_TOKENS(image_output) },
	{ "completion_tokens_details.audio_tokens", GT_TOKENS(audio_output) },
	{ "output_tokens_details.audio_tokens", GT_TOKENS(audio_output) },
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
	else if (gap == u->audio_input)
		u->input += gap;
}

void gt_openai_take_usage(struct gt_reading *r, const cJSON *usage)
{
	struct gt_usage u;
	int64_t total = GT_TOKENS_NONE;

	if (!cJSON_IsObject(usage))
		return;
	memset(&u, 0xff, sizeof(u)); /* all GT_TOKENS_NONE */
	for (size_t i = 0; i < GT_COUNT_OF(usage_rows); i++)
		gt_take_tokens((int64_t *)((char *)&u + usage_rows[i].field), usage, usage_rows[i].path);
	gt_take_tokens(&total, usage, "total_tokens");
	if (r->provider->api != GT_API_OPENAI_AUDIO) /* audio is billed by the second: its counts stay as they are */
		close_gap(&u, total);
	if (u.input >= 0 && u.output >= 0 && total > u.input + u.output)
		u.unaccounted = total - u.input - u.output;
	gt_cost_take(r, &u.cost, usage);
	if (u.input != GT_TOKENS_NONE || u.output != GT_TOKENS_NONE)
		r->usage = u;
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
