#include "support/fail_nth.h"
#include "support/test.h"
#include "support/trace_rows.h"

#include "exporter/base/errors.h"
#include "exporter/command/summary.h"
#include "exporter/command/summary_json.h"
#include "exporter/command/tree.h"

static void assert_tree(const struct gt_trace_row *rows, size_t n, struct gt_terminal terminal, const char *expected)
{
	struct gt_picture p;
	struct gt_trace t;

	gt_trace_make(&t, rows, n);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	gt_assert_picture(&p.text, expected);
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_gives_each_process_a_line_and_its_roots_below(void **state)
{
	static const struct gt_trace_row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "chat a", "chat", "", "", 0, 10, UNKNOWN },
		{ 'b', 0, 1, GT_TRACE_CLIENT, "chat b", "chat", "", "", 1, 10, UNKNOWN },
		{ 'c', 0, 0, GT_TRACE_CLIENT, "chat c", "chat", "", "", 2, 10, UNKNOWN },
		/* the process is called by a, and has a root of its own: a line at each place */
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
	struct gt_terminal terminal = ASCII(60);
	struct gt_trace_process nobody = { .pid = 0 };
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	gt_trace_init(&t);
	gt_trace_process(&t, &nobody);
	gt_trace_add(&t);
	assert_int_equal(gt_trace_link(&t), 0);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	gt_assert_picture(&p.text, "unknown program\n`- unnamed\n");
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_missing_or_reversed_times_leave_the_column_empty(void **state)
{
	struct gt_trace_row rows[] = {
		{ 'a', 0, 0, GT_TRACE_CLIENT, "a", "chat", "", "", 0, 0, UNKNOWN },
		{ 'b', 0, 0, GT_TRACE_CLIENT, "b", "chat", "", "", 1, -1, UNKNOWN },
		{ 'c', 0, 0, GT_TRACE_CLIENT, "c", "chat", "", "", -1, 5, UNKNOWN },
	};
	struct gt_terminal terminal = ASCII(60);
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	gt_trace_make(&t, rows, GT_ROWS(rows));
	t.spans[1].end_ns = t.spans[1].start_ns - 1;
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	gt_assert_picture(&p.text, "agent.py (pid 4711)   time\n|- a                 0.0ms\n|- b\n`- c\n");
	gt_picture_free(&p);
	gt_trace_free(&t);
}

static void test_tree_huge_numbers_push_other_columns_out(void **state)
{
	static const struct gt_trace_row rows[] = {
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
	static const struct gt_trace_row rows[] = {
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
	static const struct gt_trace_row rows[] = {
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
	/* a wide character that does not fit whole is dropped */
	assert_tree(rows, GT_ROWS(rows), UNICODE(20),
		    "agent.py (pid…  time\n"
		    "├─ chat 通义…   10ms\n"
		    "├─ chat e\xcc\x81té     10ms\n"
		    "├─ chat 🦙 한…  10ms\n"
		    "└─ chat plain   10ms\n");
}

/* A chain: each span is the parent of the next. */
static void make_chain(struct gt_trace *t, uint32_t n)
{
	gt_trace_init(t);
	gt_trace_process(t, &gt_trace_agent);
	for (uint32_t i = 0; i < n; i++) {
		struct gt_trace_span *s = gt_trace_add(t);

		memcpy(s->id.b, &(uint32_t){ i + 1 }, 4);
		memcpy(s->parent_id.b, &i, 4);
		s->start_ns = GT_TRACE_BEGIN_NS + i;
		s->end_ns = GT_TRACE_BEGIN_NS + 2 * n;
		s->name = GT_STR("step");
		s->model = i % 2 ? GT_STR("odd") : GT_STR("even");
	}
	assert_int_equal(gt_trace_link(t), 0);
}

static void test_tree_deeper_than_the_width_stays_at_the_last_level(void **state)
{
	struct gt_terminal terminal = UNICODE(40);
	struct gt_picture p;
	struct gt_trace t;

	(void)state;
	make_chain(&t, 6);
	gt_picture_init(&p, &terminal);
	assert_int_equal(gt_tree_draw(&p, &t), 0);
	gt_assert_picture(&p.text, "agent.py (pid 4711)      time\n"
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
		struct gt_terminal terminal = UNICODE(width);
		struct gt_picture p;
		struct gt_trace t;

		make_chain(&t, 10000);
		gt_picture_init(&p, &terminal);
		assert_int_equal(gt_summary_of_file(&p, "chain", &t), 0);
		gt_assert_fits(&p);
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_tree_of_ten_thousand_roots_in_as_many_processes_is_drawn(void **state)
{
	struct gt_terminal terminal = COLOUR(80);
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
		s->start_ns = GT_TRACE_BEGIN_NS + (uint64_t)i;
	}
	assert_int_equal(gt_trace_link(&t), 0);
	gt_picture_init(&p, &terminal);
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
		struct gt_terminal terminal = { .width = 20 + (unsigned)gt_random_below(&r, 120),
						.has_unicode = gt_random_below(&r, 2) };
		uint32_t n = 1 + (uint32_t)gt_random_below(&r, 30);
		struct gt_picture p;
		struct gt_trace t;

		gt_trace_init(&t);
		gt_trace_process(&t, &gt_trace_agent);
		gt_trace_process(&t, &gt_trace_server);
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
		gt_picture_init(&p, &terminal);
		assert_int_equal(gt_summary_of_file(&p, "any", &t), 0);
		gt_assert_fits(&p);
		gt_picture_free(&p);
		gt_trace_free(&t);
	}
}

static void test_tree_any_failing_allocation_is_survived(void **state)
{
	char *const argv[] = { (char *)"x", NULL };
	struct gt_run run = { .argv = argv };
	struct gt_terminal terminal = COLOUR(80);
	struct gt_picture p;
	struct gt_text json;
	struct gt_trace t;
	int failed = 0, rounds = 0;

	(void)state;
	gt_trace_make(&t, gt_trace_sample, GT_ROWS(gt_trace_sample));
	for (int n = 1; gt_fail_nth(n); n++) {
		int drawn, written;

		gt_picture_init(&p, &terminal);
		gt_text_init(&json, 1 << 20);
		drawn = gt_summary_of_run(&p, &run, &t);
		written = gt_summary_json(&json, &run, &t);
		failed += drawn == GT_ENOMEM || written == GT_ENOMEM || p.text.len == 0;
		rounds = n;
		gt_picture_free(&p);
		gt_text_free(&json);
	}
	gt_fail_none();
	/* every round fails but the last, and the round that loses the command's words */
	assert_true(rounds > 10 && failed >= rounds - 2);
	gt_trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return GT_TESTS(tests);
}
