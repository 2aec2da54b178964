#include "exporter/providers/anthropic_usage.h"

#include "exporter/cost/reply_cost.h"
#include "exporter/providers/usage_members.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- counts */

static int64_t known(int64_t tokens)
{
	return tokens == GT_TOKENS_NONE ? 0 : tokens;
}

static int64_t all_input(const struct gt_usage *u)
{
	return gt_tokens_sum(u->input, gt_tokens_sum(u->cache_read, u->cache_write));
}

static const struct gt_count input_rows[] = {
	{ "input_tokens", GT_TOKENS(input) },
	{ "cache_read_input_tokens", GT_TOKENS(cache_read) },
	{ "cache_creation_input_tokens", GT_TOKENS(cache_write) },
	{ "cache_creation.ephemeral_1h_input_tokens", GT_TOKENS(cache_write_1h) },
};

/* Counts that are read elsewhere, are part of those above, or repeat them in OpenAI's words (gateways). */
static const char *const other_counts[] = {
	"output_tokens",
	"output_tokens_details.thinking_tokens",
	"output_tokens_details.reasoning_tokens",
	"cache_creation.ephemeral_5m_input_tokens",
	"iterations.input_tokens",
	"iterations.output_tokens",
	"iterations.output_tokens_details.thinking_tokens",
	"iterations.cache_read_input_tokens",
	"iterations.cache_creation_input_tokens",
	"iterations.cache_creation.ephemeral_5m_input_tokens",
	"iterations.cache_creation.ephemeral_1h_input_tokens",
	"total_tokens",
	"prompt_tokens",
	"completion_tokens",
	"prompt_tokens_details.*",
	"completion_tokens_details.*",
	"prompt_cache_hit_tokens",
	"prompt_cache_miss_tokens",
	"cached_tokens",
	"reasoning_tokens",
};

static void take_input(struct gt_usage *u, const cJSON *usage)
{
	for (size_t i = 0; i < GT_COUNT_OF(input_rows); i++)
		gt_take_tokens((int64_t *)((char *)u + input_rows[i].field), usage, input_rows[i].path);
}

static void forget_counts(struct gt_usage *u)
{
	memset(u, 0xff, sizeof(*u)); /* all GT_TOKENS_NONE */
}

static void take_counts(struct gt_usage *u, const cJSON *usage)
{
	struct gt_usage news;

	forget_counts(&news);
	take_input(&news, usage);
	gt_take_tokens(&news.output, usage, "output_tokens");
	/* every request has input: gateways repeat the object with zeros when only the output is news */
	if (known(all_input(&news)) > 0 || known(all_input(u)) <= 0)
		take_input(u, usage);
	if (news.output > 0 || u->output <= 0)
		gt_take_tokens(&u->output, usage, "output_tokens");
	gt_take_tokens(&u->reasoning, usage, "output_tokens_details.thinking_tokens");
}

/* ---------------------------------------------------------------- terms */

/* Fetching a page and searching for tools cost tokens only. */
static bool is_free(const char *use)
{
	return strcmp(use, "web_fetch_requests") == 0 || strcmp(use, "tool_search_requests") == 0;
}

/* What the price depends on besides the counts. A speed or region other than the default has its own price, as a tier
 * has. */
static void take_terms(struct gt_reading *r, const cJSON *usage)
{
	struct gt_str word;
	const cJSON *use;

	cJSON_ArrayForEach (use, gt_json_at(usage, "server_tool_use"))
		r->has_fees |= cJSON_IsNumber(use) && use->valuedouble > 0 && use->string && !is_free(use->string);
	gt_take_tier(r, usage, "service_tier");
	if (gt_json_str(usage, "speed", &word) && !gt_str_eq(word, GT_STR("standard")))
		gt_take_tier(r, usage, "speed");
	if (gt_json_str(usage, "inference_geo", &word) && !gt_str_eq(word, GT_STR("global")) &&
	    !gt_str_eq(word, GT_STR("not_available")))
		gt_take_tier(r, usage, "inference_geo");
	gt_cost_take(r, &r->usage.cost, usage);
}

/* ---------------------------------------------------------------- iterations */

static struct gt_str type_of(const cJSON *iteration)
{
	struct gt_str type = GT_STR("message");

	gt_json_str(iteration, "type", &type);
	return type;
}

static bool has_fallback(const cJSON *iterations)
{
	const cJSON *i;

	cJSON_ArrayForEach (i, iterations)
		if (gt_str_eq(type_of(i), GT_STR("fallback_message")))
			return true;
	return false;
}

static void finish_counts(struct gt_usage *u)
{
	if (u->input != GT_TOKENS_NONE)
		u->input = all_input(u);
}

