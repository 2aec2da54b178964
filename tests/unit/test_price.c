#include "support/fail_nth.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/cost/price_list.h"

/* ---------------------------------------------------------------- the format */

static struct gt_prices prices;
static struct gt_prices_bad bad;

static void parse(const char *text)
{
	gt_prices_free(&prices);
	assert_int_equal(gt_prices_parse(&prices, gt_str_of(text), &bad), 0);
}

static void test_price_row_has_all_that_its_line_says(void **state)
{
	const struct gt_price *p;

	(void)state;
	parse("# comment\n\n  \t \nopenai,azure.ai.openai\tgpt-x in=1.25 cached=0.125 write=2 write_1h=4 out=10 reasoning=3 audio_in=40 "
	      "audio_out=80 tier=flex over=200000 from=2025-09-29 until=2025-12-31 days=mon-fri hours=01:00-04:00,22:30-06:00 "
	      "read=2025-10-01 # as seen\r\nacme m in=0.5");
	assert_int_equal(bad.n, 0);
	assert_int_equal(prices.n, 2);
	p = &prices.rows[0];
	assert_str(p->providers, "openai,azure.ai.openai");
	assert_str(p->model, "gpt-x");
	assert_str(p->tier, "flex");
	assert_int_equal(p->over, 200000);
	assert_int_equal(p->period.from, 20250929);
	assert_int_equal(p->period.until, 20251231);
	assert_int_equal(p->period.days, 0x1f);
	assert_int_equal(p->period.n_hours, 2);
	assert_int_equal(p->period.hours[1].from, 22 * 60 + 30);
	assert_int_equal(p->period.hours[1].to, 6 * 60);
	assert_int_equal(p->read, 20251001);
	assert_int_equal(p->line, 4);
	assert_true(p->rates[GT_RATE_INPUT] == 1.25 && p->rates[GT_RATE_CACHED] == 0.125 && p->rates[GT_RATE_WRITE] == 2);
	assert_true(p->rates[GT_RATE_WRITE_1H] == 4 && p->rates[GT_RATE_OUTPUT] == 10 && p->rates[GT_RATE_REASONING] == 3);
	assert_true(p->rates[GT_RATE_AUDIO_INPUT] == 40 && p->rates[GT_RATE_AUDIO_OUTPUT] == 80);
	p = &prices.rows[1];
	assert_true(p->rates[GT_RATE_INPUT] == 0.5 && p->rates[GT_RATE_OUTPUT] == GT_RATE_NONE && !p->tier.len && !p->over &&
		    !p->period.from && !p->period.until && !gt_price_period_is_recurring(&p->period) && !p->read);
}

static void test_price_day_of_reading_is_of_all_rows_below_it(void **state)
{
	static const uint32_t days[] = { 0, 20260821, 20260901, 20260821, 20261008 };

	(void)state;
	parse("a m in=1\nread=2026-08-21 # as seen\na n in=1\na o in=1 read=2026-09-01\na p in=1\nread=2026-10-08\na q in=1\n"
	      "read=2026-13-08\nread=2026-01-01 more\nread=\n");
	assert_int_equal(prices.n, GT_ROWS(days));
	for (size_t i = 0; i < GT_ROWS(days); i++)
		assert_int_equal(prices.rows[i].read, days[i]);
	assert_int_equal(bad.n, 3);
	assert_int_equal(bad.first, 8);
	assert_string_equal(bad.why, "has a day that is not YYYY-MM-DD");
	parse("read=2026-01-01 more");
	assert_string_equal(bad.why, "has more than a day");
}

static void test_price_day_is_old_after_six_months(void **state)
{
	(void)state;
	assert_false(gt_price_day_is_old(20260821, 20260821));
	assert_false(gt_price_day_is_old(20260821, 20270221));
	assert_true(gt_price_day_is_old(20260821, 20270222));
	assert_false(gt_price_day_is_old(20260131, 20260731));
	assert_true(gt_price_day_is_old(20260131, 20260801));
	assert_false(gt_price_day_is_old(20260630, 20261230));
	assert_true(gt_price_day_is_old(20260630, 20270101));
}

