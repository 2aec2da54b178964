#include "exporter/cost/reply_cost.h"

#include <math.h>

#include "shim/shared/compiler.h"

#define TICKS_PER_USD 1e10 /* xAI */

static bool is_cost(double v)
{
	return isfinite(v) && v >= 0 && v < 1e9;
}

/* ---------------------------------------------------------------- in the usage */

/* When the user brings a key of the upstream provider (is_byok), OpenRouter's `cost` is only its own share. */
static bool take_openrouter(const cJSON *usage, double *usd)
{
	double cost, upstream;
	bool is_byok = false;

	if (!gt_json_double(usage, "cost", &cost))
		return false;
	gt_json_bool(usage, "is_byok", &is_byok);
	if (is_byok) {
		if (!gt_json_double(usage, "cost_details.upstream_inference_cost", &upstream) || !is_cost(upstream))
			return false;
		cost += upstream;
	}
	*usd = cost;
	return true;
}

static bool is_openrouter(const struct gt_reading *r)
{
	struct gt_str id = gt_span_get_str(r->span, GT_ATTR_RESPONSE_ID);

	/* also on a host that is not known as OpenRouter's: no other provider's ids look like this */
	return gt_str_eq(r->call->provider, GT_STR("openrouter")) || gt_str_starts(id, GT_STR("gen-"));
}

/* Each of its answers names its version. */
static bool is_litellm(const struct gt_reading *r)
{
	return gt_str_eq(r->call->provider, GT_STR("litellm")) || gt_call_response_field(r->call, "x-litellm-version").len ||
	       gt_call_response_field(r->call, "x-litellm-call-id").len;
}

void gt_cost_take(struct gt_reading *r, double *usd, const cJSON *usage)
{
	struct gt_str provider = r->call->provider;
	double v = NAN;

	if (gt_str_eq(provider, GT_STR("x_ai"))) {
		if (gt_json_double(usage, "cost_in_usd_ticks", &v))
			v /= TICKS_PER_USD;
	} else if (gt_str_eq(provider, GT_STR("perplexity"))) {
		gt_json_double(usage, "cost.total_cost", &v);
	} else if (gt_str_eq(provider, GT_STR("deepinfra"))) {
		gt_json_double(usage, "estimated_cost", &v);
	} else if (is_openrouter(r)) {
		take_openrouter(usage, &v);
	} else if (is_litellm(r)) {
		gt_json_double(usage, "cost", &v); /* include_cost_in_streaming_usage */
	}
	if (is_cost(v))
		*usd = v;
}

/* ---------------------------------------------------------------- in the head */

/* "HIT", "SEMANTIC HIT", "TCP_HIT", "Hit from cloudfront" */
static bool says_hit(struct gt_str value)
{
	static const struct gt_str hits[] = { { "hit", 3 }, { "semantic hit", 12 }, { "tcp_hit", 7 } };

	for (size_t i = 0; i < GT_COUNT_OF(hits); i++)
		if (value.len >= hits[i].len && gt_str_ieq(gt_str_make(value.p, hits[i].len), hits[i]))
			return true;
	return false;
}

/* LiteLLM names the key of its cache in answers from the cache only, beside the cost of the call that filled it. */
static bool is_from_cache(const struct gt_call *c)
{
	static const char *const names[] = {
		"cf-aig-cache-status",	     /* Cloudflare's AI Gateway */
		"x-portkey-cache-status",    /* Portkey */
		"helicone-cache",	     /* Helicone */
		"x-openrouter-cache-status", /* OpenRouter */
		"x-cache-status",	     /* Kong, nginx */
		"x-cache",
		"cf-cache-status", /* any caching proxy */
	};

	for (size_t i = 0; i < GT_COUNT_OF(names); i++)
		if (says_hit(gt_call_response_field(c, names[i])))
			return true;
	return gt_call_response_field(c, "x-litellm-cache-key").len > 0;
}

/* LiteLLM sends the cost in a header field. For a stream it does not know the cost at that time. */
static enum gt_reply_cost read_field(const struct gt_reading *r, double *usd)
{
	struct gt_str value = gt_call_response_field(r->call, "x-litellm-response-cost");
	char text[64];
	cJSON *json;

	if (!value.len || value.len >= sizeof(text))
		return GT_REPLY_COST_NONE;
	gt_str_copy(value, text, sizeof(text));
	json = gt_json_parse(gt_str_of(text)); /* parses numbers independently of the locale */
	*usd = cJSON_IsNumber(json) ? json->valuedouble : NAN;
	cJSON_Delete(json);
	if (!is_cost(*usd))
		return GT_REPLY_COST_NONE;
	if (r->is_stream)
		return *usd > 0 ? GT_REPLY_COST_NONE : GT_REPLY_COST_UNKNOWN;
	return GT_REPLY_COST_KNOWN;
}

enum gt_reply_cost gt_reply_cost_of(const struct gt_reading *r, double *usd)
{
	*usd = 0;
	if (is_from_cache(r->call) && (r->usage.input != GT_TOKENS_NONE || r->usage.output != GT_TOKENS_NONE))
		return GT_REPLY_COST_KNOWN;
	*usd = r->usage.cost;
	if (is_cost(*usd))
		return GT_REPLY_COST_KNOWN;
	return r->is_batch ? GT_REPLY_COST_NONE : read_field(r, usd); /* the field is not of a call in the batch */
}
