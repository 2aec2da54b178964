#include "support/exchange_case.h"
#include "support/test.h"

#include <math.h>

#include "exporter/cost/cost.h"
#include "exporter/cost/price_list.h"

/* ---------------------------------------------------------------- arithmetic */

/* Token counts by name; all others are absent. */
#define USAGE(...)                                                                \
	({                                                                        \
		struct gt_usage u_;                                               \
		memset(&u_, 0xff, sizeof(u_));                                    \
		set_usage(&u_, (const struct count[]){ __VA_ARGS__, { 0, -1 } }); \
		u_;                                                               \
	})
#define N(name, n) { offsetof(struct gt_usage, name), n }

struct count {
	size_t field;
	int64_t n;
};

static void set_usage(struct gt_usage *u, const struct count *counts)
{
	for (; counts->n >= 0; counts++)
		*(int64_t *)((char *)u + counts->field) = counts->n;
}

static struct gt_prices prices;

static const struct gt_price *priced(const char *text)
{
	struct gt_prices_bad bad;

	gt_prices_free(&prices);
	assert_int_equal(gt_prices_parse(&prices, gt_str_of(text), &bad), 0);
	assert_int_equal(bad.n + prices.n, 1);
	return prices.rows;
}

/* In millionths of a dollar; -1: unknown. */
static double micro(struct gt_usage u, const char *row)
{
	double usd;

	return gt_cost_of_usage(&u, priced(row), &usd) ? usd * 1e6 : -1;
}

#define assert_micro(u, row, expected)                                                 \
	do {                                                                           \
		double got_ = micro(u, row);                                           \
		if (fabs(got_ - (expected)) > 1e-6)                                    \
			fail_msg("%s: %.9g, not %.9g", row, got_, (double)(expected)); \
	} while (0)

static void test_cost_is_tokens_times_price(void **state)
{
	(void)state;
	/* 1000 * 2.5 + 100 * 10 */
	assert_micro(USAGE(N(input, 1000), N(output, 100)), "p m in=2.5 out=10", 3500);
	assert_micro(USAGE(N(input, 0), N(output, 0)), "p m in=2.5 out=10", 0);
	/* 176 * 1.25 + 1024 * 0.125 + 17 * 10 */
	assert_micro(USAGE(N(input, 1200), N(cache_read, 1024), N(output, 17)), "p m in=1.25 cached=0.125 out=10", 518);
	/* the output already includes reasoning */
	assert_micro(USAGE(N(input, 10), N(output, 300), N(reasoning, 256)), "p m in=1 out=2", 610);
	/* 44 * 2 + 256 * 3 */
	assert_micro(USAGE(N(input, 10), N(output, 300), N(reasoning, 256)), "p m in=1 out=2 reasoning=3", 866);
	assert_micro(USAGE(N(input, 7)), "p m in=0.02", 0.14);
}

static void test_cost_of_cache_writes_by_how_long_they_live(void **state)
{
	(void)state;
	/* 50 * 3 + 1000 * 0.3 + 200 * 3.75 + 10 * 15 */
	assert_micro(USAGE(N(input, 1250), N(cache_read, 1000), N(cache_write, 200), N(cache_write_1h, 0), N(output, 10)),
		     "p m in=3 cached=0.3 write=3.75 write_1h=6 out=15", 1350);
	/* 50 * 3 + 150 * 3.75 + 50 * 6 + 10 * 15 */
	assert_micro(USAGE(N(input, 250), N(cache_write, 200), N(cache_write_1h, 50), N(output, 10)),
		     "p m in=3 cached=0.3 write=3.75 write_1h=6 out=15", 1162.5);
	assert_micro(USAGE(N(input, 250), N(cache_write, 200), N(output, 10)), "p m in=3 write=3.75 write_1h=6 out=15", -1);
	/* with one kind of cache only: 50 * 3 + 200 * 3.75 + 10 * 15 */
	assert_micro(USAGE(N(input, 250), N(cache_write, 200), N(output, 10)), "p m in=3 write=3.75 out=15", 1050);
	assert_micro(USAGE(N(input, 250), N(cache_write, 0), N(output, 10)), "p m in=3 write=3.75 write_1h=6 out=15", 900);
}

