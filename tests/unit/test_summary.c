/* What is printed after a run: the summary as a picture and as JSON. */
#include "support/test.h"
#include "support/trace_rows.h"

#include <sys/wait.h>

#include "exporter/command/summary.h"
#include "exporter/command/summary_json.h"
#include "version.h"

static void assert_summary(const struct gt_trace_row *rows, size_t n, struct gt_terminal terminal, const char *expected)
{
	char *const argv[] = { (char *)"python", (char *)"agent.py", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 12600000000 };
	struct gt_picture p;
	struct gt_trace t;

	gt_trace_make(&t, rows, n);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
	gt_assert_picture(&p.text, expected);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_summary_on_80_columns_has_every_column(void **state)
{
	(void)state;
	assert_summary(gt_trace_sample, GT_ROWS(gt_trace_sample), UNICODE(80),
		       "gentap: python agent.py · 12.60s · exit 0 · 5 calls · 1 error\n"
		       "agent.py (pid 4711)               provider       in [cached]  out  first    time\n"
		       "└─ invoke_agent planner                                                   12.40s\n"
		       "   ├─ chat gpt-4o                 openai     12,345 [11,200]  512  420ms   3.10s\n"
		       "   ├─ tools/call search           mcp                                      1.20s\n"
		       "   │  └─ search-serv… (pid 4720)\n"
		       "   │     └─ tools/call search     mcp                                      1.10s\n"
		       "   │        └─ embeddings text-…  openai        300                        200ms\n"
		       "   ├─ chat gpt-4o ✗ 429 rate_li…  openai                                   310ms\n"
		       "   └─ chat claude-sonnet-4-5-… ~  anthropic  45,678            88  900ms   7.00s\n"
		       "\n"
		       "model                       provider   calls      in [cached]  out  errors\n"
		       "claude-sonnet-4-5-20250929  anthropic      1  45,678            88\n"
		       "gpt-4o                      openai         2  12,345 [11,200]  512       1\n"
		       "text-embedding-3-small      openai         1     300\n"
		       "MCP                                        1\n"
		       "total                                      5  58,323 [11,200]  600       1\n"
		       "gentap: 1 span is incomplete: response_cut 1\n");
}

static void test_summary_on_50_columns_drops_what_matters_least(void **state)
{
	(void)state;
	assert_summary(gt_trace_sample, GT_ROWS(gt_trace_sample), UNICODE(50),
		       "python agen… · 12.60s · exit 0 · 5 calls · 1 error\n"
		       "agent.py (pid 4711)                in  out    time\n"
		       "└─ invoke_agent planner                     12.40s\n"
		       "   ├─ chat gpt-4o              12,345  512   3.10s\n"
		       "   ├─ tools/call search                      1.20s\n"
		       "   │  └─ search-server (pid …\n"
		       "   │     └─ tools/call search                1.10s\n"
		       "   │     …─ embeddings text-…     300        200ms\n"
		       "   ├─ chat gpt-4o ✗ 429 rate…                310ms\n"
		       "   └─ chat claude-sonnet-4… ~  45,678   88   7.00s\n"
		       "\n"
		       "model                   calls      in  out  errors\n"
		       "claude-sonnet-4-5-202…      1  45,678   88\n"
		       "gpt-4o                      2  12,345  512       1\n"
		       "text-embedding-3-small      1     300\n"
		       "MCP                         1\n"
		       "total                       5  58,323  600       1\n"
		       "gentap: 1 span is incomplete: response_cut 1\n");
}

static void test_summary_on_40_columns_keeps_names_tokens_and_time(void **state)
{
	(void)state;
	assert_summary(gt_trace_sample, GT_ROWS(gt_trace_sample), UNICODE(40),
		       "python agen… · 12.60s · exit 0 · 5 calls\n"
		       "agent.py (pid 4711)      in  out    time\n"
		       "└─ invoke_agent pl…               12.40s\n"
		       "   ├─ chat gpt-4o    12,345  512   3.10s\n"
		       "   ├─ tools/call s…                1.20s\n"
		       "   │  └─ search-se…\n"
		       "   │  …─ tools/cal…                1.10s\n"
		       "   │  …─ embedding…     300        200ms\n"
		       "   ├─ chat g… ✗ 42…                310ms\n"
		       "   └─ chat claud… ~  45,678   88   7.00s\n"
		       "\n"
		       "model                    in  out  errors\n"
		       "claude-sonnet-4-5-…  45,678   88\n"
		       "gpt-4o               12,345  512       1\n"
		       "text-embedding-3-s…     300\n"
		       "MCP\n"
		       "total                58,323  600       1\n"
		       "gentap: 1 span is incomplete: response_…\n");
}

static void test_summary_in_ascii_has_the_same_shape(void **state)
{
	(void)state;
	assert_summary(gt_trace_sample, GT_ROWS(gt_trace_sample), ASCII(60),
		       "gentap: python agent.. | 12.60s | exit 0 | 5 calls | 1 error\n"
		       "agent.py (pid 4711)           provider       in  out    time\n"
		       "`- invoke_agent planner                               12.40s\n"
		       "   |- chat gpt-4o             openai     12,345  512   3.10s\n"
		       "   |- tools/call search       mcp                      1.20s\n"
		       "   |  `- search-server (pi..\n"
		       "   |     `- tools/call sea..  mcp                      1.10s\n"
		       "   |     ~- embeddings tex..  openai        300        200ms\n"
		       "   |- chat gpt-4o ! 429 ra..  openai                   310ms\n"
		       "   `- chat claude-sonnet.. ~  anthropic  45,678   88   7.00s\n"
		       "\n"
		       "model                       calls      in  out  errors\n"
		       "claude-sonnet-4-5-20250929      1  45,678   88\n"
		       "gpt-4o                          2  12,345  512       1\n"
		       "text-embedding-3-small          1     300\n"
		       "MCP                             1\n"
		       "total                           5  58,323  600       1\n"
		       "gentap: 1 span is incomplete: response_cut 1\n");
}

static void test_summary_in_colour_marks_errors_and_steps_back_elsewhere(void **state)
{
	(void)state;
	assert_summary(
		gt_trace_sample, GT_ROWS(gt_trace_sample), COLOUR(100),
		"\033[2mgentap: \033[0m\033[1mpython agent.py\033[0m\033[2m · \033[0m12.60s\033[2m · \033[0mexit 0\033[2m · \033[0m5 calls\033[2m · \033[0m\033[31m1 error\033[0m\n"
		"\033[1magent.py\033[0m\033[2m (pid 4711)\033[0m                                   \033[2mprovider\033[0m       \033[2min\033[0m \033[2m[cached]\033[0m  \033[2mout\033[0m  \033[2mfirst\033[0m    \033[2mtime\033[0m\n"
		"\033[2m└─ \033[0minvoke_agent planner                                                                       12.40s\n"
		"   \033[2m├─ \033[0mchat gpt-4o                                     \033[36mopenai\033[0m     12,345 \033[2m[11,200]\033[0m  512  420ms   3.10s\n"
		"   \033[2m├─ \033[0mtools/call search                               \033[36mmcp\033[0m                                      1.20s\n"
		"   \033[2m│\033[0m  \033[2m└─ \033[0m\033[1msearch-server\033[0m\033[2m (pid 4720)\033[0m\n"
		"   \033[2m│\033[0m     \033[2m└─ \033[0mtools/call search                         \033[36mmcp\033[0m                                      1.10s\n"
		"   \033[2m│\033[0m        \033[2m└─ \033[0membeddings text-embedding-3-small      \033[36mopenai\033[0m        300                        200ms\n"
		"   \033[2m├─ \033[0mchat gpt-4o \033[31m✗\033[0m \033[31m429 rate_limit_exceeded\033[0m           \033[36mopenai\033[0m                                   310ms\n"
		"   \033[2m└─ \033[0mchat claude-sonnet-4-5-20250929 \033[33m~\033[0m \033[33mresponse_cut\033[0m  \033[36manthropic\033[0m  45,678            88  900ms   7.00s\n"
		"\n"
		"\033[2mmodel\033[0m                       \033[2mprovider\033[0m   \033[2mcalls\033[0m      \033[2min\033[0m \033[2m[cached]\033[0m  \033[2mout\033[0m  \033[2merrors\033[0m\n"
		"claude-sonnet-4-5-20250929  \033[36manthropic\033[0m      1  45,678            88\n"
		"gpt-4o                      \033[36mopenai\033[0m         2  12,345 \033[2m[11,200]\033[0m  512       \033[31m1\033[0m\n"
		"text-embedding-3-small      \033[36mopenai\033[0m         1     300\n"
		"MCP                                        1\n"
		"\033[1mtotal\033[0m                                      \033[1m5\033[0m  \033[1m58,323\033[0m \033[1m[11,200]\033[0m  \033[1m600\033[0m       \033[31m1\033[0m\n"
		"\033[2mgentap: \033[0m1 span is incomplete: response_cut 1\n");
}

static void test_summary_on_a_wide_line_shows_when(void **state)
{
	(void)state;
	assert_summary(
		gt_trace_sample, GT_ROWS(gt_trace_sample), UNICODE(140),
		"gentap: python agent.py · 12.60s · exit 0 · 5 calls · 1 error\n"
		"agent.py (pid 4711)                                   provider       in [cached]  out  first    time  0s                    12.40s\n"
		"└─ invoke_agent planner                                                                       12.40s  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━\n"
		"   ├─ chat gpt-4o                                     openai     12,345 [11,200]  512  420ms   3.10s  ━━━━━━━\n"
		"   ├─ tools/call search                               mcp                                      1.20s         ━━━\n"
		"   │  └─ search-server (pid 4720)\n"
		"   │     └─ tools/call search                         mcp                                      1.10s         ━━━\n"
		"   │        └─ embeddings text-embedding-3-small      openai        300                        200ms         ━\n"
		"   ├─ chat gpt-4o ✗ 429 rate_limit_exceeded           openai                                   310ms            ━\n"
		"   └─ chat claude-sonnet-4-5-20250929 ~ response_cut  anthropic  45,678            88  900ms   7.00s             ━━━━━━━━━━━━━━━━━\n"
		"\n"
		"model                       provider   calls      in [cached]  out  errors\n"
		"claude-sonnet-4-5-20250929  anthropic      1  45,678            88\n"
		"gpt-4o                      openai         2  12,345 [11,200]  512       1\n"
		"text-embedding-3-small      openai         1     300\n"
		"MCP                                        1\n"
		"total                                      5  58,323 [11,200]  600       1\n"
		"gentap: 1 span is incomplete: response_cut 1\n");
}

static const struct gt_trace_row costs[] = {
	{ 'a', 0, 0, GT_TRACE_CLIENT, "chat gpt-4o", "chat", "openai", "gpt-4o", 0, 3100, 12345, 11200, 512, 0.42, NULL, NULL,
	  1234.5678 },
	{ 'b', 0, 0, GT_TRACE_CLIENT, "chat gpt-4o-mini", "chat", "openai", "gpt-4o-mini", 3100, 100, 10, -1, 5, -1, NULL, NULL,
	  0.000123 },
	{ 'c', 0, 0, GT_TRACE_CLIENT, "chat gpt-4o-mini", "chat", "openai", "gpt-4o-mini", 3200, 100, UNKNOWN, "429 slow down",
	  NULL, 0 },
	{ 'd', 0, 0, GT_TRACE_CLIENT, "tools/call search", "mcp", "", "", 3300, 100, UNKNOWN, NULL, NULL, 0 },
	{ 'e', 0, 0, GT_TRACE_CLIENT, "count_tokens gpt-4o", "count_tokens", "openai", "gpt-4o", 3400, 100, UNKNOWN, NULL, NULL,
	  0 },
	{ 'f', 0, 0, GT_TRACE_CLIENT, "chat llama3", "chat", "ollama", "llama3", 3500, 100, 30, -1, 7, -1, NULL, NULL, 0 },
};

static void test_summary_shows_costs_alike_and_whole_sums_as_such(void **state)
{
	(void)state;
	assert_summary(costs, 5, UNICODE(90),
		       "gentap: python agent.py · 12.60s · exit 0 · 5 calls · 1 error · $1,234.57\n"
		       "agent.py (pid 4711)                  provider      in [cached]  out           cost   time\n"
		       "├─ chat gpt-4o                       openai    12,345 [11,200]  512  $1,234.567800  3.10s\n"
		       "├─ chat gpt-4o-mini                  openai        10             5      $0.000123  100ms\n"
		       "├─ chat gpt-4o-mini ✗ 429 slow down  openai                                         100ms\n"
		       "├─ tools/call search                 mcp                                            100ms\n"
		       "└─ count_tokens gpt-4o               openai                                         100ms\n"
		       "\n"
		       "model        provider  calls      in [cached]  out           cost  errors\n"
		       "gpt-4o       openai        2  12,345 [11,200]  512  $1,234.567800\n"
		       "gpt-4o-mini  openai        2      10             5      $0.000123       1\n"
		       "MCP                        1\n"
		       "total                      5  12,355 [11,200]  517  $1,234.567923       1\n");
}

/* A response of the background: asked for, polled three times, and paid for once. */
static void test_summary_of_an_answer_that_came_later_has_its_cost(void **state)
{
#define POLL(id, at)                                                                                                      \
	{                                                                                                                 \
		id, 0, 0, GT_TRACE_CLIENT, "fetch_response", "fetch_response", "openai", "gpt-5", at, 100, UNKNOWN, NULL, \
			NULL, 0, 0, "r1"                                                                                  \
	}
	static const struct gt_trace_row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "chat gpt-5", "chat", "openai", "gpt-5", 0, 100, UNKNOWN, NULL, NULL, 0, 0,
		  "r1" },
		POLL('b', 1000),
		POLL('c', 2000),
		{ 'd', 0, 0, GT_TRACE_CLIENT, "fetch_response", "fetch_response", "openai", "gpt-5", 3000, 100, 1000, -1, 500,
		  -1, NULL, NULL, 0.00625, 0, "r1" },
		POLL('e', 4000),
	};

	(void)state;
	assert_summary(rows, GT_ROWS(rows), UNICODE(66),
		       "gentap: python agent.py · 12.60s · exit 0 · 1 call · $0.00625\n"
		       "agent.py (pid 4711)  provider     in  out      cost   time\n"
		       "├─ chat gpt-5        openai                          100ms\n"
		       "├─ fetch_response    openai                          100ms\n"
		       "├─ fetch_response    openai                          100ms\n"
		       "├─ fetch_response    openai    1,000  500  $0.00625  100ms\n"
		       "└─ fetch_response    openai                          100ms\n"
		       "\n"
		       "model  provider  calls     in  out      cost\n"
		       "gpt-5  openai        1  1,000  500  $0.00625\n");
}

