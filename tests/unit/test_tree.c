/* What a run looks like: whole pictures, and the parts they are made of. */
#include "support/test.h"

#include <sys/wait.h>

#include "exporter/base/errors.h"
#include "exporter/command/figure.h"
#include "exporter/command/glyph.h"
#include "exporter/command/summary.h"
#include "exporter/command/summary_json.h"
#include "exporter/command/table.h"
#include "exporter/command/tree.h"
#include "support/fail_nth.h"

#define BEGIN_NS 1750000000000000000ULL

/* A span in short; times in milliseconds since BEGIN_NS. */
struct row {
	char id, parent; /* 0: none */
	uint32_t process;
	enum gt_trace_kind kind;
	const char *name, *operation, *provider, *model;
	int start_ms, duration_ms;
	int64_t in, cached, out;
	double first_s;
	const char *error, *incomplete;
	double cost; /* 0: not known, or the default of gt_trace_add */
};

#define UNKNOWN -1, -1, -1, -1

static const struct gt_trace_process agent = { .service = { "agent.py", 8 }, .pid = 4711 };
static const struct gt_trace_process server = { .service = { "search-server", 13 }, .pid = 4720 };

static const struct row sample[] = {
	{ 'a', 0, 0, GT_TRACE_INTERNAL, "invoke_agent planner", "invoke_agent", "", "", 0, 12400, UNKNOWN },
	{ 'b', 'a', 0, GT_TRACE_CLIENT, "chat gpt-4o", "chat", "openai", "gpt-4o", 100, 3100, 12345, 11200, 512, 0.42 },
	{ 'c', 'a', 0, GT_TRACE_CLIENT, "tools/call search", "mcp", "", "", 3300, 1200, UNKNOWN },
	{ 'd', 'c', 1, GT_TRACE_SERVER, "tools/call search", "mcp", "", "", 3350, 1100, UNKNOWN },
	{ 'e', 'd', 1, GT_TRACE_CLIENT, "embeddings text-embedding-3-small", "embeddings", "openai", "text-embedding-3-small",
	  3400, 200, 300, -1, -1, -1 },
	{ 'f', 'a', 0, GT_TRACE_CLIENT, "chat gpt-4o", "chat", "openai", "gpt-4o", 4600, 310, UNKNOWN,
	  "429 rate_limit_exceeded" },
	{ 'g', 'a', 0, GT_TRACE_CLIENT, "chat claude-sonnet-4-5-20250929", "chat", "anthropic", "claude-sonnet-4-5-20250929",
	  5200, 7000, 45678, 0, 88, 0.9, NULL, "response_cut" },
};

static void add(struct gt_trace *t, const struct row *r)
{
	struct gt_trace_span *s = gt_trace_add(t);

	s->id.b[0] = (uint8_t)r->id;
	s->parent_id.b[0] = (uint8_t)r->parent;
	s->process = r->process;
	s->kind = r->kind;
	s->name = gt_str_of(r->name);
	s->operation = gt_str_of(r->operation);
	s->is_mcp = gt_str_eq(s->operation, GT_STR("mcp"));
	s->provider = gt_str_of(r->provider);
	s->model = gt_str_of(r->model);
	s->start_ns = r->start_ms < 0 ? 0 : BEGIN_NS + (uint64_t)r->start_ms * 1000000;
	s->end_ns = r->duration_ms < 0 ? 0 : s->start_ns + (uint64_t)r->duration_ms * 1000000;
	s->tokens_in = r->in;
	s->tokens_cached = r->cached;
	s->tokens_out = r->out;
	s->first_chunk_s = r->first_s;
	s->is_error = r->error != NULL;
	s->error = gt_str_of(r->error);
	s->incomplete = gt_str_of(r->incomplete);
	if (r->cost > 0)
		s->cost_usd = r->cost;
	s->is_refused = r->error && gt_str_starts(s->error, GT_STR("4"));
}

static void make(struct gt_trace *t, const struct row *rows, size_t n)
{
	gt_trace_init(t);
	gt_trace_process(t, &agent);
	gt_trace_process(t, &server);
	for (size_t i = 0; i < n; i++)
		add(t, &rows[i]);
	assert_int_equal(gt_trace_link(t), 0);
}