static void test_cost_of_audio_has_its_own_price(void **state)
{
	(void)state;
	/* 20 * 2.5 + 80 * 40 + 5 * 10 + 45 * 80 */
	assert_micro(USAGE(N(input, 100), N(audio_input, 80), N(output, 50), N(audio_output, 45)),
		     "p m in=2.5 out=10 audio_in=40 audio_out=80", 6900);
	assert_micro(USAGE(N(input, 100), N(audio_input, 80), N(output, 50)), "p m in=2.5 out=10", -1);
	assert_micro(USAGE(N(input, 100), N(audio_input, 0), N(output, 50), N(audio_output, 0)), "p m in=2.5 out=10", 750);
	assert_micro(USAGE(N(input, 100), N(output, 50), N(audio_output, 1)), "p m in=2.5 out=10 audio_in=2.5", -1);
	/* the kind of the input is unknown */
	assert_micro(USAGE(N(input, 100), N(output, 50)), "p m in=0.3 out=2.5 audio_in=1", -1);
	assert_micro(USAGE(N(input, 100), N(text_input, 100), N(output, 50)), "p m in=0.3 out=2.5 audio_in=1", 155);
	assert_micro(USAGE(N(input, 100), N(output, 50)), "p m in=1 out=2 audio_in=1", 200);
	/* the cached tokens may be audio */
	assert_micro(USAGE(N(input, 100), N(audio_input, 40), N(cache_read, 20), N(output, 0)),
		     "p m in=0.3 cached=0.03 out=2 audio_in=1", -1);
	assert_micro(USAGE(N(input, 100), N(audio_input, 40), N(cache_read, 20), N(text_cache_read, 20), N(output, 0)),
		     "p m in=0.3 cached=0.03 out=2 audio_in=1", 40 * 0.3 + 20 * 0.03 + 40);
}

static void test_cost_of_what_has_no_price_or_makes_no_sense_is_none(void **state)
{
	static const char row[] = "p m in=2.5 cached=1.25 out=10";

	(void)state;
	assert_micro(USAGE(N(output, 1)), row, -1);
	assert_micro(USAGE(N(input, 1)), row, -1);
	assert_micro(USAGE(N(input, 1), N(output, 1)), "p m", -1);
	assert_micro(USAGE(N(input, 1), N(output, 1)), "p m in=1", -1);
	assert_micro(USAGE(N(input, 1), N(output, 1)), "p m out=1", -1);
	assert_micro(USAGE(N(input, 10), N(cache_read, 5), N(output, 1)), "p m in=1 out=1", -1);
	assert_micro(USAGE(N(input, 10), N(cache_write, 5), N(output, 1)), row, -1);
	assert_micro(USAGE(N(input, 10), N(cache_read, 11), N(output, 1)), row, -1);
	assert_micro(USAGE(N(input, 10), N(cache_read, 6), N(cache_write, 5), N(output, 1)), "p m in=1 cached=1 write=1 out=1",
		     -1);
	assert_micro(USAGE(N(input, 10), N(cache_read, INT64_MAX), N(cache_write, INT64_MAX), N(output, 1)), row, -1);
	assert_micro(USAGE(N(input, 10), N(cache_write, 5), N(cache_write_1h, 6), N(output, 1)),
		     "p m in=1 write=1 write_1h=2 out=1", -1);
	assert_micro(USAGE(N(input, 10), N(audio_input, 11), N(output, 1)), "p m in=1 out=1 audio_in=1", -1);
	assert_micro(USAGE(N(input, 10), N(output, 5), N(audio_output, 6)), "p m in=1 out=1 audio_out=1", -1);
	assert_micro(USAGE(N(input, 10), N(output, 5)), "p m in=1 out=1 reasoning=2", -1);
	assert_micro(USAGE(N(input, 10), N(output, 5), N(reasoning, 6)), "p m in=1 out=1 reasoning=2", -1);
	assert_micro(USAGE(N(input, 10), N(output, 5), N(image_output, 5)), "p m in=1 out=1", -1);
	assert_micro(USAGE(N(input, 10), N(output, 5), N(unaccounted, 3)), row, -1);
	gt_prices_free(&prices);
}

/* ---------------------------------------------------------------- exchanges */

static struct gt_price_lists lists;

