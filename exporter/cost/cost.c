#include "exporter/cost/cost.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/cost/price_list.h"
#include "exporter/cost/reply_cost.h"
#include "shim/shared/compiler.h"

/* ---------------------------------------------------------------- arithmetic */

/* False when there are such tokens and they have no price. */
static bool add(double *usd, int64_t tokens, double rate)
{
	if (tokens > 0)
		*usd += (double)tokens * rate / 1e6;
	return tokens <= 0 || rate >= 0;
}

static int64_t known(int64_t tokens)
{
	return tokens == GT_TOKENS_NONE ? 0 : tokens;
}

/* True when the amount of audio in the input is unknown and would change the cost. */
static bool hides_audio(const struct gt_usage *u, const struct gt_price *p)
{
	double audio = p->rates[GT_RATE_AUDIO_INPUT];

	return u->input > 0 && audio >= 0 && audio != p->rates[GT_RATE_INPUT] && u->audio_input == GT_TOKENS_NONE &&
	       u->text_input == GT_TOKENS_NONE && u->image_input == GT_TOKENS_NONE;
}

static bool input_cost(const struct gt_usage *u, const struct gt_price *p, double *usd)
{
	int64_t read = known(u->cache_read), write = known(u->cache_write), hour = known(u->cache_write_1h);
	int64_t audio = known(u->audio_input), text = known(u->text_cache_read), rest = u->input;

	if (read > rest || write > rest - read || audio > rest - read - write || hour > write || hides_audio(u, p))
		return false;
	/* the two kinds of cache writes differ in price, and the reply does not distinguish them */
	if (write > 0 && u->cache_write_1h == GT_TOKENS_NONE && p->rates[GT_RATE_WRITE_1H] >= 0)
		return false;
	/* cached audio has a price of its own: all cached tokens must be text or image */
	if (audio > 0 && read > 0 && (text > read || known(u->image_cache_read) != read - text))
		return false;
	return add(usd, rest - read - write - audio, p->rates[GT_RATE_INPUT]) && add(usd, read, p->rates[GT_RATE_CACHED]) &&
	       add(usd, write - hour, p->rates[GT_RATE_WRITE]) && add(usd, hour, p->rates[GT_RATE_WRITE_1H]) &&
	       add(usd, audio, p->rates[GT_RATE_AUDIO_INPUT]);
}

static bool output_cost(const struct gt_usage *u, const struct gt_price *p, double *usd)
{
	int64_t audio = known(u->audio_output), apart = 0, rest = known(u->output);

	if (u->output == GT_TOKENS_NONE)
		return p->rates[GT_RATE_OUTPUT] < 0; /* an embedding has no output */
	if (p->rates[GT_RATE_REASONING] >= 0) {
		if (u->reasoning == GT_TOKENS_NONE)
			return false;
		apart = u->reasoning;
	}
	if (known(u->image_output) > 0 || apart > rest || audio > rest - apart)
		return false;
	return add(usd, rest - apart - audio, p->rates[GT_RATE_OUTPUT]) && add(usd, apart, p->rates[GT_RATE_REASONING]) &&
	       add(usd, audio, p->rates[GT_RATE_AUDIO_OUTPUT]);
}

bool gt_cost_of_usage(const struct gt_usage *u, const struct gt_price *p, double *usd)
{
	double sum = 0;

	if (u->input == GT_TOKENS_NONE || known(u->unaccounted) > 0)
		return false;
	if (!input_cost(u, p, &sum) || !output_cost(u, p, &sum))
		return false;
	*usd = sum;
	return true;
}

/* ---------------------------------------------------------------- prices */

/* The row of the user's list, else of gentap's own. NULL also when another row takes over before the call ends, because
 * the provider may count it to either. */
static const struct gt_price *row_of(const struct gt_reading *r, struct gt_purchase *what, struct gt_str *source)
{
	const struct gt_price_lists *lists = r->run->prices;
	const struct gt_call *c = r->call;
	uint64_t start = r->span->start_unix_ns, took = c->ended.ns > c->began.ns ? (uint64_t)(c->ended.ns - c->began.ns) : 0;
	const struct gt_prices *list = &lists->users;
	const struct gt_price *row, *later;

	*source = GT_STR("user_prices");
	what->at = gt_price_moment_of(start);
	row = gt_price_find(list, what);
	if (!row && c->begin.is_certain) {
		*source = GT_STR("prices");
		list = &lists->ours;
		row = gt_price_find(list, what);
	}
	what->at = gt_price_moment_of(start + took);
	later = gt_price_find(list, what);
	return row == later ? row : NULL;
}

