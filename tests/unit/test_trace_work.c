/* What the command does with a file grows with the file, and no faster, however deep, wide or broken it is. */
#include "support/linear.h"
#include "support/test.h"

#include "exporter/base/text.h"
#include "exporter/command/totals.h"
#include "exporter/command/trace_file.h"
#include "exporter/command/tree.h"

#define LOG 24 /* steps of a search among sorted ids */

/* How the spans of a trace hang together. */
struct shape {
	const char *name;
	bool is_chain, is_backwards;	/* each span is below the span before; its parent begins later */
	bool has_models, has_processes; /* each span has its own */
	bool is_polled;			/* every second span reads the answer to the span before */
};

static const struct shape shapes[] = {
	{ "a chain", true, false, false, false },
	{ "a chain that runs backwards", true, true, false, false },
	{ "a chain of models", true, false, true, false },
	{ "a chain of processes", true, false, false, true },
	{ "roots", false, false, false, false },
	{ "roots, each a process and a model", false, false, true, true },
	{ "roots, each second a read", false, false, false, false, true },
};

static struct gt_str numbered(struct gt_trace *t, const char *word, uint32_t i)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%s-%u", word, i);

	return gt_str_make(gt_arena_copy(&t->memory, gt_str_make(text, (size_t)n)), (size_t)n);
}

static void add(struct gt_trace *t, const struct shape *shape, uint32_t i, uint32_t n)
{
	struct gt_trace_process process = { .service = shape->has_processes ? numbered(t, "p", i) : GT_STR("agent"), .pid = 1 };
	int64_t at = gt_trace_process(t, &process);
	struct gt_trace_span *s = gt_trace_add(t);
	uint32_t id = i + 1, parent = shape->is_chain ? i : 0;

	assert_true(s && at >= 0);
	memcpy(s->id.b, &id, sizeof(id));
	memcpy(s->parent_id.b, &parent, sizeof(parent));
	s->process = (uint32_t)at;
	s->kind = GT_TRACE_CLIENT;
	s->name = s->operation = i % 2 && shape->is_polled ? GT_STR("fetch_response") : GT_STR("chat");
	if (shape->is_polled) {
		s->response_id = numbered(t, "r", i / 2);
		s->tokens_in = i % 2 ? 1 : -1;
	}
	s->model = shape->has_models ? numbered(t, "m", i) : GT_STR("m");
	s->start_ns = shape->is_backwards ? n - i : i + 1;
	s->end_ns = s->start_ns + 1;
}

static void summarize(void *ctx, size_t n)
{
	const struct shape *shape = ctx;
	struct gt_terminal terminal = { .width = 80 };
	struct gt_picture picture;
	struct gt_totals totals;
	struct gt_trace t;

	gt_trace_init(&t);
	for (uint32_t i = 0; i < n; i++)
		add(&t, shape, i, (uint32_t)n);
	assert_int_equal(gt_trace_link(&t), 0);
	assert_int_equal(gt_totals_make(&totals, &t), 0);
	/* below a call of the same model, a call is a repetition */
	assert_int_equal(totals.all.calls, shape->is_chain && !shape->has_models ? 1 : shape->is_polled ? n / 2 : n);
	assert_int_equal(totals.n_models, shape->has_models ? n : 1);
	gt_totals_free(&totals);
	gt_picture_init(&picture, &terminal);
	assert_int_equal(gt_tree_draw(&picture, &t), 0);
	gt_picture_free(&picture);
	gt_trace_free(&t);
}

static void test_trace_of_any_shape_is_summarized_in_linear_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(shapes); i++)
		gt_assert_linear(shapes[i].name, summarize, (void *)&shapes[i], 2000, 40 + LOG);
}

/* Every call counts once whatever is between it and the call that it repeats. */
static void test_trace_repetitions_are_found_at_any_depth_and_only_below(void **state)
{
	static const struct {
		uint32_t parent;
		const char *model;
		bool is_call;
	} rows[] = {
		{ 0, "a", true }, { 1, "b", true }, { 2, "a", false }, { 3, "c", true },  { 4, "b", false }, { 1, "b", true },
		{ 0, "a", true }, { 7, "", true },  { 8, "", false },  { 9, "a", false }, { 0, "b", true },  { 11, "c", true },
	};
	struct gt_trace_process process = { .pid = 1 };
	struct gt_trace t;

	(void)state;
	gt_trace_init(&t);
	gt_trace_process(&t, &process);
	for (uint32_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_trace_span *s = gt_trace_add(&t);

		s->id.b[0] = (uint8_t)(i + 1);
		s->parent_id.b[0] = (uint8_t)rows[i].parent;
		s->start_ns = i + 1;
		s->provider = GT_STR("openai");
		s->model = gt_str_of(rows[i].model);
	}
	assert_int_equal(gt_trace_link(&t), 0);
	for (uint32_t i = 0; i < GT_ROWS(rows); i++)
		if (gt_trace_is_call(&t, i) != rows[i].is_call)
			fail_msg("span %u", i + 1);
	gt_trace_free(&t);
}

static void read_lines(void *ctx, size_t n)
{
	struct gt_text text;
	struct gt_trace t;

	gt_text_init(&text, SIZE_MAX);
	for (size_t i = 0; i < n; i++)
		gt_text_add(&text, gt_str_of(ctx));
	gt_trace_init(&t);
	assert_int_equal(gt_trace_file_parse(&t, gt_str_make(text.p, text.len)), 0);
	gt_text_free(&text);
	gt_trace_free(&t);
}

/* Any of these lines may begin a value that goes on in the next. */
static void test_trace_file_of_broken_lines_is_read_in_linear_work(void **state)
{
	static const char *const lines[] = {
		"[1,\n", "[\n", "{\"a\":[\n", "{\"a\":1,\n", "\"\n",	     "\"\\\n",
		"1\n",	 "x\n", "{\"a\":\n",  "[\"a\",\n",   "[[[[[[[[1,\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(lines); i++)
		gt_assert_linear(lines[i], read_lines, (void *)lines[i], 20000, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_trace_of_any_shape_is_summarized_in_linear_work),
		GT_TEST(test_trace_repetitions_are_found_at_any_depth_and_only_below),
		GT_TEST(test_trace_file_of_broken_lines_is_read_in_linear_work),
	};

	return GT_TESTS(tests);
}