static int read_lists(void **state)
{
	struct gt_prices_bad bad;

	(void)state;
	assert_int_equal(
		gt_prices_parse(&lists.ours,
				GT_STR("openai,azure.ai.openai gpt-4o in=2.5 cached=1.25 out=10\n"
				       "openai gpt-4o in=1 out=5 tier=flex\n"
				       "openai gpt-4o-mini in=0.15 out=0.6\n"
				       "openai emb in=0.02\n"
				       "groq llama in=1 out=1\n"
				       "openai later in=1 out=1 from=2025-06-16\n"
				       "openai today in=1 out=1 from=2025-06-15\n"
				       "openai ended in=1 out=1 until=2025-06-14\n"
				       "openai last in=1 out=1 until=2025-06-15 read=2025-05-01\n"
				       "openai hourly in=1 out=1 hours=15:06-15:07 days=sun\n" /* the exchange is of 15:06:40 */
				       "openai hourly in=5 out=5 hours=15:07-15:08\n"
				       "anthropic claude-x in=3 cached=0.3 write=3.75 write_1h=6 out=15\n"
				       "anthropic claude-x in=6 cached=0.6 write=7.5 write_1h=12 out=22.5 over=200000\n"
				       "anthropic claude-y in=5 cached=0.5 write=6.25 write_1h=10 out=25\n"
				       "aws.bedrock us.anthropic.claude-x in=3.3 cached=0.33 write=4.125 out=16.5\n"
				       "aws.bedrock us.anthropic.claude-y in=5.5 cached=0.55 write=6.875 write_1h=11 out=27.5\n"
				       "cohere command in=2.5 out=10\n"
				       "cohere emb in=0.12\n"
				       "gcp.gemini gem in=1.25 cached=0.125 out=10\n"),
				&bad),
		0);
	assert_int_equal(bad.n, 0);
	assert_int_equal(gt_prices_parse(&lists.users, GT_STR("openai mine in=1000 out=0\n"), &bad), 0);
	assert_int_equal(bad.n, 0);
	return 0;
}

static int free_lists(void **state)
{
	(void)state;
	gt_prices_free(&lists.ours);
	gt_prices_free(&lists.users);
	return 0;
}

struct cost_case {
	struct gt_exchange_case exchange;
	double usd;	    /* -1: unknown */
	const char *source; /* NULL: computed from the list */
};

static void check(const struct cost_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct gt_exchange_case c = cases[i].exchange;
		struct gt_span *s;
		const struct gt_value *v;

		c.prices = &lists;
		c.want = "";
		s = gt_exchange_case_span(&c);
		assert_non_null(s);
		v = gt_span_get(s, GT_ATTR_USAGE_COST);
		if ((v ? 1 : 0) != (cases[i].usd >= 0) || (v && fabs(v->d - cases[i].usd) > 1e-12))
			fail_msg("case %zu: %.12g, not %.12g: %s", i, v ? v->d : -1, cases[i].usd, c.response);
		if (v)
			assert_str(gt_span_get_str(s, GT_ATTR_GENTAP_COST_SOURCE),
				   cases[i].source ? cases[i].source : "prices");
		else
			assert_false(gt_span_has(s, GT_ATTR_GENTAP_COST_SOURCE));
		gt_span_free(s);
	}
}

#define CHECK(cases) check(cases, GT_ROWS(cases))

#define CHAT(provider_, model, answer, ...)                                               \
	{ .api = GT_API_OPENAI_CHAT,                                                      \
	  .provider = provider_,                                                          \
	  .target = "/v1/chat/completions",                                               \
	  .request = "{'model':'" model "','messages':[{'role':'user','content':'hi'}]}", \
	  .response = answer,                                                             \
	  __VA_ARGS__ }
#define USED "'usage':{'prompt_tokens':1000,'completion_tokens':100,'total_tokens':1100"
#define DONE "'choices':[{'index':0,'finish_reason':'stop'}],"
#define SSE  .type = "text/event-stream"

static void test_cost_is_of_the_model_that_answered(void **state)
{
	static const struct cost_case cases[] = {
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o-2024-08-06'," DONE USED "}}"), 0.0035 },
		{ CHAT("openai", "gpt-4o", "{" DONE USED "}}"), 0.0035 },
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o-mini-2024-07-18'," DONE USED "}}"), 0.00021 },
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o-audio-preview'," DONE USED "}}"), -1 },
		{ CHAT("openai", "gpt-4o", "{'model':'ft:gpt-4o-2024-08-06:o::x'," DONE USED "}}"), -1 },
		{ CHAT("ollama", "gpt-4o", "{'model':'gpt-4o'," DONE USED "}}"), -1 },
		/* a deployment may have any name */
		{ CHAT("azure.ai.openai", "chat", "{'model':'gpt-4o-2024-08-06'," DONE USED "}}"), 0.0035 },
		{ CHAT("azure.ai.openai", "gpt-4o", "{" DONE USED "}}"), -1 },
		/* on an unknown host a model's name proves nothing; a list of the user's still applies */
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o'," DONE USED "}}", .candidate = true), -1 },
		{ CHAT("openai", "mine", "{'model':'mine'," DONE USED "}}", .candidate = true), 1, "user_prices" },
		{ CHAT("openai", "later", "{" DONE USED "}}"), -1 },
		{ CHAT("openai", "today", "{" DONE USED "}}"), 0.0011 },
		{ CHAT("openai", "ended", "{" DONE USED "}}"), -1 },
		{ CHAT("openai", "last", "{" DONE USED "}}"), 0.0011 },
		{ CHAT("openai", "hourly", "{" DONE USED "}}"), 0.0011 },
	};

	(void)state;
	CHECK(cases);
}