#define BATCH_DISCOUNT 0.5
#define BATCH_NS       (24 * 3600 * GT_NS_PER_S) /* a batch may have run at any time before its results are read */

static bool has_half_price(struct gt_str provider)
{
	static const struct gt_str providers[] = { { "openai", 6 },	 { "azure.ai.openai", 15 }, { "anthropic", 9 },
						   { "gcp.gemini", 10 }, { "mistral_ai", 10 },	    { "groq", 4 } };

	for (size_t i = 0; i < GT_COUNT_OF(providers); i++)
		if (gt_str_eq(provider, providers[i]))
			return true;
	return false;
}

static const struct gt_prices *list_of(const struct gt_reading *r, struct gt_str source)
{
	return gt_str_eq(source, GT_STR("prices")) ? &r->run->prices->ours : &r->run->prices->users;
}

/* The same for a call of a batch, and the part of the price that it costs. */
static const struct gt_price *batch_row_of(const struct gt_reading *r, struct gt_purchase *what, const struct gt_usage *u,
					   struct gt_str *source, double *part)
{
	bool has_cached = known(u->cache_read) > 0 || known(u->cache_write) > 0;
	const struct gt_price *row;
	struct gt_purchase before;

	what->tier = GT_STR("batch");
	row = row_of(r, what, source);
	if (!row) {
		*part = BATCH_DISCOUNT;
		what->tier = GT_STR("");
		if (!has_half_price(what->provider) || (has_cached && !gt_str_eq(what->provider, GT_STR("anthropic"))))
			return NULL;
		row = row_of(r, what, source);
	}
	before = *what;
	before.at = gt_price_moment_of(r->span->start_unix_ns - BATCH_NS);
	return row == gt_price_find(list_of(r, *source), &before) ? row : NULL;
}

static const struct gt_price *price_of(const struct gt_reading *r, struct gt_purchase *what, const struct gt_usage *u,
				       struct gt_str *source, double *part)
{
	const struct gt_price *row;

	*part = 1;
	if (r->is_sum) /* no call is as long as all: the row must be the same for every length */
		what->input = 0;
	row = r->is_batch ? batch_row_of(r, what, u, source, part) : row_of(r, what, source);
	if (!row || !r->is_sum)
		return row;
	what->input = INT64_MAX;
	return row == gt_price_find(list_of(r, *source), what) ? row : NULL;
}

/* On Bedrock the path has the model and the region, which both determine the price; the name in a reply leaves them
 * out. On Azure the request names a deployment, which may have any name. */
static struct gt_str model_of(const struct gt_reading *r)
{
	struct gt_str asked = gt_span_get_str(r->span, GT_ATTR_REQUEST_MODEL);
	struct gt_str answered = gt_span_get_str(r->span, GT_ATTR_RESPONSE_MODEL);

	if (gt_str_eq(r->call->provider, GT_STR("aws.bedrock")))
		return asked;
	if (answered.len || gt_str_eq(r->call->provider, GT_STR("azure.ai.openai")))
		return answered;
	return asked;
}

/* The tier of service; empty for the various words for the standard tier. */
static struct gt_str tier_of(const struct gt_reading *r)
{
	static const struct gt_str standard[] = {
		{ "default", 7 }, { "standard", 8 }, { "auto", 4 }, { "on_demand", 9 }, { "unspecified", 11 },
	};

	for (size_t i = 0; i < GT_COUNT_OF(standard); i++)
		if (gt_str_ieq(r->tier, standard[i]))
			return GT_STR("");
	return r->tier;
}

