#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/mcp/mcp_memory.h"

static struct gt_mcp_note note_of(const char *text)
{
	struct gt_mcp_note note = { .at = { 7 } };

	gt_str_copy(gt_str_of(text), note.text, sizeof(note.text));
	note.by.span_id.b[0] = 3;
	return note;
}

static void test_mcp_memory_gives_a_note_once(void **state)
{
	struct gt_mcp_memory *m = gt_mcp_memory_new();
	struct gt_mcp_note note = note_of("sampling/createMessage"), out;

	(void)state;
	assert_false(gt_mcp_memory_take(m, GT_STR("a"), &out));
	gt_mcp_memory_put(m, GT_STR("a"), &note);
	assert_false(gt_mcp_memory_take(m, GT_STR("b"), &out));
	assert_false(gt_mcp_memory_take(m, GT_STR(""), &out));
	assert_true(gt_mcp_memory_take(m, GT_STR("a"), &out));
	assert_string_equal(out.text, "sampling/createMessage");
	assert_int_equal(out.at.ns, 7);
	assert_int_equal(out.by.span_id.b[0], 3);
	assert_false(gt_mcp_memory_take(m, GT_STR("a"), &out));
	gt_mcp_memory_free(m);
}

static void test_mcp_memory_keeps_the_later_note_of_a_key(void **state)
{
	struct gt_mcp_memory *m = gt_mcp_memory_new();
	struct gt_mcp_note first = note_of("first"), second = note_of("second"), out;

	(void)state;
	gt_mcp_memory_put(m, GT_STR("a"), &first);
	gt_mcp_memory_put(m, GT_STR("a"), &second);
	assert_true(gt_mcp_memory_take(m, GT_STR("a"), &out));
	assert_string_equal(out.text, "second");
	assert_false(gt_mcp_memory_take(m, GT_STR("a"), &out));
	gt_mcp_memory_free(m);
}

static void test_mcp_memory_makes_room_by_forgetting_the_oldest(void **state)
{
	struct gt_mcp_memory *m = gt_mcp_memory_new();
	struct gt_mcp_note note = note_of("roots/list"), out;
	char key[16];

	(void)state;
	for (int i = 0; i <= GT_MCP_NOTES_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		gt_mcp_memory_put(m, gt_str_of(key), &note);
	}
	assert_false(gt_mcp_memory_take(m, GT_STR("0"), &out));
	for (int i = 1; i <= GT_MCP_NOTES_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_true(gt_mcp_memory_take(m, gt_str_of(key), &out));
	}
	gt_mcp_memory_free(m);
}

static void test_mcp_memory_without_memory_keeps_nothing(void **state)
{
	struct gt_mcp_note note = note_of("roots/list"), out;

	(void)state;
	gt_mcp_memory_put(NULL, GT_STR("a"), &note);
	assert_false(gt_mcp_memory_take(NULL, GT_STR("a"), &out));
	gt_mcp_memory_free(NULL);
	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_mcp_memory *m = gt_mcp_memory_new();

		gt_mcp_memory_put(m, GT_STR("a"), &note);
		gt_mcp_memory_put(m, GT_STR("a"), &note);
		gt_mcp_memory_put(m, GT_STR("b"), &note);
		gt_mcp_memory_take(m, GT_STR("a"), &out);
		gt_mcp_memory_free(m);
	}
	gt_fail_none();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_mcp_memory_gives_a_note_once),
		GT_TEST(test_mcp_memory_keeps_the_later_note_of_a_key),
		GT_TEST(test_mcp_memory_makes_room_by_forgetting_the_oldest),
		GT_TEST(test_mcp_memory_without_memory_keeps_nothing),
	};

	return GT_TESTS(tests);
}