static void test_cost_needs_counts_that_are_whole(void **state)
{
	static const struct cost_case cases[] = {
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o'," DONE "'usage':null}"), -1 },
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o'," DONE "'usage':{'prompt_tokens':5}}"), -1 },
		{ CHAT("openai", "gpt-4o",
		       "{'model':'gpt-4o'," DONE "'usage':{'prompt_tokens':5,'completion_tokens':5,'total_tokens':20}}"),
		  -1 },
		{ CHAT("openai", "gpt-4o", "{'error':{'message':'no','type':'x'}," USED "}}", .status = 400), -1 },
		/* counts under names that nothing knows; Perplexity bills some of them apart */
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'dream_tokens':3}}"), -1 },
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'citation_tokens':3}}"), -1 },
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'num_sources_used':3}}"), -1 },
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'prompt_tokens_details':{'web_search_requests':1}}}"), -1 },
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'server_tool_use':{'web_search_requests':1}}}"), -1 },
		/* writes to a cache, in the words of a gateway: they have no price here */
		{ CHAT("openai", "gpt-4o", "{" DONE USED ",'cache_creation_input_tokens':300}}"), -1 },
		/* a stream, whose end has the counts */
		{ CHAT("openai", "gpt-4o", "data: {'model':'gpt-4o'," DONE USED "}}\n\ndata: [DONE]\n\n", SSE), 0.0035 },
		{ CHAT("openai", "gpt-4o", "data: {'model':'gpt-4o','choices':[]," USED "}}\n\n", SSE, .end = GT_CASE_CLOSED),
		  -1 },
		{ { .api = GT_API_OPENAI_EMBEDDINGS,
		    .provider = "openai",
		    .target = "/v1/embeddings",
		    .request = "{'model':'emb','input':'x'}",
		    .response = "{'data':[{'embedding':[1,2]}],'model':'emb','usage':{'prompt_tokens':7,'total_tokens':7}}" },
		  1.4e-7 },
	};

	(void)state;
	CHECK(cases);
}

static void test_cost_follows_the_tier_of_service(void **state)
{
	static const struct cost_case cases[] = {
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o','service_tier':'default'," DONE USED "}}"), 0.0035 },
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o','service_tier':'flex'," DONE USED "}}"), 0.0015 },
		{ CHAT("openai", "gpt-4o", "{'model':'gpt-4o','service_tier':'priority'," DONE USED "}}"), -1 },
		{ { .api = GT_API_OPENAI_CHAT,
		    .provider = "openai",
		    .request = "{'model':'gpt-4o','messages':[{'role':'user'}],'service_tier':'flex'}",
		    .response = "{'model':'gpt-4o'," DONE USED "}}" },
		  0.0015 },
		{ { .api = GT_API_OPENAI_CHAT,
		    .provider = "openai",
		    .request = "{'model':'gpt-4o','messages':[{'role':'user'}],'service_tier':'flex'}",
		    .response = "{'model':'gpt-4o','service_tier':'default'," DONE USED "}}" },
		  0.0035 },
	};

	(void)state;
	CHECK(cases);
}

