/*
 * A price list with any content. Each line gives at most one row or one bad line. Rows must point into the list. A
 * lookup with a row's own provider, model and tier must find a row for that model. The cost of any token counts must
 * not be negative.
 */
#include "exporter/cost/cost.h"
#include "fuzz.h"

static void check_slice(struct gt_str s, struct gt_str of)
{
	FUZZ_CHECK(!s.len || (s.p >= of.p && s.p + s.len <= of.p + of.len));
}

static void check_row(const struct gt_prices *p, const struct gt_price *row, struct gt_str text)
{
	struct gt_str rest = row->providers, provider = GT_STR("");
	struct gt_purchase what = { .model = row->model, .tier = row->tier, .input = INT64_MAX };
	const struct gt_price *found;

	check_slice(row->providers, text);
	check_slice(row->model, text);
	check_slice(row->tier, text);
	FUZZ_CHECK(row->providers.len && row->model.len && row->over >= 0 && row->line > 0);
	for (int i = 0; i < GT_RATES; i++)
		FUZZ_CHECK(row->rates[i] == GT_RATE_NONE || (row->rates[i] >= 0 && row->rates[i] <= 1000001));
	gt_str_next(&rest, ',', &provider);
	what.provider = provider;
	what.at.day = row->period.until ? row->period.until : 21991231;
	what.at.minute = row->period.n_hours ? row->period.hours[0].from : 0;
	found = gt_price_find(p, &what);
	if (row->over == INT64_MAX)
		return; /* no count of tokens is larger, so the row never applies */
	if (!gt_price_period_has(&row->period, what.at))
		return; /* on other days of the week, or its end is before its beginning */
	/* For Bedrock and Google, gt_price_find matches only the part of an id after its last slash. */
	FUZZ_CHECK(found || gt_str_find(row->model, '/') < row->model.len);
	FUZZ_CHECK(!found || found->model.len == row->model.len || gt_price_is_model(found->model, row->model) ||
		   gt_str_find(row->model, '/') < row->model.len || gt_str_eq(provider, GT_STR("aws.bedrock")));
}

static int64_t count(struct fuzz_input *in)
{
	static const int64_t some[] = { GT_TOKENS_NONE, 0, 1, 1000, 1 << 30, INT64_MAX / 8, INT64_MAX };

	return some[fuzz_below(in, sizeof(some) / sizeof(some[0]))];
}

static void check_cost(const struct gt_price *row, struct fuzz_input *in)
{
	struct gt_usage u;
	double usd = -1;

	memset(&u, 0xff, sizeof(u));
	for (size_t i = 0; i < offsetof(struct gt_usage, cost) / sizeof(int64_t); i++)
		((int64_t *)&u)[i] = count(in);
	if (gt_cost_of_usage(&u, row, &usd))
		FUZZ_CHECK(usd >= 0 && u.input >= 0);
	else
		FUZZ_CHECK(usd == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_str text = gt_str_make(in.data, in.len);
	struct gt_prices_bad bad;
	struct gt_prices prices;
	uint32_t lines = 1;

	FUZZ_CHECK(gt_prices_parse(&prices, text, &bad) == 0);
	for (size_t i = 0; i < in.len; i++)
		lines += in.data[i] == '\n';
	FUZZ_CHECK(prices.n + bad.n <= lines && (bad.n > 0) == (bad.why != NULL) && bad.first <= lines);
	for (uint32_t i = 0; i < prices.n; i++) {
		check_row(&prices, &prices.rows[i], text);
		check_cost(&prices.rows[i], &in);
	}
	gt_prices_free(&prices);
	fuzz_input_free(&in);
	return 0;
}