static void add_counts(struct gt_usage *sum, const struct gt_usage *u)
{
	sum->input = gt_tokens_sum(sum->input, u->input);
	sum->output = gt_tokens_sum(sum->output, u->output);
	sum->cache_read = gt_tokens_sum(sum->cache_read, u->cache_read);
	sum->cache_write = gt_tokens_sum(sum->cache_write, u->cache_write);
}

/* The answer of another model: the counts beside the list are its own, and may still change. */
static void add_answer(struct gt_reading *r)
{
	struct gt_bill_item *item;

	if (r->billed.has_own) { /* an attempt in between, with counts that the span does not have */
		r->has_fees = true;
		return;
	}
	item = gt_bill_add(r, GT_STR(""));
	if (item)
		item->is_own = true;
	r->billed.has_own = true;
	r->billed.n++;
}

/* The sum has every inference, also when the bill has no room for it: only the cost is then unknown. */
static void add_inference(struct gt_reading *r, const cJSON *iteration, struct gt_str model)
{
	struct gt_bill_item *item = gt_bill_add(r, model);
	struct gt_usage u;

	forget_counts(&u);
	take_counts(&u, iteration);
	finish_counts(&u);
	if (item)
		item->usage = u;
	add_counts(&r->billed.sum, &u);
	r->billed.n++;
}

static void take_iteration(struct gt_reading *r, const cJSON *iteration, bool is_fallback)
{
	struct gt_str type = type_of(iteration), model = GT_STR("");
	int64_t output = 0;

	gt_json_str(iteration, "model", &model);
	if (gt_str_eq(type, GT_STR("fallback_message"))) {
		add_answer(r);
		if (model.len)
			gt_span_set_str(r->span, GT_ATTR_RESPONSE_MODEL, model);
		return;
	}
	if (gt_str_eq(type, GT_STR("message")) && is_fallback) {
		/* the span has the counts of the answer; a price of this attempt would be a price of other tokens */
		r->has_fees |= gt_json_int(iteration, "output_tokens", &output) && output > 0;
		return;
	}
	if (!gt_str_eq(type, GT_STR("message")) && !gt_str_eq(type, GT_STR("compaction")) &&
	    !gt_str_eq(type, GT_STR("advisor_message"))) {
		r->has_unknown_tokens = true;
		return;
	}
	add_inference(r, iteration, model);
}

static void take_iterations(struct gt_reading *r, const cJSON *iterations)
{
	bool is_fallback = has_fallback(iterations);
	const cJSON *i;

	/* a stream repeats the list as it grows */
	r->n_bill = r->billed.n = 0;
	r->billed.has_own = false;
	forget_counts(&r->billed.sum);
	cJSON_ArrayForEach (i, iterations)
		take_iteration(r, i, is_fallback);
}

void gt_anthropic_take_usage(struct gt_reading *r, const cJSON *usage)
{
	take_counts(&r->usage, usage);
	take_terms(r, usage);
	r->has_unknown_tokens |=
		gt_usage_has_unknown(usage, input_rows, GT_COUNT_OF(input_rows), other_counts, GT_COUNT_OF(other_counts));
	if (gt_json_is_array(usage, "iterations"))
		take_iterations(r, gt_json_at(usage, "iterations"));
}

/* ---------------------------------------------------------------- the end */

static void finish_items(struct gt_reading *r)
{
	const struct gt_usage *u = &r->usage;

	for (uint32_t i = 0; i < r->n_bill; i++) {
		struct gt_bill_item *item = &r->bill[i];

		if (item->is_own)
			item->usage = *u;
		if (item->usage.cache_write_1h == GT_TOKENS_NONE && u->cache_write_1h == 0)
			item->usage.cache_write_1h = 0;
		if (gt_str_eq(item->model, gt_span_get_str(r->span, GT_ATTR_RESPONSE_MODEL)))
			item->model = GT_STR("");
	}
}

/* Makes the counts those of all that is billed. Iterations that have less than the counts beside them are not all. */
static void add_bill(struct gt_reading *r)
{
	struct gt_usage *u = &r->usage, sum = r->billed.sum;

	finish_items(r);
	if (r->billed.has_own)
		add_counts(&sum, u);
	if (sum.input < u->input || sum.output < u->output) {
		r->has_fees = true;
		return;
	}
	if (r->billed.n == 1 && sum.input == u->input && sum.output == u->output)
		r->n_bill = 0; /* the counts beside it have more details */
	u->input = sum.input;
	u->output = sum.output;
	u->cache_read = sum.cache_read;
	u->cache_write = sum.cache_write;
}

void gt_anthropic_finish_usage(struct gt_reading *r)
{
	struct gt_str reason = r->finish[0];

	finish_counts(&r->usage);
	if (r->billed.n)
		add_bill(r);
	/* a request that was declined before any output is free, although its input is counted */
	r->has_fees |= gt_str_eq(reason, GT_STR("refusal")) && r->usage.output <= 1;
}