static void test_cost_of_tools_that_the_provider_runs_is_not_known(void **state)
{
#define RESPONSES(items)                                                                         \
	{                                                                                        \
		.api = GT_API_OPENAI_RESPONSES, .provider = "openai", .target = "/v1/responses", \
		.request = "{'model':'gpt-4o','input':'x'}",                                     \
		.response = "{'model':'gpt-4o','status':'completed','output':[" items            \
			    "],'usage':{'input_tokens':1000,'output_tokens':100}}"               \
	}
#define ITEM_STREAM(item)                                                                                                \
	{                                                                                                                \
		.api = GT_API_OPENAI_RESPONSES, .provider = "openai", .target = "/v1/responses", SSE,                    \
		.request = "{'model':'gpt-4o','input':'x','stream':true}",                                               \
		.response = "data: {'type':'response.output_item.done','item':" item                                     \
			    "}\n\ndata: {'type':'response.completed','response':{'model':'gpt-4o','status':'completed'," \
			    "'output':[],'usage':{'input_tokens':1000,'output_tokens':100}}}\n\n"                        \
	}
#define RESPONSES_STREAM(event)                                                                                            \
	{                                                                                                                  \
		.api = GT_API_OPENAI_RESPONSES, .provider = "openai", .target = "/v1/responses",                           \
		.request = "{'model':'gpt-4o','input':'x','stream':true}", .type = "text/event-stream",                    \
		.response = "data: {'type':'response.created','response':{'model':'gpt-4o'}}\n\ndata: " event              \
			    "\n\ndata: {'type':'response.completed','response':{'status':'completed','output':[],'usage':" \
			    "{'input_tokens':1000,'output_tokens':100}}}\n\n"                                              \
	}
#define MESSAGES(usage)                                                                                                \
	{                                                                                                              \
		.api = GT_API_ANTHROPIC_MESSAGES, .provider = "anthropic", .target = "/v1/messages",                   \
		.request = "{'model':'claude-x','max_tokens':9,'messages':[]}",                                        \
		.response = "{'model':'claude-x-20250514','usage':{'input_tokens':1000,'output_tokens':100" usage "}}" \
	}
#define GENERATE(candidate, usage)                                                                                             \
	{                                                                                                                      \
		.api = GT_API_GEMINI_GENERATE, .provider = "gcp.gemini", .target = "/v1beta/models/gem:generateContent",       \
		.request = "{'contents':[]}",                                                                                  \
		.response = "{'candidates':[{'finishReason':'STOP'" candidate "}],'modelVersion':'gem',"                       \
			    "'usageMetadata':{'promptTokenCount':1000,'candidatesTokenCount':60,'thoughtsTokenCount':40" usage \
			    "}}"                                                                                               \
	}
	static const struct cost_case cases[] = {
		{ RESPONSES("{'type':'message'},{'type':'function_call'}"), 0.0035 },
		{ RESPONSES("{'type':'web_search_call'}"), -1 },
		{ RESPONSES("{'type':'code_interpreter_call'},{'type':'message'}"), -1 },
		{ RESPONSES("{'type':'dream_call'}"), -1 },
		{ RESPONSES("{'type':'mcp_call'},{'type':'computer_call'},{'type':'custom_tool_call'},{'type':'reasoning'}"),
		  0.0035 },
		/* a stream whose last event leaves the output out */
		{ ITEM_STREAM("{'type':'function_call'}"), 0.0035 },
		{ ITEM_STREAM("{'type':'web_search_call'}"), -1 },
		/* Groq */
		{ CHAT("groq", "llama", "{'choices':[{'message':{'executed_tools':[]}}]," USED "}}"), 0.0011 },
		{ CHAT("groq", "llama", "{'choices':[{'message':{'executed_tools':[{'type':'search'}]}}]," USED "}}"), -1 },
		{ CHAT("groq", "llama", "{'choices':[{'message':{}}],'usage_breakdown':{'models':[{'model':'m'}]}," USED "}}"),
		  -1 },
		{ CHAT("groq", "llama",
		       "data: {'choices':[{'index':0,'delta':{'executed_tools':[{'index':0}]}}]}\n\ndata: {" DONE USED
		       "}}\n\ndata: [DONE]\n\n",
		       SSE),
		  -1 },
		/* streams whose last event has no items */
		{ RESPONSES_STREAM("{'type':'response.output_item.done','item':{'type':'message'}}"), 0.0035 },
		{ RESPONSES_STREAM("{'type':'response.output_item.done','item':{'type':'web_search_call'}}"), -1 },
		{ RESPONSES_STREAM("{'type':'response.web_search_call.in_progress','output_index':0}"), -1 },
		{ MESSAGES(""), 0.0045 },
		{ MESSAGES(",'server_tool_use':{'web_search_requests':0}"), 0.0045 },
		{ MESSAGES(",'server_tool_use':{'web_search_requests':1}"), -1 },
		{ GENERATE("", ""), 0.00225 },
		{ GENERATE(",'groundingMetadata':{}", ""), 0.00225 },
		{ GENERATE(",'groundingMetadata':{'webSearchQueries':['x']}", ""), -1 },
		{ GENERATE("", ",'trafficType':'ON_DEMAND'"), 0.00225 },
		{ GENERATE("", ",'totalTokenCount':1100"), 0.00225 },
		{ GENERATE("", ",'totalTokenCount':1101"), -1 },
		{ GENERATE("", ",'dreamTokenCount':1"), -1 },
		{ GENERATE("", ",'trafficType':'PROVISIONED_THROUGHPUT'"), -1 },
		{ GENERATE("", ",'serviceTier':'flex'"), -1 },
	};

	(void)state;
	CHECK(cases);
}

