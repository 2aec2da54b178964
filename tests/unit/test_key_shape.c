#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/privacy/key_shape.h"

static void test_key_shape_matches_text_and_runs(void **state)
{
	static const struct {
		const char *shape, *text;
		size_t len;
		bool is_open;
	} rows[] = {
		{ "%w4", "ab12", 4, false },
		{ "%w4", "ab1", 0, false },
		{ "%w4", "ab12 x", 4, false },
		{ "%w4", "ab12.", 4, false },
		{ "%w4", "ab12-", 4, false },
		{ "%w4", "ab123", 0, false }, /* a longer word */
		{ "%w4", "ab12_", 0, false },
		{ "%w2-4", "ab", 2, false },
		{ "%w2-4", "abcd", 4, false },
		{ "%w2-4", "abcde", 0, false },
		{ "%w2-", "abcdefgh.", 8, true },
		{ "%w2-", "a", 0, false },
		{ "%d3", "123", 3, false },
		{ "%d3", "12a", 0, false },
		{ "%x4", "09aF", 4, false },
		{ "%x4", "09ag", 0, false },
		{ "%u3", "A1Z", 3, false },
		{ "%u3", "A1z", 0, false },
		{ "%b4", "a_-1", 4, false },
		{ "%b4", "a.b1", 0, false },
		{ "%k4", "a_-=", 4, false },
		{ "%e4", "a.b=", 4, false },
		{ "%t8", "a.~+/=-_", 8, false },
		{ "%x2-%x2", "ab-cd", 5, false },
		{ "%x2-%x2", "ab.cd", 0, false },
		{ "%w2.x.%d1-2", "ab.x.17", 7, false },
		{ "acc%w2", "accab", 5, false },
		{ "acc%w2", "acab", 0, false },
		{ "", "abc", 0, false }, /* the word goes on */
		{ "", "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		size_t len = strlen(rows[i].text), got;
		char *text = gt_guard_end(rows[i].text, len);
		bool is_open = false;

		got = gt_key_shape_len(rows[i].shape, gt_str_make(text, len), &is_open);
		if (got != rows[i].len || (got && is_open != rows[i].is_open))
			fail_msg("%s of %s: %zu", rows[i].shape, rows[i].text, got);
		gt_guard_free(text, len);
	}
}

/* Redaction sees GT_SECRET_REACH bytes beyond the place where a text is cut. */
static void test_key_shape_of_open_length_ends_somewhere(void **state)
{
	char text[2000];
	bool is_open;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(gt_key_shape_len("%w20-", gt_str_make(text, sizeof(text)), &is_open), GT_KEY_SHAPE_MAX);
	assert_true(is_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_key_shape_matches_text_and_runs),
		GT_TEST(test_key_shape_of_open_length_ends_somewhere),
	};

	return GT_TESTS(tests);
}