static void test_price_bad_line_is_reported_and_the_rest_counts(void **state)
{
	static const char *const lines[] = {
		"openai",
		"openai gpt-x in",
		"openai gpt-x in=",
		"openai gpt-x in=abc",
		"openai gpt-x in=-1",
		"openai gpt-x in=+1",
		"openai gpt-x in=1e3",
		"openai gpt-x in=1,5",
		"openai gpt-x in=.5",
		"openai gpt-x in=1.",
		"openai gpt-x in=1.2.3",
		"openai gpt-x in=1000001",
		"openai gpt-x in=99999999999999999999",
		"openai gpt-x in=1.0000000001",
		"openai gpt-x In=1",
		"openai gpt-x price=1",
		"openai gpt-x tier=",
		"openai gpt-x over=-1",
		"openai gpt-x over=9223372036854775808",
		"openai gpt-x from=2025-13-01",
		"openai gpt-x from=2025-00-01",
		"openai gpt-x from=2025-01-32",
		"openai gpt-x from=20250101",
		"openai gpt-x from=1999-01-01",
		"openai gpt-x until=20250101",
		"openai gpt-x read=today",
		"openai gpt-x days=",
		"openai gpt-x days=monday",
		"openai gpt-x days=mon-",
		"openai gpt-x days=mon,,tue",
		"openai gpt-x hours=",
		"openai gpt-x hours=1:00-4:00",
		"openai gpt-x hours=01:00",
		"openai gpt-x hours=01:00-24:01",
		"openai gpt-x hours=01:00-02:60",
		"openai gpt-x hours=01:00-01:00",
		"openai gpt-x hours=01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00",
		"a,ok first in=7", /* is above */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(lines); i++) {
		char text[200];

		snprintf(text, sizeof(text), "ok first in=1\n%s\nok last in=1\n", lines[i]);
		parse(text);
		if (prices.n != 2 || bad.n != 1 || bad.first != 2 || !bad.why)
			fail_msg("%s: %u rows, %u bad lines, the first is %u", lines[i], prices.n, bad.n, bad.first);
	}
	parse("x\ny\nok m in=1\nz z=z");
	assert_int_equal(bad.n, 3);
	assert_int_equal(bad.first, 1);
	assert_int_equal(prices.n, 1);
}

static void test_price_rows_without_end_stop_at_the_cap(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	for (int i = 0; i < GT_PRICES_MAX + 5; i++)
		fprintf(f, "p m%d in=1\n", i);
	fclose(f);
	parse(text);
	assert_int_equal(prices.n, GT_PRICES_MAX);
	assert_int_equal(bad.n, 5);
	assert_int_equal(bad.first, GT_PRICES_MAX + 1);
	gt_prices_free(&prices);
	free(text);
}

/* ---------------------------------------------------------------- models */