/* Each poll of a run or a conversation repeats its usage, and both use tools that cost extra. */
static bool is_priced_otherwise(const struct gt_reading *r)
{
	enum gt_api api = (enum gt_api)r->call->begin.api;

	/* OpenAI's regional hosts have prices of their own */
	if (gt_str_eq(r->call->provider, GT_STR("openai")) && gt_str_ends(r->call->host, GT_STR(".api.openai.com")))
		return true;
	return r->has_fees || api == GT_API_OPENAI_ASSISTANTS || api == GT_API_MISTRAL_CONVERSATIONS ||
	       api == GT_API_OPENAI_AUDIO || api == GT_API_OPENAI_IMAGES;
}

/* The day on which the price was read from the provider: the price may have changed since. */
static void set_read(struct gt_reading *r, uint32_t day)
{
	char text[16];

	snprintf(text, sizeof(text), "%04u-%02u-%02u", day / 10000 % 10000, day / 100 % 100, day % 100);
	if (day)
		gt_span_set_str(r->span, GT_ATTR_GENTAP_COST_PRICES_READ, gt_str_of(text));
}

/* An hour is what a request has to ask for by name. What is not readable may have asked. */
static bool may_cache_an_hour(const struct gt_call *c)
{
	return c->is_request_cut || !c->request_body.len || gt_call_request_field(c, "content-encoding").len ||
	       memmem(c->request_body.data, c->request_body.len, "\"1h\"", 4);
}

/* The counts, with the kind of the cache writes where the reply does not name it. */
static struct gt_usage usage_of(const struct gt_reading *r, const struct gt_bill_item *item)
{
	struct gt_usage u = item->usage;

	if (u.cache_write > 0 && u.cache_write_1h == GT_TOKENS_NONE && !may_cache_an_hour(r->call))
		u.cache_write_1h = 0;
	return u;
}

struct bill {
	double usd;
	struct gt_str source;
	uint32_t read; /* the earliest day; 0: one is not recorded */
};

/* Adds the price of one item. */
static bool add_item(const struct gt_reading *r, const struct gt_bill_item *item, struct bill *bill)
{
	struct gt_usage usage = usage_of(r, item);
	struct gt_str tier = tier_of(r), source;
	struct gt_purchase what = {
		.provider = r->call->provider,
		.model = item->model.len ? item->model : model_of(r),
		.tier = tier,
		.input = known(usage.input),
	};
	const struct gt_price *row;
	double usd, part;

	/* a tier is of the call's model: another model inside may have another */
	if (!what.model.len || (item->model.len && tier.len))
		return false;
	row = price_of(r, &what, &usage, &source, &part);
	if (!row || !gt_cost_of_usage(&usage, row, &usd))
		return false;
	usd *= part;
	if (!bill->source.len || row->read < bill->read)
		bill->read = row->read;
	if (!gt_str_eq(bill->source, GT_STR("prices")))
		bill->source = source;
	bill->usd += usd;
	return true;
}

static bool from_prices(struct gt_reading *r, double *usd, struct gt_str *source)
{
	const struct gt_bill_item all = { .model = GT_STR(""), .usage = r->usage };
	const struct gt_bill_item *items = r->n_bill ? r->bill : &all;
	struct bill bill = { 0 };

	if (!r->run->prices || !r->call->provider.len || r->has_unknown_tokens || is_priced_otherwise(r))
		return false;
	for (uint32_t i = 0; i < (r->n_bill ? r->n_bill : 1); i++)
		if (!add_item(r, &items[i], &bill))
			return false;
	*usd = bill.usd;
	*source = bill.source;
	set_read(r, bill.read);
	return true;
}

void gt_cost_set(struct gt_reading *r)
{
	const struct gt_call *c = r->call;
	struct gt_str source = GT_STR("reply");
	enum gt_reply_cost says;
	double usd;

	if (c->response.status >= 400 || c->damage != GT_DAMAGE_NONE || r->has_broken || (r->is_stream && !r->is_final))
		return;
	says = gt_reply_cost_of(r, &usd);
	if (says == GT_REPLY_COST_UNKNOWN || (says == GT_REPLY_COST_NONE && !from_prices(r, &usd, &source)))
		return;
	gt_span_set_double(r->span, GT_ATTR_USAGE_COST, usd);
	gt_span_set_str(r->span, GT_ATTR_GENTAP_COST_SOURCE, source);
}