static void test_summary_says_when_a_sum_lacks_the_cost_of_a_call(void **state)
{
	(void)state;
	assert_summary(costs + 1, 5, ASCII(80),
		       "gentap: python agent.py | 12.60s | exit 0 | 5 calls | 1 error | >=$0.000123\n"
		       "agent.py (pid 4711)                  provider  in  out       cost   time\n"
		       "|- chat gpt-4o-mini                  openai    10    5  $0.000123  100ms\n"
		       "|- chat gpt-4o-mini ! 429 slow down  openai                        100ms\n"
		       "|- tools/call search                 mcp                           100ms\n"
		       "|- count_tokens gpt-4o               openai                        100ms\n"
		       "`- chat llama3                       ollama    30    7             100ms\n"
		       "\n"
		       "model        provider  calls  in  out         cost  errors\n"
		       "llama3       ollama        1  30    7\n"
		       "gpt-4o-mini  openai        2  10    5    $0.000123       1\n"
		       "gpt-4o       openai        1\n"
		       "MCP                        1\n"
		       "total                      5  40   12  >=$0.000123       1\n");
	assert_summary(costs + 5, 1, UNICODE(80),
		       "gentap: python agent.py · 12.60s · exit 0 · 1 call\n"
		       "agent.py (pid 4711)  provider  in  out   time\n"
		       "└─ chat llama3       ollama    30    7  100ms\n"
		       "\n"
		       "model   provider  calls  in  out\n"
		       "llama3  ollama        1  30    7\n");
}