/* Compares two texts of several lines, and prints the one that came when it is not the one that was wanted. */
static void assert_text(const struct gt_text *t, const char *expected)
{
	if (t->len != strlen(expected) || memcmp(t->p, expected, t->len) != 0)
		fail_msg("got:\n%.*s\nexpected:\n%s", (int)t->len, t->p, expected);
}

static void assert_summary(const struct row *rows, size_t n, struct gt_look look, const char *expected)
{
	char *const argv[] = { (char *)"python", (char *)"agent.py", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 12600000000 };
	struct gt_picture p;
	struct gt_trace t;

	make(&t, rows, n);
	gt_picture_init(&p, &look);
	assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
	assert_text(&p.text, expected);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void assert_tree(const struct row *rows, size_t n, struct gt_look look, const char *expected)
{
	struct gt_picture p;
	struct gt_trace t;

	make(&t, rows, n);
	gt_picture_init(&p, &look);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	assert_text(&p.text, expected);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

#define UNICODE(w) ((struct gt_look){ .width = (w), .unicode = true })
#define ASCII(w)   ((struct gt_look){ .width = (w) })
#define COLOUR(w)  ((struct gt_look){ .width = (w), .unicode = true, .colour = true })

/* ---------------------------------------------------------------- whole pictures */

static void test_summary_on_80_columns_has_every_column(void **state)
{
	(void)state;
	assert_summary(sample, GT_ROWS(sample), UNICODE(80),
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
		       "total                                      5  58,323 [11,200]  600       1\n");
}

static void test_summary_on_50_columns_drops_what_matters_least(void **state)
{
	(void)state;
	assert_summary(sample, GT_ROWS(sample), UNICODE(50),
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
		       "total                       5  58,323  600       1\n");
}

static void test_summary_on_40_columns_keeps_names_tokens_and_time(void **state)
{
	(void)state;
	assert_summary(sample, GT_ROWS(sample), UNICODE(40),
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
		       "total                58,323  600       1\n");
}

static void test_summary_in_ascii_has_the_same_shape(void **state)
{
	(void)state;
	assert_summary(sample, GT_ROWS(sample), ASCII(60),
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
		       "total                           5  58,323  600       1\n");
}

static void test_summary_in_colour_marks_errors_and_steps_back_elsewhere(void **state)
{
	(void)state;
	assert_summary(
		sample, GT_ROWS(sample), COLOUR(100),
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
		"\033[1mtotal\033[0m                                      \033[1m5\033[0m  \033[1m58,323\033[0m \033[1m[11,200]\033[0m  \033[1m600\033[0m       \033[31m1\033[0m\n");
}

static void test_summary_on_a_wide_line_shows_when(void **state)
{
	(void)state;
	assert_summary(
		sample, GT_ROWS(sample), UNICODE(140),
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
		"total                                      5  58,323 [11,200]  600       1\n");
}

static const struct row costs[] = {
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
		{ { 0 },
		  1,
		  1,
		  "gentap: 1 HTTP request seen, but to no API that gentap knows; add the host to GENTAP_ENDPOINTS\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_look look = UNICODE(80);
		struct gt_picture p;
		struct gt_trace t;

		make(&t, NULL, 0);
		t.notes.awake = rows[i].awake;
		t.notes.requests = rows[i].requests;
		gt_picture_init(&p, &look);
		assert_int_equal(gt_summary_of_run(&p, &rows[i].run, &t), 0);
		assert_text(&p.text, rows[i].expected);
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
		struct gt_look look = ASCII(80);
		struct gt_picture p;
		struct gt_trace t;
		char line[80];

		make(&t, sample, 1);
		gt_picture_init(&p, &look);
		assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
		snprintf(line, sizeof(line), "gentap: x | 0.0ms | %s | 0 calls\n", rows[i].expected);
		assert_memory_equal(p.text.p, line, strlen(line));
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

/* No line is wider than the terminal or ends in a blank, whatever the terminal. */
static void assert_fits(const struct gt_picture *p)
{
	struct gt_str rest = gt_str_make(p->text.p, p->text.len), line;

	while (gt_str_next(&rest, '\n', &line)) {
		if (gt_picture_width(p, line) > p->look.width || gt_str_ends(line, GT_STR(" ")))
			fail_msg("on %u columns: '%.*s'", p->look.width, GT_STR_ARG(line));
	}
}

static void test_summary_fits_every_width(void **state)
{
	char *const argv[] = { (char *)"python", (char *)"-m", (char *)"agents.main", (char *)"--verbose", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 12600000000, .status = SIGKILL };

	(void)state;
	for (unsigned width = GT_LOOK_WIDTH_MIN; width <= 200; width++) {
		for (int unicode = 0; unicode < 2; unicode++) {
			struct gt_look look = { .width = width, .unicode = unicode };
			struct gt_picture p;
			struct gt_trace t;

			make(&t, sample, GT_ROWS(sample));
			gt_picture_init(&p, &look);
			assert_int_equal(gt_summary_of_run(&p, &run, &t), 0);
			assert_fits(&p);
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
		struct gt_look plain = UNICODE(width), coloured = COLOUR(width);
		struct gt_picture a, b;
		struct gt_trace t;
		size_t out = 0;

		make(&t, sample, GT_ROWS(sample));
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

/* ---------------------------------------------------------------- the tree */

static void test_tree_gives_each_process_a_line_and_its_roots_below(void **state)
{
	static const struct row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "chat a", "chat", "", "", 0, 10, UNKNOWN },
		{ 'b', 0, 1, GT_TRACE_CLIENT, "chat b", "chat", "", "", 1, 10, UNKNOWN },
		{ 'c', 0, 0, GT_TRACE_CLIENT, "chat c", "chat", "", "", 2, 10, UNKNOWN },
		/* called by a, and again by a root of its own in between: still two lines, one at each place */
		{ 'd', 'a', 1, GT_TRACE_CLIENT, "chat d", "chat", "", "", 3, 10, UNKNOWN },
		{ 'e', 0, 1, GT_TRACE_CLIENT, "chat e", "chat", "", "", 4, 10, UNKNOWN },
		{ 'f', 'a', 1, GT_TRACE_CLIENT, "chat f", "chat", "", "", 5, 10, UNKNOWN },
	};

	(void)state;
	assert_tree(rows, GT_ROWS(rows), UNICODE(50),
		    "agent.py (pid 4711)             time\n"
		    "├─ chat a                       10ms\n"
		    "│  └─ search-server (pid 4720)\n"
		    "│     ├─ chat d                 10ms\n"
		    "│     └─ chat f                 10ms\n"
		    "└─ chat c                       10ms\n"
		    "search-server (pid 4720)\n"
		    "├─ chat b                       10ms\n"
		    "└─ chat e                       10ms\n");
}

static void test_tree_of_unknown_things_has_words_for_them(void **state)
{
	struct gt_look look = ASCII(60);
	struct gt_trace_process nobody = { .pid = 0 };
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	gt_trace_init(&t);
	gt_trace_process(&t, &nobody);
	gt_trace_add(&t);
	assert_int_equal(gt_trace_link(&t), 0);
	gt_picture_init(&p, &look);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	assert_text(&p.text, "unknown program\n`- unnamed\n");
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_missing_or_reversed_times_leave_the_column_empty(void **state)
{
	struct row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "a", "chat", "", "", 0, 0, UNKNOWN },
		{ 'b', 0, 0, GT_TRACE_CLIENT, "b", "chat", "", "", 1, -1, UNKNOWN },
		{ 'c', 0, 0, GT_TRACE_CLIENT, "c", "chat", "", "", -1, 5, UNKNOWN },
	};
	struct gt_look look = ASCII(60);
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	make(&t, rows, GT_ROWS(rows));
	t.spans[1].end_ns = t.spans[1].start_ns - 1;
	gt_picture_init(&p, &look);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	assert_text(&p.text, "agent.py (pid 4711)   time\n|- a                 0.0ms\n|- b\n`- c\n");
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_huge_numbers_push_other_columns_out(void **state)
{
	static const struct row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "chat m", "chat", "openai", "m", 0, 10, INT64_MAX, INT64_MAX, INT64_MAX, 9e7 },
	};

	(void)state;
	assert_tree(rows, 1, ASCII(80),
		    "agent.py (pid 4711)                         in                        out  time\n"
		    "`- chat m            9,223,372,036,854,775,807  9,223,372,036,854,775,807  10ms\n");
	assert_tree(rows, 1, ASCII(50),
		    "agent.py (pid 4711)  time\n"
		    "`- chat m            10ms\n");
}

static void test_tree_text_of_spans_cannot_steer_the_terminal(void **state)
{
	static const struct row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT,
		  "a\033[31mb\nc\td\r\x7f\xc2\x9b"
		  "e",
		  "chat", "p\a", "m", 0, 10, UNKNOWN, "\033]0;x\a \xff\xe2\x80\xae" },
	};

	(void)state;
	assert_tree(rows, 1, UNICODE(80),
		    "agent.py (pid 4711)             provider  time\n"
		    "└─ a�[31mb c d ��e ✗ �]0;x� ��  p�        10ms\n");
	assert_tree(rows, 1, ASCII(80),
		    "agent.py (pid 4711)             provider  time\n"
		    "`- a?[31mb c d ??e ! ?]0;x? ??  p?        10ms\n");
}

static void test_tree_wide_and_combining_characters_keep_columns_straight(void **state)
{
	static const struct row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "chat 通义千问", "chat", "", "m", 0, 10, UNKNOWN },
		{ 'b', 0, 0, GT_TRACE_CLIENT, "chat e\xcc\x81t\xc3\xa9", "chat", "", "m", 1, 10, UNKNOWN },
		{ 'c', 0, 0, GT_TRACE_CLIENT, "chat 🦙 한국어", "chat", "", "m", 2, 10, UNKNOWN },
		{ 'd', 0, 0, GT_TRACE_CLIENT, "chat plain", "chat", "", "m", 3, 10, UNKNOWN },
	};

	(void)state;
	assert_tree(rows, GT_ROWS(rows), UNICODE(40),
		    "agent.py (pid 4711)  time\n"
		    "├─ chat 通义千问     10ms\n"
		    "├─ chat e\xcc\x81té          10ms\n"
		    "├─ chat 🦙 한국어    10ms\n"
		    "└─ chat plain        10ms\n");
	/* a wide character that would be cut in half is left out */
	assert_tree(rows, GT_ROWS(rows), UNICODE(20),
		    "agent.py (pid…  time\n"
		    "├─ chat 通义…   10ms\n"
		    "├─ chat e\xcc\x81té     10ms\n"
		    "├─ chat 🦙 한…  10ms\n"
		    "└─ chat plain   10ms\n");
}