static void test_cost_of_anthropic_knows_caches_long_requests_and_terms(void **state)
{
#define CONVERSE_Y(content, usage)                                                                                \
	{                                                                                                         \
		.api = GT_API_BEDROCK_CONVERSE, .provider = "aws.bedrock",                                        \
		.target = "/model/us.anthropic.claude-y-v1%3A0/converse",                                         \
		.request = "{'messages':[{'role':'user','content':[" content "]}]}",                              \
		.response = "{'stopReason':'end_turn','usage':{'inputTokens':1000,'outputTokens':100," usage "}}" \
	}
	static const struct cost_case cases[] = {
		/* (10 * 3 + 1000 * 0.3 + 100 * 3.75 + 100 * 6 + 10 * 15) / 1e6 */
		{ { .api = GT_API_ANTHROPIC_MESSAGES,
		    .provider = "anthropic",
		    .target = "/v1/messages",
		    .request = "{'model':'claude-x','max_tokens':9,'messages':[]}",
		    .response =
			    "{'model':'claude-x','usage':{'input_tokens':10,'cache_read_input_tokens':1000,'cache_creation_input_tokens':200,"
			    "'cache_creation':{'ephemeral_5m_input_tokens':100,'ephemeral_1h_input_tokens':100},'output_tokens':10}}" },
		  0.001455 },
		/* (1000 * 6 + 199001 * 0.6 + 100 * 22.5) / 1e6: cached tokens make a request long too */
		{ MESSAGES(",'cache_read_input_tokens':199001"), 0.1276506 },
		{ MESSAGES(",'cache_read_input_tokens':199000"), 0.0642 },
		{ MESSAGES(",'service_tier':'standard','inference_geo':'not_available'"), 0.0045 },
		{ MESSAGES(",'service_tier':'priority'"), -1 },
		{ MESSAGES(",'service_tier':'standard','inference_geo':'us'"), -1 },
		{ MESSAGES(",'service_tier':'standard','speed':'fast'"), -1 },
		/* a truncated answer used more tokens than its beginning reports */
		{ { .api = GT_API_ANTHROPIC_MESSAGES,
		    .provider = "anthropic",
		    .request = "{'model':'claude-x','max_tokens':9,'messages':[],'stream':true}",
		    .response =
			    "event: message_start\ndata: {'type':'message_start','message':{'model':'claude-x','usage':{'input_tokens':1000,"
			    "'output_tokens':1}}}\n\n",
		    SSE,
		    .end = GT_CASE_CLOSED },
		  -1 },
		{ { .api = GT_API_ANTHROPIC_MESSAGES,
		    .provider = "anthropic",
		    .request = "{'model':'claude-x','max_tokens':9,'messages':[],'stream':true}",
		    .response =
			    "event: message_start\ndata: {'type':'message_start','message':{'model':'claude-x','usage':{'input_tokens':1000,"
			    "'output_tokens':1}}}\n\nevent: message_delta\ndata: {'type':'message_delta','delta':{'stop_reason':'end_turn'},"
			    "'usage':{'output_tokens':100}}\n\nevent: message_stop\ndata: {'type':'message_stop'}\n\n",
		    SSE },
		  0.0045 },
		/* on Bedrock the path has the model and the region; the name in the answer is ignored */
		{ { .api = GT_API_BEDROCK_INVOKE,
		    .provider = "aws.bedrock",
		    .target = "/model/us.anthropic.claude-x-20250514-v1%3A0/invoke",
		    .request = "{'anthropic_version':'bedrock-2023-05-31','max_tokens':9,'messages':[]}",
		    .response = "{'model':'claude-x-20250514','usage':{'input_tokens':1000,'output_tokens':100}}" },
		  0.00495 },
		{ { .api = GT_API_BEDROCK_CONVERSE,
		    .provider = "aws.bedrock",
		    .target = "/model/us.anthropic.claude-x-20250514-v1%3A0/converse",
		    .request = "{'messages':[{'role':'user'}]}",
		    .response =
			    "{'stopReason':'end_turn','usage':{'inputTokens':1000,'outputTokens':100,'cacheWriteInputTokens':100}}" },
		  0.0053625 },
		/* 1000 * 5.5 + 60 * 6.875 + 40 * 11 + 100 * 27.5 */
		{ CONVERSE_Y(
			  "",
			  "'cacheWriteInputTokens':100,'cacheDetails':[{'ttl':'5m','inputTokens':60},{'ttl':'1h','inputTokens':40}]"),
		  0.0091025 },
		/* an hour was not asked for: 1000 * 5.5 + 100 * 6.875 + 100 * 27.5 */
		{ CONVERSE_Y("", "'cacheWriteInputTokens':100"), 0.0089375 },
		{ CONVERSE_Y("{'cachePoint':{'type':'default','ttl':'1h'}}", "'cacheWriteInputTokens':100"), -1 },
		{ CONVERSE_Y("{'cachePoint':{'type':'default','ttl':'1h'}}",
			     "'cacheWriteInputTokens':100,'cacheDetails':[{'ttl':'1h','inputTokens':100}]"),
		  0.00935 },
		{ CONVERSE_Y("", "'dreamTokens':100"), -1 },
		{ { .api = GT_API_BEDROCK_CONVERSE,
		    .provider = "aws.bedrock",
		    .target = "/model/us.anthropic.claude-x-20250514-v1%3A0/converse",
		    .request = "{'messages':[{'role':'user'}],'performanceConfig':{'latency':'optimized'}}",
		    .response = "{'stopReason':'end_turn','usage':{'inputTokens':1000,'outputTokens':100}}" },
		  -1 },
	};

	(void)state;
	CHECK(cases);
}

