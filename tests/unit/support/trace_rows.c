#include "trace_rows.h"

#include "test.h"

const struct gt_trace_process gt_trace_agent = { .service = { "agent.py", 8 }, .pid = 4711 };
const struct gt_trace_process gt_trace_server = { .service = { "search-server", 13 }, .pid = 4720 };

const struct gt_trace_row gt_trace_sample[GT_TRACE_SAMPLE_ROWS] = {
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

static void add(struct gt_trace *t, const struct gt_trace_row *r)
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
	s->start_ns = r->start_ms < 0 ? 0 : GT_TRACE_BEGIN_NS + (uint64_t)r->start_ms * 1000000;
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
	s->prices_read = r->prices_read;
	s->response_id = gt_str_of(r->response_id);
	s->is_refused = r->error && gt_str_starts(s->error, GT_STR("4"));
}

void gt_trace_make(struct gt_trace *t, const struct gt_trace_row *rows, size_t n)
{
	gt_trace_init(t);
	gt_trace_process(t, &gt_trace_agent);
	gt_trace_process(t, &gt_trace_server);
	for (size_t i = 0; i < n; i++)
		add(t, &rows[i]);
	assert_int_equal(gt_trace_link(t), 0);
}

void gt_assert_picture(const struct gt_text *t, const char *expected)
{
	if (t->len != strlen(expected) || memcmp(t->p, expected, t->len) != 0)
		fail_msg("got:\n%.*s\nexpected:\n%s", (int)t->len, t->p, expected);
}

void gt_assert_fits(const struct gt_picture *p)
{
	struct gt_str rest = gt_str_make(p->text.p, p->text.len), line;

	while (gt_str_next(&rest, '\n', &line)) {
		if (gt_picture_width(p, line) > p->terminal.width || gt_str_ends(line, GT_STR(" ")))
			fail_msg("on %u columns: '%.*s'", p->terminal.width, GT_STR_ARG(line));
	}
}
