/*
 * The cost that a reply names: believed where the API of its host defines it, nothing for an answer from a cache. Bodies
 * write ' for ".
 */
#include "support/exchange_case.h"
#include "support/test.h"

#include <math.h>

#include "exporter/cost/price_list.h"

static struct gt_price_lists lists;

static int read_lists(void **state)
{
	struct gt_prices_bad bad;

	(void)state;
	assert_int_equal(gt_prices_parse(&lists.ours, GT_STR("openai,litellm,cloudflare m in=2.5 cached=1.25 out=10\n"), &bad),
			 0);
	assert_int_equal(bad.n, 0);
	return 0;
}

static int free_lists(void **state)
{
	(void)state;
	gt_prices_free(&lists.ours);
	return 0;
}

#define NONE   -1.0
#define PRICED 0.0035 /* 1000 tokens at 2.5, 100 at 10 per million */

struct row {
	struct gt_exchange_case exchange;
	double usd;
	const char *source; /* reply */
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct gt_exchange_case c = rows[i].exchange;
		const struct gt_value *v;
		struct gt_span *s;

		c.prices = &lists;
		c.want = "";
		s = gt_exchange_case_span(&c);
		assert_non_null(s);
		v = gt_span_get(s, GT_ATTR_USAGE_COST);
		if (!v != (rows[i].usd < 0) || (v && fabs(v->d - rows[i].usd) > 1e-12))
			fail_msg("row %zu: %.12g, not %.12g: %s %s", i, v ? v->d : -1, rows[i].usd, c.fields ? c.fields : "",
				 c.response);
		if (v)
			assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_COST_SOURCE), rows[i].source ? rows[i].source : "reply");
		gt_span_free(s);
	}
}

#define CHECK(rows) check(rows, GT_ROWS(rows))

#define CHAT(provider_, answer, ...)                                              \
	{ .api = GT_API_OPENAI_CHAT,                                              \
	  .provider = provider_,                                                  \
	  .target = "/v1/chat/completions",                                       \
	  .request = "{'model':'m','messages':[{'role':'user','content':'hi'}]}", \
	  .response = answer,                                                     \
	  __VA_ARGS__ }
#define USED	  "'usage':{'prompt_tokens':1000,'completion_tokens':100,'total_tokens':1100"
#define DONE	  "'model':'m','choices':[{'index':0,'finish_reason':'stop'}],"
#define ANSWER	  "{" DONE USED "}}"
#define SAYS(...) "{" DONE USED "," __VA_ARGS__ "}}"
#define SSE	  .type = "text/event-stream"
#define STREAM	  "data: " ANSWER "\n\ndata: [DONE]\n\n"
#define FIELD(f)  .fields = f "\r\n"

static void test_reply_cost_is_believed_where_the_api_defines_it(void **state)
{
	static const struct row rows[] = {
		{ CHAT("perplexity", SAYS("'cost':{'input_tokens_cost':0.00054,'request_cost':0.005,'total_cost':0.00571}")),
		  0.00571 },
		{ CHAT("deepinfra", SAYS("'estimated_cost':0.0000123")), 0.0000123 },
		{ CHAT("x_ai", SAYS("'cost_in_usd_ticks':8934000")), 0.0008934 },
		/* on another host the same members may be anything */
		{ CHAT("openai", SAYS("'cost':{'total_cost':0.00571}")), PRICED, "prices" },
		{ CHAT("openai", SAYS("'estimated_cost':0.0000123")), PRICED, "prices" },
		{ CHAT("openai", SAYS("'cost_in_usd_ticks':8934000")), PRICED, "prices" },
		{ CHAT("openai", SAYS("'cost':0.25")), PRICED, "prices" },
		{ CHAT("groq", SAYS("'cost_in_usd_ticks':8934000")), NONE },
		{ CHAT("x_ai", SAYS("'cost':{'total_cost':0.00571}")), NONE },
		{ CHAT("perplexity", SAYS("'cost_in_usd_ticks':8934000")), NONE },
		{ CHAT("x_ai", SAYS("'cost_in_usd_ticks':-1")), NONE },
		{ CHAT("x_ai", SAYS("'cost_in_usd_ticks':'7'")), NONE },
		/* a repeated fetch must not count the cost twice */
		{ { .api = GT_API_OPENAI_STORED,
		    .provider = "x_ai",
		    .method = "GET",
		    .target = "/v1/responses/r1",
		    .request_type = "",
		    .response = "{'id':'r1','status':'completed','usage':{'input_tokens':1,'output_tokens':1,"
				"'cost_in_usd_ticks':7}}" },
		  NONE },
	};

	(void)state;
	CHECK(rows);
}