/* Each inference has the price of its model, and of its own length. */
static void test_cost_of_anthropic_is_of_all_inferences_that_are_billed(void **state)
{
#define ITERATION(type, more, in, out) "{'type':'" type "'" more ",'input_tokens':" #in ",'output_tokens':" #out "}"
#define OF_Y			       ",'model':'claude-y-20250514'"
#define ITERATIONS(first, ...)	       MESSAGES(",'iterations':[" first __VA_ARGS__ "]")
#define ASKED                                                                                \
	.api = GT_API_ANTHROPIC_MESSAGES, .provider = "anthropic", .target = "/v1/messages", \
	.request = "{'model':'claude-x','max_tokens':9,'messages':[]}"
	static const struct cost_case cases[] = {
		/* (1000 + 199000) * 3 + (100 + 900) * 15: each is below the bound of long requests */
		{ ITERATIONS(ITERATION("compaction", "", 199000, 900), "," ITERATION("message", "", 1000, 100)), 0.615 },
		/* 1000 * 3 + 200001 * 6 + 100 * 15 + 900 * 22.5 */
		{ ITERATIONS(ITERATION("compaction", "", 200001, 900), "," ITERATION("message", "", 1000, 100)), 1.224756 },
		/* the same model under the name of the answer */
		{ ITERATIONS(ITERATION("message", ",'model':'claude-x-20250514'", 1000, 100),
			     "," ITERATION("compaction", "", 1000, 100)),
		  0.009 },
		/* 1000 * 3 + 100 * 15 + 2000 * 5 + 300 * 25 */
		{ ITERATIONS(ITERATION("message", "", 1000, 100), "," ITERATION("advisor_message", OF_Y, 2000, 300)), 0.022 },
		{ ITERATIONS(ITERATION("message", "", 1000, 100), "," ITERATION("advisor_message", ",'model':'other'", 1, 1)),
		  -1 },
		/* a tier is of the model that answers */
		{ MESSAGES(",'service_tier':'priority','iterations':[" ITERATION("message", "", 1000, 100) "," ITERATION(
			  "advisor_message", OF_Y, 2000, 300) "]"),
		  -1 },
		{ ITERATIONS(ITERATION("message", "", 1000, 100), "," ITERATION("dream", "", 1000, 100)), -1 },
		{ ITERATIONS(ITERATION("message", "", 999, 100), ""), -1 },
		{ ITERATIONS(ITERATION("message", "", 1000, 100), ""), 0.0045 },
		/* an attempt that was declined before any output is free; after some output it is not */
		{ ITERATIONS(ITERATION("message", OF_Y, 535, 0), "," ITERATION("fallback_message", "", 1000, 100)), 0.0045 },
		{ ITERATIONS(ITERATION("message", OF_Y, 535, 3), "," ITERATION("fallback_message", "", 1000, 100)), -1 },
		{ ITERATIONS(ITERATION("message", "", 535, 0), "," ITERATION("fallback_message", OF_Y, 1000, 100)), 0.0075 },
		{ ITERATIONS(ITERATION("fallback_message", OF_Y, 1000, 100), ""), 0.0075 },
		/* a refusal before any output is free, whatever the counts say */
		{ { ASKED, .response = "{'model':'claude-x','content':[],'stop_reason':'refusal','usage':{'input_tokens':1000,"
				       "'output_tokens':1}}" },
		  -1 },
		{ { ASKED, .response = "{'model':'claude-x','content':[{'type':'text'}],'stop_reason':'refusal','usage':{"
				       "'input_tokens':1000,'output_tokens':100}}" },
		  0.0045 },
		/* writes to a cache: of five minutes, unless the request names the hour */
		{ { ASKED, .response = "{'model':'claude-x','usage':{'input_tokens':800,'cache_creation_input_tokens':200,"
				       "'output_tokens':100}}" },
		  0.00465 },
		{ { .api = GT_API_ANTHROPIC_MESSAGES,
		    .provider = "anthropic",
		    .target = "/v1/messages",
		    .request =
			    "{'model':'claude-x','max_tokens':9,'messages':[{'cache_control':{'type':'ephemeral','ttl':'1h'}}]}",
		    .response = "{'model':'claude-x','usage':{'input_tokens':800,'cache_creation_input_tokens':200,"
				"'output_tokens':100}}" },
		  -1 },
		{ MESSAGES(",'server_tool_use':{'web_fetch_requests':2}"), 0.0045 },
		{ MESSAGES(",'server_tool_use':{'code_execution_requests':1}"), -1 },
		{ MESSAGES(",'server_tool_use':{'dream_requests':1}"), -1 },
	};

	(void)state;
	CHECK(cases);
}