/* The last line, with its line end. */
static void assert_last_line(const struct gt_trace_row *rows, size_t n, struct gt_terminal terminal, const char *expected)
{
	char *const argv[] = { (char *)"python", NULL };
	struct gt_run run = { .argv = argv };
	size_t len = strlen(expected);
	struct gt_picture p;
	struct gt_trace t;

	gt_trace_make(&t, rows, n);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
	gt_assert_fits(&p);
	assert_true(p.text.len > len);
	assert_memory_equal(p.text.p + p.text.len - len, expected, len);
	assert_null(memmem(p.text.p, p.text.len - len, "prices", 6));
	gt_picture_free(&p);
	gt_trace_free(&t);
}

/* The calls are of 2025-06-15. */
static void test_summary_notes_old_prices_once(void **state)
{
#define CALL(id, read)                                                                                             \
	{                                                                                                          \
		id, 0, 0, GT_TRACE_CLIENT, "chat m", "chat", "p", "m", 0, 100, 1, -1, 1, -1, NULL, NULL, 0.5, read \
	}
	static const struct gt_trace_row rows[] = { CALL('a', 20241214), CALL('b', 20241214), CALL('c', 20241214),
						    CALL('d', 20241213), CALL('e', 20241215) };
	static const struct gt_trace_row fresh[] = { CALL('a', 20241215), CALL('b', 0), CALL('c', 20250615) };

	(void)state;
	assert_last_line(rows, 5, ASCII(80), "\ngentap: prices of 2024-12-13 are over six months old: see gentap prices\n");
	assert_last_line(rows, 1, ASCII(40), "\ngentap: prices of 2024-12-14 are over ..\n");
	assert_last_line(fresh, 3, ASCII(80), "  $1.50\n");
}