static void test_reply_cost_of_openrouter_knows_the_users_own_key(void **state)
{
#define OPENROUTER(...) CHAT("openrouter", SAYS(__VA_ARGS__))
	static const struct row rows[] = {
		{ OPENROUTER("'cost':0.000095,'is_byok':false"), 0.000095 },
		{ OPENROUTER("'cost':0"), 0 },
		{ OPENROUTER("'cost':-1"), NONE },
		{ OPENROUTER("'cost':'0.1'"), NONE },
		/* the fee of OpenRouter plus the cost of the provider */
		{ OPENROUTER("'cost':0.001,'is_byok':true,'cost_details':{'upstream_inference_cost':0.02}"), 0.021 },
		{ OPENROUTER("'cost':0.001,'is_byok':true,'cost_details':{'upstream_inference_cost':null}"), NONE },
		{ OPENROUTER("'cost':0.001,'is_byok':true,'cost_details':{'upstream_inference_cost':-1}"), NONE },
		/* a gateway to it, recognized by the id */
		{ CHAT("openai", "{'id':'gen-17'," DONE USED ",'cost':0.25}}", .candidate = true), 0.25 },
		{ CHAT("openai", "{'id':'chatcmpl-1'," DONE USED ",'cost':0.25}}"), PRICED, "prices" },
		{ CHAT("openrouter",
		       "data: {'id':'gen-1'," DONE "'usage':null}\n\ndata: {'id':'gen-1','choices':[]," USED
		       ",'cost':0.5}}\n\ndata: [DONE]\n\n",
		       SSE),
		  0.5 },
		{ { .api = GT_API_OPENAI_EMBEDDINGS,
		    .provider = "openrouter",
		    .request = "{'model':'emb','input':'x'}",
		    .response = "{'data':[],'usage':{'prompt_tokens':7,'total_tokens':7,'cost':1.4e-07}}" },
		  1.4e-7 },
	};

	(void)state;
	CHECK(rows);
}

static void test_reply_cost_of_litellm_is_in_the_head_or_at_the_end_of_a_stream(void **state)
{
#define COST(v) FIELD("x-litellm-response-cost: " v)
	static const struct row rows[] = {
		{ CHAT("openai", ANSWER, COST("2.1e-05"), .candidate = true), 0.000021 },
		{ CHAT("openai", ANSWER, COST("0.1")), 0.1 },
		{ CHAT("openai", ANSWER, COST("None")), PRICED, "prices" },
		{ CHAT("openai", ANSWER, COST("-1")), PRICED, "prices" },
		/* free: no list of prices has a say */
		{ CHAT("openai", ANSWER, COST("0")), 0 },
		{ CHAT("openai", ANSWER, COST("0.0"), .candidate = true), 0 },
		/* the cost of a stream is unknown when its head is sent: the figure there is nothing to rely on */
		{ CHAT("openai", STREAM, SSE, COST("0.1")), PRICED, "prices" },
		{ CHAT("openai", STREAM, SSE, COST("0.0")), NONE },
		{ CHAT("litellm", SAYS("'cost':0.25")), 0.25 },
		{ CHAT("openai", SAYS("'cost':0.25"), FIELD("x-litellm-call-id: 1")), 0.25 },
		{ CHAT("openai", SAYS("'cost':0.25"), FIELD("x-litellm-version: 1.80.0")), 0.25 },
		{ CHAT("litellm",
		       "data: {" DONE "'usage':null}\n\ndata: {'choices':[]," USED ",'cost':0.5}}\n\ndata: [DONE]\n\n", SSE,
		       COST("0.0")),
		  0.5 },
	};

	(void)state;
	CHECK(rows);
}

static void test_reply_cost_of_an_answer_from_a_cache_is_nothing(void **state)
{
	static const struct row rows[] = {
		{ CHAT("openai", ANSWER, FIELD("cf-aig-cache-status: HIT")), 0 },
		{ CHAT("openai", ANSWER, FIELD("cf-aig-cache-status: MISS")), PRICED, "prices" },
		{ CHAT("openai", ANSWER, FIELD("x-portkey-cache-status: SEMANTIC HIT")), 0 },
		{ CHAT("openai", ANSWER, FIELD("x-portkey-cache-status: SEMANTIC MISS")), PRICED, "prices" },
		{ CHAT("openai", ANSWER, FIELD("Helicone-Cache: HIT")), 0 },
		{ CHAT("openai", ANSWER, FIELD("X-Cache-Status: Hit")), 0 },
		{ CHAT("openai", ANSWER, FIELD("X-Cache-Status: Bypass")), PRICED, "prices" },
		{ CHAT("openai", ANSWER, FIELD("X-Cache: Hit from cloudfront")), 0 },
		{ CHAT("openai", ANSWER, FIELD("X-Cache: Error from cloudfront")), PRICED, "prices" },
		{ CHAT("openai", ANSWER, FIELD("cf-cache-status: DYNAMIC")), PRICED, "prices" },
		{ CHAT("openai", STREAM, SSE, FIELD("cf-aig-cache-status: HIT")), 0 },
		/* the cost beside it is that of the call that filled the cache */
		{ CHAT("openrouter", SAYS("'cost':0.5"), FIELD("x-openrouter-cache-status: HIT")), 0 },
		{ CHAT("openai", ANSWER, FIELD("x-litellm-cache-key: 8f2a\r\nx-litellm-response-cost: 0.5")), 0 },
		{ CHAT("openai", ANSWER, FIELD("x-litellm-cache-key: ")), PRICED, "prices" },
		/* without counts there is nothing that could have a cost */
		{ CHAT("openai", "{" DONE "'usage':null}", FIELD("cf-aig-cache-status: HIT")), NONE },
		{ CHAT("openai", "{'error':{'message':'no'}}", FIELD("cf-aig-cache-status: HIT"), .status = 400), NONE },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_reply_cost_is_believed_where_the_api_defines_it),
		GT_TEST(test_reply_cost_of_openrouter_knows_the_users_own_key),
		GT_TEST(test_reply_cost_of_litellm_is_in_the_head_or_at_the_end_of_a_stream),
		GT_TEST(test_reply_cost_of_an_answer_from_a_cache_is_nothing),
	};

	return cmocka_run_group_tests(tests, read_lists, free_lists);
}