static void test_price_model_is_its_name_and_its_snapshots_and_nothing_else(void **state)
{
	static const struct {
		const char *name, *id;
		bool is;
	} rows[] = {
		{ "gpt-4o", "gpt-4o", true },
		{ "gpt-4o", "GPT-4o", true },
		{ "gpt-4o", "gpt-4o-2024-08-06", true },
		{ "gpt-4o", "gpt-4o-latest", true },
		{ "gpt-4o", "gpt-4o-mini", false },
		{ "gpt-4o", "gpt-4o-mini-2024-07-18", false },
		{ "gpt-4o", "gpt-4o-audio-preview", false },
		{ "gpt-4o", "gpt-4o-audio-preview-2024-12-17", false },
		{ "gpt-4o", "gpt-4o-realtime-preview", false },
		{ "gpt-4o", "gpt-4o-search-preview-2025-03-11", false },
		{ "gpt-4o", "ft:gpt-4o-2024-08-06:org::id", false },
		{ "gpt-4o", "openai/gpt-4o", false },
		{ "gpt-4o", "gpt-4o:extended", false },
		{ "gpt-4o", "gpt-4o-2024-13-06", false },
		{ "gpt-4o", "gpt-4o-2024-08-06-x", false },
		{ "gpt-4o", "gpt-4o-2024-08-0", false },
		{ "gpt-4o", "gpt-4o-20240806", true },
		{ "gpt-4o", "gpt-4o2024-08-06", false },
		{ "gpt-4o", "gpt-4", false },
		{ "gpt-4o", "", false },
		{ "gpt-4", "gpt-4-0613", false },
		{ "gpt-4", "gpt-4-turbo", false },
		{ "gpt-5", "gpt-5.1", false },
		{ "gpt-5", "gpt-5-chat-latest", false },
		{ "o1", "o1-2024-12-17", true },
		{ "claude-sonnet-4", "claude-sonnet-4-20250514", true },
		{ "claude-sonnet-4", "claude-sonnet-4@20250514", true },
		{ "claude-sonnet-4", "claude-sonnet-4@default", true },
		{ "claude-sonnet-4", "claude-sonnet-4-5", false },
		{ "claude-sonnet-4", "claude-sonnet-4-5-20250929", false },
		{ "claude-sonnet-4", "claude-sonnet-4-5@20250929", false },
		{ "claude-sonnet-4", "claude-sonnet-4-0", false },
		{ "claude-3-5-sonnet", "claude-3-5-sonnet-latest", true },
		{ "anthropic.claude-sonnet-4", "anthropic.claude-sonnet-4-20250514-v1:0", true },
		{ "anthropic.claude-opus-4-6", "anthropic.claude-opus-4-6-v1:0", true },
		{ "anthropic.claude-opus-4-6", "anthropic.claude-opus-4-6-v1", false },
		{ "amazon.nova-pro", "amazon.nova-pro-v1:0", true },
		{ "amazon.nova-pro", "amazon.nova-pro-v1:0:300k", false },
		{ "amazon.nova-pro", "amazon.nova-pro-v:0", false },
		{ "amazon.nova-pro", "amazon.nova-pro-v1:", false },
		{ "gemini-2.0-flash", "gemini-2.0-flash-001", true },
		{ "gemini-2.0-flash", "gemini-2.0-flash-000", false },
		{ "gemini-2.0-flash", "gemini-2.0-flash-lite", false },
		{ "gemini-2.0-flash", "gemini-2.0-flash-lite-001", false },
		{ "gemini-2.0-flash", "gemini-2.0-flash-exp", false },
		{ "gemini-2.5-flash", "gemini-2.5-flash-preview-09-2025", false },
		{ "gemini-2.5-flash", "gemini-2.5-flash-image", false },
		{ "llama3", "llama3:8b", false },
		{ "", "gpt-4o", false },
		{ "", "-2024-08-06", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		if (gt_price_is_model(gt_str_of(rows[i].name), gt_str_of(rows[i].id)) != rows[i].is)
			fail_msg("%s as %s", rows[i].id, rows[i].name);
}

/* ---------------------------------------------------------------- lookup */

/* The line of the row that matches; 0 without a match. */
static unsigned find_in(const struct gt_prices *p, const char *provider, const char *model, const char *tier, int64_t input,
			uint32_t day)
{
	const struct gt_purchase what = { gt_str_of(provider), gt_str_of(model), gt_str_of(tier), input, { day, 0 } };
	const struct gt_price *row = gt_price_find(p, &what);

	return row ? row->line : 0;
}

static unsigned find(const char *provider, const char *model, const char *tier, int64_t input, uint32_t day)
{
	return find_in(&prices, provider, model, tier, input, day);
}

static void test_price_found_is_the_most_special_one(void **state)
{
	(void)state;
	parse("a,b m in=1\n"		   /* 1 */
	      "a m in=2 over=1000\n"	   /* 2 */
	      "a m in=3 from=2026-01-01\n" /* 3 */
	      "a m in=4 tier=flex\n"	   /* 4 */
	      "a m-2025-01-01 in=5\n"	   /* 5 */
	      "* n in=6\n"		   /* 6 */
	      "a n in=7\n");		   /* 7 */
	assert_int_equal(find("a", "m", "", 1000, 20251231), 1);
	assert_int_equal(find("b", "m", "", 1001, 20251231), 1);
	assert_int_equal(find("a", "m", "", 1001, 20251231), 2);
	assert_int_equal(find("a", "m", "", 1001, 20260101), 3); /* the new list has no price for long requests */
	assert_int_equal(find("a", "m", "flex", 1, 20260101), 4);
	assert_int_equal(find("a", "m", "FLEX", 1, 20260101), 4);
	assert_int_equal(find("a", "m", "priority", 1, 20260101), 0);
	assert_int_equal(find("a", "m-2025-01-01", "", 1, 20260101), 5);
	assert_int_equal(find("a", "m-2025-01-02", "", 1, 20251231), 1);
	assert_int_equal(find("c", "m", "", 1, 20260101), 0);
	assert_int_equal(bad.n, 0);
	assert_int_equal(find("c", "n", "", 1, 20260101), 6);
	assert_int_equal(find("a", "n", "", 1, 20260101), 7);
	assert_int_equal(find("a,b", "m", "", 1, 20260101), 0);
	assert_int_equal(find("", "m", "", 1, 20260101), 0);
}

/* The line of the row for "a m" at that day and hour; 0 without one. */
static unsigned at(uint32_t day, unsigned hour, unsigned minute)
{
	const struct gt_purchase what = { GT_STR("a"), GT_STR("m"), GT_STR(""), 1, { day, (uint16_t)(hour * 60 + minute) } };
	const struct gt_price *row = gt_price_find(&prices, &what);

	return row ? row->line : 0;
}

static void test_price_applies_in_its_period_only(void **state)
{
	(void)state;
	/* a promotion between two lists; the list after it is not known yet */
	parse("a m in=5 until=2026-08-20\n"
	      "a m in=4 from=2026-08-21 until=2026-11-21\n");
	assert_int_equal(at(20260820, 23, 59), 1);
	assert_int_equal(at(20260821, 0, 0), 2);
	assert_int_equal(at(20261121, 23, 59), 2);
	assert_int_equal(at(20261122, 0, 0), 0);
	/* a promotion, after which the list holds again */
	parse("a m in=5\n"
	      "a m in=4 from=2026-08-21 until=2026-11-21\n");
	assert_int_equal(at(20261121, 0, 0), 2);
	assert_int_equal(at(20261122, 0, 0), 1);
	/* hours, also over midnight */
	parse("a m in=1\n"
	      "a m in=2 hours=01:00-04:00,22:30-00:30\n");
	assert_int_equal(at(20261130, 0, 59), 1);
	assert_int_equal(at(20261130, 1, 0), 2);
	assert_int_equal(at(20261130, 3, 59), 2);
	assert_int_equal(at(20261130, 4, 0), 1);
	assert_int_equal(at(20261130, 22, 30), 2);
	assert_int_equal(at(20261130, 0, 29), 2);
	assert_int_equal(at(20261130, 0, 30), 1);
	/* days of the week: 2026-11-30 is a Monday */
	parse("a m in=1\n"
	      "a m in=2 days=mon-fri hours=01:00-04:00\n"
	      "a m in=3 days=sun\n");
	assert_int_equal(at(20261130, 2, 0), 2);
	assert_int_equal(at(20261204, 2, 0), 2);
	assert_int_equal(at(20261205, 2, 0), 1);
	assert_int_equal(at(20261206, 2, 0), 3);
	assert_int_equal(at(20240229, 2, 0), 2); /* Thursday */
	parse("a m in=1 days=sat-mon\n");
	assert_int_equal(at(20261130, 2, 0) + at(20261205, 2, 0) + at(20261206, 2, 0), 3);
	assert_int_equal(at(20261201, 2, 0), 0);
	/* a newer list wins over the hours of an older list */
	parse("a m in=2 hours=01:00-04:00\n"
	      "a m in=1 from=2026-01-01\n"
	      "a m in=3 from=2026-01-01 hours=01:00-04:00\n"
	      "a m in=3 from=2026-01-01 hours=01:00-04:00 until=2026-02-01\n");
	assert_int_equal(bad.n, 1);
	assert_int_equal(bad.first, 4);
	assert_int_equal(at(20260101, 5, 0), 2);
	assert_int_equal(at(20260101, 3, 0), 3);
	assert_int_equal(at(20251231, 3, 0), 1);
}

static void test_price_on_bedrock_knows_regions_and_resource_names(void **state)
{
	(void)state;
	parse("aws.bedrock v.m in=1\n"
	      "aws.bedrock eu.v.m in=2\n"
	      "gcp.gemini g in=3\n"
	      "openai v.m in=4\n");
	assert_int_equal(find("aws.bedrock", "v.m-20250514-v1:0", "", 1, 20260101), 1);
	assert_int_equal(find("aws.bedrock", "us.v.m-20250514-v1:0", "", 1, 20260101), 1);
	assert_int_equal(find("aws.bedrock", "eu.v.m-20250514-v1:0", "", 1, 20260101), 2);
	assert_int_equal(find("aws.bedrock", "us-gov.v.m-20250514-v1:0", "", 1, 20260101), 0);
	assert_int_equal(find("aws.bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.v.m", "", 1, 20260101), 1);
	assert_int_equal(find("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/x1", "", 1, 20260101),
			 0);
	assert_int_equal(find("gcp.gemini", "models/g", "", 1, 20260101), 3);
	assert_int_equal(find("openai", "us.v.m", "", 1, 20260101), 0);
	assert_int_equal(find("openai", "x/v.m", "", 1, 20260101), 0);
}

/* ---------------------------------------------------------------- the built-in list */

static void test_price_list_that_comes_along_has_no_bad_line(void **state)
{
	(void)state;
	gt_prices_free(&prices);
	assert_int_equal(gt_prices_parse(&prices, gt_price_list_text(), &bad), 0);
	if (bad.n)
		fail_msg("prices.txt, line %u %s (and %u more)", bad.first, bad.why, bad.n - 1);
	assert_true(prices.n > 50);
	assert_true(gt_str_icontains(gt_price_list_text(), GT_STR("as of 20")));
	for (uint32_t i = 0; i < prices.n; i++)
		if (!prices.rows[i].read || prices.rows[i].period.from > prices.rows[i].read)
			fail_msg("prices.txt, line %u was read before its time, or never", prices.rows[i].line);
}

/* Rates out of proportion to each other are most likely typing errors. */
static void test_price_list_that_comes_along_is_plausible(void **state)
{
	(void)state;
	gt_prices_free(&prices);
	assert_int_equal(gt_prices_parse(&prices, gt_price_list_text(), &bad), 0);
	for (uint32_t i = 0; i < prices.n; i++) {
		const struct gt_price *p = &prices.rows[i];
		const double *r = p->rates;

		if (r[GT_RATE_INPUT] > 200 || r[GT_RATE_OUTPUT] > 1000 || r[GT_RATE_CACHED] > r[GT_RATE_INPUT] ||
		    (r[GT_RATE_OUTPUT] >= 0 && r[GT_RATE_OUTPUT] < r[GT_RATE_INPUT]) ||
		    (r[GT_RATE_WRITE] >= 0 && r[GT_RATE_WRITE] < r[GT_RATE_INPUT]) ||
		    (r[GT_RATE_WRITE_1H] >= 0 && r[GT_RATE_WRITE_1H] < r[GT_RATE_WRITE]))
			fail_msg("prices.txt, line %u", p->line);
		for (int j = 0; j < GT_RATES; j++)
			if (r[j] >= 0 && r[GT_RATE_INPUT] < 0)
				fail_msg("prices.txt, line %u has no price of plain input", p->line);
	}
}

static double input_rate(const char *provider, const char *model, int64_t input)
{
	const struct gt_purchase what = { gt_str_of(provider), gt_str_of(model), GT_STR(""), input, { 20261101, 0 } };
	const struct gt_price *row = gt_price_find(&prices, &what);

	return row ? row->rates[GT_RATE_INPUT] : -2;
}

static void test_price_list_that_comes_along_knows_what_is_what(void **state)
{
	static const struct {
		const char *provider, *model;
		int64_t input;
		double rate; /* -1: unknown price, -2: no row */
	} rows[] = {
		{ "openai", "gpt-4o", 1, 2.5 },
		{ "openai", "gpt-4o-2024-08-06", 1, 2.5 },
		{ "openai", "gpt-4o-2024-05-13", 1, 5 },
		{ "openai", "gpt-4o-mini-2024-07-18", 1, 0.15 },
		{ "openai", "gpt-4o-mini-realtime-preview", 1, -2 },
		{ "azure.ai.openai", "gpt-4o-2024-11-20", 1, 2.5 },
		{ "openai", "gpt-5.4-2026-03-05", 272000, 2.5 },
		{ "openai", "gpt-5.4-2026-03-05", 272001, 5 },
		{ "openai", "gpt-5.5", 272001, 10 },
		{ "azure.ai.openai", "gpt-5.5", 272001, -1 },
		{ "openai", "gpt-5.6-sol", 1, 4 },
		{ "azure.ai.openai", "gpt-5.6-sol", 1, -2 },
		{ "anthropic", "claude-sonnet-4-20250514", 200000, 3 },
		{ "anthropic", "claude-sonnet-4-20250514", 200001, 6 },
		{ "anthropic", "claude-3-5-sonnet-latest", 1, 3 },
		{ "anthropic", "claude-sonnet-5", 1, 2 },   /* the announced rise did not come */
		{ "deepseek", "deepseek-v4-pro", 1, 0.66 }, /* a Sunday */
		{ "aws.bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0", 1, 3 },
		{ "aws.bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", 1, 3 },
		{ "aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 1, 3.3 },
		{ "aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", 1, -2 },
		{ "gcp.vertex_ai", "claude-sonnet-4@20250514", 1, 3 },
		{ "gcp.vertex_ai", "gemini-2.5-pro", 200001, 2.5 },
		{ "gcp.gemini", "gemini-2.5-pro", 200000, 1.25 },
		{ "ollama", "llama3.2", 1, -2 },
		{ "mistral_ai", "mistral-large-latest", 1, -2 },
	};

	(void)state;
	gt_prices_free(&prices);
	assert_int_equal(gt_prices_parse(&prices, gt_price_list_text(), &bad), 0);
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		if (input_rate(rows[i].provider, rows[i].model, rows[i].input) != rows[i].rate)
			fail_msg("%s %s: %g", rows[i].provider, rows[i].model,
				 input_rate(rows[i].provider, rows[i].model, rows[i].input));
	gt_prices_free(&prices);
}

/* ---------------------------------------------------------------- the user's file */

static char reported[512];
static int tellings;

static void warn(void *ctx, const char *message)
{
	(void)ctx;
	tellings++;
	snprintf(reported, sizeof(reported), "%s", message);
}

static void read_file(struct gt_price_lists *lists, const char *text)
{
	char path[] = "/tmp/gentap-prices-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	tellings = 0;
	assert_int_equal(gt_price_lists_read(lists, path, warn, NULL), 0);
	unlink(path);
}

static void test_price_file_is_read_beside_the_list_that_comes_along(void **state)
{
	struct gt_price_lists lists;

	(void)state;
	read_file(&lists, "openai gpt-4o in=1\nacme m in=2\n");
	assert_int_equal(tellings, 0);
	assert_int_equal(lists.users.n, 2);
	assert_true(lists.ours.n > 50);
	assert_int_equal(find_in(&lists.users, "acme", "m", "", 1, 20260101), 2);
	gt_price_lists_free(&lists);
	tellings = 0;
	assert_int_equal(gt_price_lists_read(&lists, NULL, warn, NULL), 0);
	assert_int_equal(tellings + (int)lists.users.n, 0);
	gt_price_lists_free(&lists);
}

static void test_price_file_bad_lines_are_one_warning_with_file_and_line(void **state)
{
	struct gt_price_lists lists;

	(void)state;
	read_file(&lists, "acme m in=2\nacme n inn=2\n");
	assert_int_equal(tellings, 1);
	assert_non_null(strstr(reported, "GENTAP_PRICES: \"/tmp/gentap-prices-"));
	assert_non_null(strstr(reported, "\", line 2 has an unknown key; it is ignored"));
	assert_int_equal(lists.users.n, 1);
	gt_price_lists_free(&lists);
	read_file(&lists, "x\nacme m in=2\ny\nz");
	assert_int_equal(tellings, 1);
	assert_non_null(strstr(reported, "\", line 1 names no model; it is ignored, and 2 more lines"));
	gt_price_lists_free(&lists);
}

static void test_price_file_that_cannot_be_read_is_one_warning(void **state)
{
	static const struct {
		const char *path, *says;
	} rows[] = {
		{ "/nowhere/prices", "GENTAP_PRICES: \"/nowhere/prices\" does not exist; the built-in prices are used" },
		{ "/", "GENTAP_PRICES: \"/\" is a directory; the built-in prices are used" },
		{ "/dev/null", "GENTAP_PRICES: \"/dev/null\" cannot be read; the built-in prices are used" },
		{ "/a\nb\x1b[31m", "GENTAP_PRICES: \"/a b [31m\" does not exist; the built-in prices are used" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_price_lists lists;

		tellings = 0;
		assert_int_equal(gt_price_lists_read(&lists, rows[i].path, warn, NULL), 0);
		assert_int_equal(tellings, 1);
		assert_string_equal(reported, rows[i].says);
		assert_true(lists.ours.n > 50);
		gt_price_lists_free(&lists);
	}
}

static void test_price_file_of_a_pipe_does_not_wait(void **state)
{
	char path[] = "/tmp/gentap-prices-XXXXXX", fifo[64];
	struct gt_price_lists lists;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	tellings = 0;
	assert_int_equal(gt_price_lists_read(&lists, fifo, warn, NULL), 0);
	assert_int_equal(tellings, 1);
	gt_price_lists_free(&lists);
	unlink(fifo);
	rmdir(path);
}

static void test_price_lists_survive_every_failed_allocation(void **state)
{
	char path[] = "/tmp/gentap-prices-XXXXXX";
	int fd = mkstemp(path), ret;

	(void)state;
	assert_int_equal(write(fd, "acme m in=2\n", 12), 12);
	close(fd);
	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_price_lists lists;

		ret = gt_price_lists_read(&lists, path, warn, NULL);
		gt_price_lists_free(&lists);
	}
	gt_fail_none();
	assert_int_equal(ret, 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_price_row_has_all_that_its_line_says),
		GT_TEST(test_price_day_of_reading_is_of_all_rows_below_it),
		GT_TEST(test_price_day_is_old_after_six_months),
		GT_TEST(test_price_bad_line_is_reported_and_the_rest_counts),
		GT_TEST(test_price_rows_without_end_stop_at_the_cap),
		GT_TEST(test_price_model_is_its_name_and_its_snapshots_and_nothing_else),
		GT_TEST(test_price_found_is_the_most_special_one),
		GT_TEST(test_price_applies_in_its_period_only),
		GT_TEST(test_price_on_bedrock_knows_regions_and_resource_names),
		GT_TEST(test_price_list_that_comes_along_has_no_bad_line),
		GT_TEST(test_price_list_that_comes_along_is_plausible),
		GT_TEST(test_price_list_that_comes_along_knows_what_is_what),
		GT_TEST(test_price_file_is_read_beside_the_list_that_comes_along),
		GT_TEST(test_price_file_bad_lines_are_one_warning_with_file_and_line),
		GT_TEST(test_price_file_that_cannot_be_read_is_one_warning),
		GT_TEST(test_price_file_of_a_pipe_does_not_wait),
		GT_TEST(test_price_lists_survive_every_failed_allocation),
	};

	return GT_TESTS(tests);
}