static void test_summary_of_nothing_is_one_line_with_the_reason(void **state)
{
	static const struct {
		struct gt_run run;
		uint64_t awake, requests;
		const char *expected;
	} rows[] = {
		{ { 0 }, 1, 0, "gentap: no LLM or MCP traffic seen\n" },
		{ { .sampled_out = "TRACEPARENT" }, 1, 1, "gentap: no spans: TRACEPARENT excludes this run from sampling\n" },
		{ { .chosen_by = "GENTAP_INCLUDE" }, 0, 0, "gentap: no process of this run was traced: see GENTAP_INCLUDE\n" },
		{ { .chosen_by = "GENTAP_INCLUDE" }, 1, 0, "gentap: no LLM or MCP traffic seen\n" },
		{ { 0 },
		  0,
		  0,
		  "gentap: no traffic seen; gentap was probably not loaded: the program is static or privileged, or its "
		  "environment has no LD_PRELOAD\n" },
		{ { .is_mute = true, .chosen_by = "GENTAP_INCLUDE" }, 0, 0, "gentap: no LLM or MCP traffic seen\n" },
		{ { .status = SIGTERM },
		  1,
		  1,
		  "gentap: no LLM or MCP traffic seen; SIGTERM may have cut off the last spans\n" },
		{ { .goes_on = 17 },
		  1,
		  1,
		  "gentap: no LLM or MCP traffic seen; process 17 is still running, and its later calls are not shown\n" },
		{ { 0 }, 1, 1, "gentap: no LLM or MCP call among the 1 HTTP request seen\n" },
		{ { 0 }, 1, 7, "gentap: no LLM or MCP call among the 7 HTTP requests seen\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_terminal terminal = UNICODE(80);
		struct gt_picture p;
		struct gt_trace t;

		gt_trace_make(&t, NULL, 0);
		t.notes.awake = rows[i].awake;
		t.notes.requests = rows[i].requests;
		gt_picture_init(&p, &terminal);
		assert_int_equal(gt_summary_of_run(&p, &rows[i].run, &t), 0);
		gt_assert_picture(&p.text, rows[i].expected);
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_summary_says_how_the_command_ended(void **state)
{
	static const struct {
		int status;
		const char *expected;
	} rows[] = {
		{ 0, "exit 0" },
		{ 3 << 8, "exit 3" },
		{ SIGKILL, "killed by SIGKILL" },
		{ SIGSEGV | 0x80, "killed by SIGSEGV" },
		{ 42, "killed by signal 42" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *const argv[] = { (char *)"x", NULL };
		struct gt_run run = { .argv = argv, .status = rows[i].status };
		struct gt_terminal terminal = ASCII(80);
		struct gt_picture p;
		struct gt_trace t;
		char line[80];

		gt_trace_make(&t, gt_trace_sample, 1);
		gt_picture_init(&p, &terminal);
		assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
		snprintf(line, sizeof(line), "gentap: x | 0.0ms | %s | 0 calls\n", rows[i].expected);
		assert_memory_equal(p.text.p, line, strlen(line));
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_summary_fits_every_width(void **state)
{
	char *const argv[] = { (char *)"python", (char *)"-m", (char *)"agents.main", (char *)"--verbose", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 12600000000, .status = SIGKILL };

	(void)state;
	for (unsigned width = GT_TERMINAL_WIDTH_MIN; width <= 200; width++) {
		for (int unicode = 0; unicode < 2; unicode++) {
			struct gt_terminal terminal = { .width = width, .has_unicode = unicode };
			struct gt_picture p;
			struct gt_trace t;

			gt_trace_make(&t, gt_trace_sample, GT_ROWS(gt_trace_sample));
			gt_picture_init(&p, &terminal);
			assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
			gt_assert_fits(&p);
			gt_picture_free(&p);
			gt_trace_free(&t);
		}
	}
}

static void test_summary_colour_changes_nothing_but_colour(void **state)
{
	char *const argv[] = { (char *)"python", NULL };
	struct gt_run run = { .argv = argv, .status = 1 << 8 };

	(void)state;
	for (unsigned width = 20; width < 160; width += 7) {
		struct gt_terminal plain = UNICODE(width), coloured = COLOUR(width);
		struct gt_picture a, b;
		struct gt_trace t;
		size_t out = 0;

		gt_trace_make(&t, gt_trace_sample, GT_ROWS(gt_trace_sample));
		gt_picture_init(&a, &plain);
		gt_picture_init(&b, &coloured);
		assert_int_equal(gt_summary_of_run(&a, &run, &t), 0);
		assert_int_equal(gt_summary_of_run(&b, &run, &t), 0);
		for (size_t i = 0; i < b.text.len; i++) {
			if (b.text.p[i] == '\033')
				i += strcspn(b.text.p + i, "m");
			else
				b.text.p[out++] = b.text.p[i];
		}
		assert_int_equal(out, a.text.len);
		assert_memory_equal(a.text.p, b.text.p, out);
		gt_picture_free(&a);
		gt_picture_free(&b);
		gt_trace_free(&t);
	}
}

/* ---------------------------------------------------------------- json */

static void test_summary_json_tells_the_run_the_totals_and_the_spans(void **state)
{
	char *const argv[] = { (char *)"say", (char *)"\"hi\"", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 1500000000, .status = 3 << 8 };
	struct gt_text out;
	struct gt_trace t;

	(void)state;
	gt_trace_make(&t, gt_trace_sample, 2);
	t.bad_lines = 1;
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	gt_assert_picture(
		&out, "{\"gentap\":\"" GENTAP_VERSION "\",\"command\":[\"say\"],"
		      "\"start_unix_nano\":\"1750000000000000000\",\"duration_s\":1.5,\"exit_code\":3,\"bad_lines\":1,"
		      "\"total\":{\"calls\":1,\"errors\":0,\"input_tokens\":12345,\"cached_tokens\":11200,"
		      "\"output_tokens\":512,\"calls_without_cost\":1},\"mcp\":{\"calls\":0,\"errors\":0},"
		      "\"models\":[{\"model\":\"gpt-4o\",\"provider\":\"openai\",\"calls\":1,\"errors\":0,"
		      "\"input_tokens\":12345,\"cached_tokens\":11200,\"output_tokens\":512,\"calls_without_cost\":1}],"
		      "\"spans\":[{\"span_id\":\"6100000000000000\",\"name\":\"invoke_agent planner\",\"kind\":\"internal\","
		      "\"service\":\"agent.py\",\"pid\":4711,\"start_unix_nano\":\"1750000000000000000\","
		      "\"duration_s\":12.4},{\"span_id\":\"6200000000000000\",\"parent_span_id\":\"6100000000000000\","
		      "\"name\":\"chat gpt-4o\",\"kind\":\"client\",\"service\":\"agent.py\",\"pid\":4711,"
		      "\"provider\":\"openai\",\"model\":\"gpt-4o\",\"start_unix_nano\":\"1750000000100000000\","
		      "\"duration_s\":3.1,\"time_to_first_chunk_s\":0.42,\"input_tokens\":12345,\"cached_tokens\":11200,"
		      "\"output_tokens\":512}]}\n");
	gt_text_free(&out);
	gt_trace_free(&t);
}

static void test_summary_json_of_nothing_is_still_an_object(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	struct gt_run run = { .argv = argv, .status = SIGTERM };
	struct gt_text out;
	struct gt_trace t;

	(void)state;
	gt_trace_make(&t, NULL, 0);
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	gt_assert_picture(
		&out,
		"{\"gentap\":\"" GENTAP_VERSION "\",\"command\":[\"x\"],\"duration_s\":0,\"signal\":\"SIGTERM\","
		"\"total\":{\"calls\":0,\"errors\":0,\"input_tokens\":0,\"cached_tokens\":0,\"output_tokens\":0,\"calls_without_cost\":0},"
		"\"mcp\":{\"calls\":0,\"errors\":0},\"models\":[],\"spans\":[]}\n");
	gt_text_free(&out);
	gt_trace_free(&t);
}

static void test_summary_json_escapes_what_could_steer_a_terminal(void **state)
{
	char *const argv[] = { (char *)"\033[2J\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xff\xc3\xa9", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_text out;
	struct gt_trace t;
	static const char expected[] = "\"command\":[\"\\u001b[2J\\u007f\\u009b\\u202e\\udb40\\udc41\xef\xbf\xbd\xc3\xa9\"]";

	(void)state;
	gt_trace_make(&t, NULL, 0);
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	assert_non_null(memmem(out.p, out.len, expected, sizeof(expected) - 1));
	gt_text_free(&out);
	gt_trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_summary_on_80_columns_has_every_column),
		GT_TEST(test_summary_on_50_columns_drops_what_matters_least),
		GT_TEST(test_summary_on_40_columns_keeps_names_tokens_and_time),
		GT_TEST(test_summary_in_ascii_has_the_same_shape),
		GT_TEST(test_summary_in_colour_marks_errors_and_steps_back_elsewhere),
		GT_TEST(test_summary_on_a_wide_line_shows_when),
		GT_TEST(test_summary_shows_costs_alike_and_whole_sums_as_such),
		GT_TEST(test_summary_of_an_answer_that_came_later_has_its_cost),
		GT_TEST(test_summary_says_when_a_sum_lacks_the_cost_of_a_call),
		GT_TEST(test_summary_notes_old_prices_once),
		GT_TEST(test_summary_of_nothing_is_one_line_with_the_reason),
		GT_TEST(test_summary_says_how_the_command_ended),
		GT_TEST(test_summary_fits_every_width),
		GT_TEST(test_summary_colour_changes_nothing_but_colour),
		GT_TEST(test_summary_json_tells_the_run_the_totals_and_the_spans),
		GT_TEST(test_summary_json_of_nothing_is_still_an_object),
		GT_TEST(test_summary_json_escapes_what_could_steer_a_terminal),
	};

	return GT_TESTS(tests);
}