/* A chain, each span below the one before. */
static void make_chain(struct gt_trace *t, uint32_t n)
{
	gt_trace_init(t);
	gt_trace_process(t, &agent);
	for (uint32_t i = 0; i < n; i++) {
		struct gt_trace_span *s = gt_trace_add(t);

		memcpy(s->id.b, &(uint32_t){ i + 1 }, 4);
		memcpy(s->parent_id.b, &i, 4);
		s->start_ns = BEGIN_NS + i;
		s->end_ns = BEGIN_NS + 2 * n;
		s->name = GT_STR("step");
		s->model = i % 2 ? GT_STR("odd") : GT_STR("even");
	}
	assert_int_equal(gt_trace_link(t), 0);
}

static void test_tree_deeper_than_the_width_stays_at_the_last_level(void **state)
{
	struct gt_look look = UNICODE(40);
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	make_chain(&t, 6);
	gt_picture_init(&p, &look);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	assert_text(&p.text, "agent.py (pid 4711)      time\n"
			     "└─ step                 0.0ms\n"
			     "   └─ step              0.0ms\n"
			     "      └─ step           0.0ms\n"
			     "      …─ step           0.0ms\n"
			     "      …─ step           0.0ms\n"
			     "      …─ step           0.0ms\n");
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_of_ten_thousand_levels_is_drawn(void **state)
{
	(void)state;
	for (unsigned width = 20; width <= 500; width += 240) {
		struct gt_look look = UNICODE(width);
		struct gt_picture p;
		struct gt_trace t;

		make_chain(&t, 10000);
		gt_picture_init(&p, &look);
		assert_int_equal(gt_summary_of_file(&p, "chain", &t), 0);
		assert_fits(&p);
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_tree_of_ten_thousand_roots_in_as_many_processes_is_drawn(void **state)
{
	struct gt_look look = COLOUR(80);
	struct gt_picture p;
	struct gt_trace t;
	size_t lines = 0;

	(void)state;
	gt_trace_init(&t);
	for (int i = 0; i < 10000; i++) {
		struct gt_trace_process process = { .pid = i + 1 };
		int64_t index = gt_trace_process(&t, &process);
		struct gt_trace_span *s = gt_trace_add(&t);

		s->process = (uint32_t)index;
		s->start_ns = BEGIN_NS + (uint64_t)i;
	}
	assert_int_equal(gt_trace_link(&t), 0);
	gt_picture_init(&p, &look);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	for (size_t i = 0; i < p.text.len; i++)
		lines += p.text.p[i] == '\n';
	assert_int_equal(lines, 20000);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_any_trace_fits_any_width(void **state)
{
	static const char *const words[] = { "",
					     "chat",
					     "chat gpt-4o",
					     "通义千问通义千问",
					     "a\033[0m\n",
					     "\xff\xfe",
					     "tools/call a-very-long-tool-name-that-nobody-would-type" };
	struct gt_random r = gt_random_from(42);

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct gt_look look = { .width = 20 + (unsigned)gt_random_below(&r, 120), .unicode = gt_random_below(&r, 2) };
		uint32_t n = 1 + (uint32_t)gt_random_below(&r, 30);
		struct gt_picture p;
		struct gt_trace t;

		gt_trace_init(&t);
		gt_trace_process(&t, &agent);
		gt_trace_process(&t, &server);
		for (uint32_t i = 0; i < n; i++) {
			struct gt_trace_span *s = gt_trace_add(&t);

			s->id.b[7] = (uint8_t)(i + 1);
			s->parent_id.b[7] = (uint8_t)gt_random_below(&r, n + 1);
			s->process = (uint32_t)gt_random_below(&r, 2);
			s->name = gt_str_of(words[gt_random_below(&r, GT_ROWS(words))]);
			s->model = gt_str_of(words[gt_random_below(&r, GT_ROWS(words))]);
			s->provider = gt_str_of(words[gt_random_below(&r, GT_ROWS(words))]);
			s->error = gt_str_of(words[gt_random_below(&r, GT_ROWS(words))]);
			s->incomplete = gt_str_of(words[gt_random_below(&r, GT_ROWS(words))]);
			s->is_error = gt_random_below(&r, 2);
			s->is_mcp = gt_random_below(&r, 2);
			s->kind = (enum gt_trace_kind)gt_random_below(&r, 4);
			s->start_ns = gt_random_next(&r) >> gt_random_below(&r, 64);
			s->end_ns = gt_random_next(&r) >> gt_random_below(&r, 64);
			s->tokens_in = (int64_t)gt_random_next(&r) >> gt_random_below(&r, 63);
			s->tokens_cached = (int64_t)gt_random_next(&r) >> gt_random_below(&r, 63);
			s->tokens_out = (int64_t)gt_random_next(&r) >> gt_random_below(&r, 63);
			s->first_chunk_s = (double)gt_random_below(&r, 100000000) - 1;
		}
		assert_int_equal(gt_trace_link(&t), 0);
		gt_picture_init(&p, &look);
		assert_int_equal(gt_summary_of_file(&p, "any", &t), 0);
		assert_fits(&p);
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_tree_any_failing_allocation_is_survived(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_look look = COLOUR(80);
	struct gt_picture p;
	struct gt_text json;
	struct gt_trace t;
	int failed = 0, rounds = 0;

	(void)state;
	make(&t, sample, GT_ROWS(sample));
	for (int n = 1; gt_fail_nth(n); n++) {
		int drawn, written;

		gt_picture_init(&p, &look);
		gt_text_init(&json, 1 << 20);
		drawn = gt_summary_of_run(&p, &run, &t);
		written = gt_summary_json(&json, &run, &t);
		failed += drawn == GT_ENOMEM || written == GT_ENOMEM || p.text.len == 0;
		rounds = n;
		gt_picture_free(&p);
		gt_text_free(&json);
	}
	gt_fail_none();
	/* all but the last round, and the one in which the command's words found no memory */
	assert_true(rounds > 10 && failed >= rounds - 2);
	gt_trace_free(&t);
}

/* ---------------------------------------------------------------- json */

static void test_summary_json_tells_the_run_the_totals_and_the_spans(void **state)
{
	char *const argv[] = { (char *)"say", (char *)"\"hi\"", NULL };
	struct gt_run run = { .argv = argv, .duration_ns = 1500000000, .status = 3 << 8 };
	struct gt_text out;
	struct gt_trace t;

	(void)state;
	make(&t, sample, 2);
	t.bad_lines = 1;
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	assert_text(&out,
		    "{\"gentap\":\"" GENTAP_VERSION "\",\"command\":[\"say\"],"
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
	make(&t, NULL, 0);
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	assert_text(
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
	make(&t, NULL, 0);
	gt_text_init(&out, 1 << 20);
	assert_int_equal(gt_summary_json(&out, &run, &t), 0);
	assert_non_null(memmem(out.p, out.len, expected, sizeof(expected) - 1));
	gt_text_free(&out);
	gt_trace_free(&t);
}

/* ---------------------------------------------------------------- parts */

static void test_figure_durations_have_three_digits_or_so(void **state)
{
	static const struct {
		uint64_t ns;
		const char *expected;
	} rows[] = {
		{ 0, "0.0ms" },
		{ 49999, "0.0ms" },
		{ 50000, "0.1ms" },
		{ 9949999, "9.9ms" },
		{ 9950000, "10ms" },
		{ 420000000, "420ms" },
		{ 999499999, "999ms" },
		{ 999500000, "1.00s" },
		{ 3100000000, "3.10s" },
		{ 59994999999, "59.99s" },
		{ 59995000000, "1m00s" },
		{ 125000000000, "2m05s" },
		{ 3599499999999, "59m59s" },
		{ 3599500000000, "1h00m" },
		{ 3720000000000, "1h02m" },
		{ 172800000000000, "2d00h" },
		{ UINT64_MAX, "213504d00h" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_duration(rows[i].ns, room), rows[i].expected);
	}
}

static void test_figure_amounts_have_as_many_decimals_as_the_smallest_needs(void **state)
{
	static const struct {
		double usd, smallest;
		const char *expected;
	} rows[] = {
		{ 0, 0, "$0.00" },
		{ 1, 1, "$1.00" },
		{ 0.999, 0.999, "$0.999" },
		{ 0.9996, 0.9996, "$1.00" },
		{ 0.0123, 0.0123, "$0.0123" },
		{ 0.000123, 0.000123, "$0.000123" },
		{ 0.000123456, 0.000123456, "$0.000123" },
		{ 1.4e-7, 1.4e-7, "$0.00000014" },
		{ 1e-12, 1e-12, "$0.00000000" },
		{ 12.5, 0.0123, "$12.5000" },
		{ 999.999, 1, "$1,000.00" },
		{ 1234567.891, 1, "$1,234,567.89" },
		{ 999999999, 1e-12, "$999,999,999.00000000" },
		{ 1e300, 1e-12, "$10,000,000,000.00000000" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_usd(rows[i].usd, gt_figure_decimals(rows[i].smallest), room), rows[i].expected);
	}
}

static void test_figure_counts_have_thousands_separators(void **state)
{
	static const struct {
		int64_t n;
		const char *expected, *bracketed;
	} rows[] = {
		{ 0, "0", "[0]" },
		{ 999, "999", "[999]" },
		{ 1000, "1,000", "[1,000]" },
		{ -1234567, "-1,234,567", "[-1,234,567]" },
		{ INT64_MAX, "9,223,372,036,854,775,807", "[9,223,372,036,854,775,807]" },
		{ INT64_MIN, "-9,223,372,036,854,775,808", "[-9,223,372,036,854,775,808]" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char room[GT_FIGURE_ROOM];

		assert_str(gt_figure_count(rows[i].n, room), rows[i].expected);
		assert_str(gt_figure_bracketed(rows[i].n, room), rows[i].bracketed);
	}
}

static void test_glyph_knows_width_and_danger(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
		unsigned columns;
		bool is_safe;
	} rows[] = {
		{ "a", 'a', 1, true },
		{ "é", 0xe9, 1, true },
		{ "\xcc\x81", 0x301, 0, true },
		{ "中", 0x4e2d, 2, true },
		{ "한", 0xd55c, 2, true },
		{ "Ａ", 0xff21, 2, true },
		{ "🦙", 0x1f999, 2, true },
		{ "─", 0x2500, 1, true },
		{ "\xe2\x80\x8d", 0x200d, 0, true },
		{ "\x01", 1, 1, false },
		{ "\x1b", 0x1b, 1, false },
		{ "\x7f", 0x7f, 1, false },
		{ "\xc2\x9b", 0x9b, 1, false },
		{ "\xe2\x80\xae", 0x202e, 1, false },
		{ "\xe2\x81\xa6", 0x2066, 1, false },
		{ "\xff", 0, 1, false },
		{ "\xc3", 0, 1, false },
		{ "\xed\xa0\x80", 0, 1, false },
		{ "\xc0\x80", 0, 1, false },
		{ "\xf4\x90\x80\x80", 0, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str rest = gt_str_of(rows[i].text);
		struct gt_glyph g;

		assert_true(gt_glyph_next(&rest, &g));
		assert_int_equal(g.code, rows[i].code);
		assert_int_equal(g.columns, rows[i].columns);
		assert_int_equal(g.is_safe, rows[i].is_safe);
		assert_true(rest.len == 0 || g.code == 0);
	}
}

static void test_table_column_nobody_fills_is_not_shown(void **state)
{
	static const struct gt_column columns[] = {
		{ "name", .max = 0 },
		{ "a", .gap = 2, .goes = 2 },
		{ "bb", .gap = 2, .goes = 1, .is_right = true },
	};
	struct gt_table t;

	(void)state;
	gt_table_init(&t, columns, 3);
	gt_table_widen(&t, 0, 10);
	gt_table_widen(&t, 1, 0);
	gt_table_widen(&t, 2, 1);
	gt_table_fit(&t, 80);
	assert_int_equal(t.width[0], 10);
	assert_int_equal(t.width[1], 0);
	assert_int_equal(t.width[2], 2); /* the title */
	assert_int_equal(t.used, 14);
}

static void test_table_columns_go_in_their_order(void **state)
{
	static const struct gt_column columns[] = {
		{ "", .max = 0 },
		{ "", .gap = 1, .goes = 2 },
		{ "", .gap = 1, .goes = 3 },
		{ "", .gap = 1, .goes = 1 },
	};
	struct gt_table t;

	(void)state;
	/* names want 20; the three columns are 10 wide each */
	for (size_t line = 20; line < 70; line++) {
		gt_table_init(&t, columns, 4);
		gt_table_widen(&t, 0, 20);
		for (unsigned c = 1; c < 4; c++)
			gt_table_widen(&t, c, 9);
		gt_table_fit(&t, line);
		assert_true(t.used <= line);
		assert_true(!t.width[3] || t.width[1]);
		assert_true(!t.width[1] || t.width[2]);
		assert_true(t.width[0] >= (line * 2 / 5 < 20 ? line * 2 / 5 : 20));
	}
	assert_true(t.width[3] && t.width[0] == 20);
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
		GT_TEST(test_summary_says_when_a_sum_lacks_the_cost_of_a_call),
		GT_TEST(test_summary_of_nothing_is_one_line_with_the_reason),
		GT_TEST(test_summary_says_how_the_command_ended),
		GT_TEST(test_summary_fits_every_width),
		GT_TEST(test_summary_colour_changes_nothing_but_colour),
		GT_TEST(test_tree_gives_each_process_a_line_and_its_roots_below),
		GT_TEST(test_tree_of_unknown_things_has_words_for_them),
		GT_TEST(test_tree_missing_or_reversed_times_leave_the_column_empty),
		GT_TEST(test_tree_huge_numbers_push_other_columns_out),
		GT_TEST(test_tree_text_of_spans_cannot_steer_the_terminal),
		GT_TEST(test_tree_wide_and_combining_characters_keep_columns_straight),
		GT_TEST(test_tree_deeper_than_the_width_stays_at_the_last_level),
		GT_TEST(test_tree_of_ten_thousand_levels_is_drawn),
		GT_TEST(test_tree_of_ten_thousand_roots_in_as_many_processes_is_drawn),
		GT_TEST(test_tree_any_trace_fits_any_width),
		GT_TEST(test_tree_any_failing_allocation_is_survived),
		GT_TEST(test_summary_json_tells_the_run_the_totals_and_the_spans),
		GT_TEST(test_summary_json_of_nothing_is_still_an_object),
		GT_TEST(test_summary_json_escapes_what_could_steer_a_terminal),
		GT_TEST(test_figure_durations_have_three_digits_or_so),
		GT_TEST(test_figure_amounts_have_as_many_decimals_as_the_smallest_needs),
		GT_TEST(test_figure_counts_have_thousands_separators),
		GT_TEST(test_glyph_knows_width_and_danger),
		GT_TEST(test_table_column_nobody_fills_is_not_shown),
		GT_TEST(test_table_columns_go_in_their_order),
	};

	return GT_TESTS(tests);
}