/* What Cohere bills leaves out tokens that it adds itself. */
static void test_cost_of_cohere_is_of_its_billed_units(void **state)
{
#define COHERE(usage)                                                                   \
	{                                                                               \
		.api = GT_API_COHERE_CHAT, .provider = "cohere", .target = "/v2/chat",  \
		.request = "{'model':'command','messages':[]}",                         \
		.response = "{'id':'x','finish_reason':'COMPLETE','usage':{" usage "}}" \
	}
#define EMBED(billed)                                                                                                     \
	{                                                                                                                 \
		.api = GT_API_COHERE_EMBED, .provider = "cohere", .target = "/v2/embed",                                  \
		.request = "{'model':'emb','texts':['a']}", .response = "{'id':'x','meta':{'billed_units':{" billed "}}}" \
	}
	static const struct cost_case cases[] = {
		/* 5 * 2.5 + 2 * 10 */
		{ COHERE("'billed_units':{'input_tokens':5,'output_tokens':2},'tokens':{'input_tokens':71,'output_tokens':9}"),
		  0.0000325 },
		{ COHERE("'billed_units':{'input_tokens':5,'output_tokens':2},'tokens':{'input_tokens':71,'output_tokens':9},"
			 "'cached_tokens':64"),
		  0.0000325 },
		{ COHERE("'billed_units':{'input_tokens':5,'output_tokens':2}"), 0.0000325 },
		{ COHERE("'tokens':{'input_tokens':71,'output_tokens':9}"), -1 },
		{ COHERE("'billed_units':{'input_tokens':5,'output_tokens':2,'search_units':1}"), -1 },
		{ COHERE("'billed_units':{'input_tokens':5,'output_tokens':2},'dream_tokens':1"), -1 },
		/* 7 * 0.12 */
		{ EMBED("'input_tokens':7"), 8.4e-7 },
		{ EMBED("'input_tokens':7,'image_tokens':1"), -1 },
		{ EMBED("'images':1"), -1 },
	};

	(void)state;
	CHECK(cases);
}

/* Delivered in every way, and with every allocation failing in turn. */
static void test_cost_does_not_depend_on_how_the_exchange_travels(void **state)
{
	const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_CHAT,
		  .provider = "openai",
		  .target = "/v1/chat/completions",
		  .prices = &lists,
		  .request = "{'model':'gpt-4o','messages':[{'role':'user','content':'hi'}]}",
		  .response = "{'model':'gpt-4o-2024-08-06'," DONE
			      "'usage':{'prompt_tokens':1000,'completion_tokens':100,'prompt_tokens_details':"
			      "{'cached_tokens':400}}}",
		  .want = "chat gpt-4o\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-4o\nresponse.model=gpt-4o-2024-08-06\n"
			  "response.finish_reasons=[stop]\nusage.input_tokens=1000\nusage.output_tokens=100\nusage.cache_read.input_tokens=400\n"
			  "usage.cost=0.003\nopenai.api.type=chat_completions\nhttp.response.status_code=200\ngentap.cost_source=prices\n" },
	};

	(void)state;
	gt_exchange_case_check_all(cases, GT_ROWS(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_cost_is_tokens_times_price),
		GT_TEST(test_cost_of_cache_writes_by_how_long_they_live),
		GT_TEST(test_cost_of_audio_has_its_own_price),
		GT_TEST(test_cost_of_what_has_no_price_or_makes_no_sense_is_none),
		GT_TEST(test_cost_is_of_the_model_that_answered),
		GT_TEST(test_cost_needs_counts_that_are_whole),
		GT_TEST(test_cost_follows_the_tier_of_service),
		GT_TEST(test_cost_of_tools_that_the_provider_runs_is_not_known),
		GT_TEST(test_cost_of_anthropic_knows_caches_long_requests_and_terms),
		GT_TEST(test_cost_of_anthropic_is_of_all_inferences_that_are_billed),
		GT_TEST(test_cost_of_cohere_is_of_its_billed_units),
		GT_TEST(test_cost_does_not_depend_on_how_the_exchange_travels),
	};

	return cmocka_run_group_tests(tests, read_lists, free_lists);
}
