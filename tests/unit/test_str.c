#include "support/test.h"

#include <limits.h>

#include "support/guard_page.h"

static void test_str_equality_needs_the_same_length_and_bytes(void **state)
{
	(void)state;
	assert_true(gt_str_eq(GT_STR("abc"), GT_STR("abc")));
	assert_false(gt_str_eq(GT_STR("abc"), GT_STR("ab")));
	assert_false(gt_str_eq(GT_STR("abc"), GT_STR("ABC")));
	assert_true(gt_str_eq(GT_STR("a\0b"), GT_STR("a\0b")));
	assert_false(gt_str_eq(GT_STR("a\0b"), GT_STR("a\0c")));
	assert_true(gt_str_eq(GT_STR_NONE, GT_STR("")));
	assert_true(gt_str_ieq(GT_STR("Content-LENGTH"), GT_STR("content-length")));
	assert_false(gt_str_ieq(GT_STR("content-lengt"), GT_STR("content-length")));
}

static void test_str_case_folding_is_ascii_only(void **state)
{
	(void)state;
	assert_false(gt_str_ieq(GT_STR("\xc4"), GT_STR("\xe4")));
	assert_false(gt_str_ieq(GT_STR("["), GT_STR("{")));
	assert_false(gt_str_ieq(GT_STR("@"), GT_STR("`")));
	for (int c = 0; c < 256; c++)
		assert_int_equal((unsigned char)gt_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void test_str_starts_ends_and_contains_accept_equal_and_empty(void **state)
{
	(void)state;
	assert_true(gt_str_starts(GT_STR("abc"), GT_STR("abc")));
	assert_true(gt_str_starts(GT_STR("abc"), GT_STR("")));
	assert_false(gt_str_starts(GT_STR("ab"), GT_STR("abc")));
	assert_true(gt_str_istarts(GT_STR("ABcd"), GT_STR("abC")));
	assert_true(gt_str_ends(GT_STR("abc"), GT_STR("bc")));
	assert_false(gt_str_ends(GT_STR("c"), GT_STR("bc")));
	assert_true(gt_str_iends(GT_STR("aBC"), GT_STR("bc")));
	assert_true(gt_str_icontains(GT_STR("text/EVENT-stream"), GT_STR("event")));
	assert_true(gt_str_icontains(GT_STR("abc"), GT_STR("abc")));
	assert_true(gt_str_icontains(GT_STR("abc"), GT_STR("")));
	assert_false(gt_str_icontains(GT_STR("ab"), GT_STR("abc")));
	assert_false(gt_str_icontains(GT_STR_NONE, GT_STR("a")));
}

static void test_str_trim_removes_spaces_and_tabs_only(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" }, { " ", "" }, { "\t \t", "" }, { " a b\t", "a b" }, { "\ra\n", "\ra\n" }, { "a", "a" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_str(gt_str_trim(gt_str_of(rows[i].in)), rows[i].out);
}

static void test_str_next_gives_empty_items_and_ends_once(void **state)
{
	struct gt_str rest = GT_STR("a,,b,"), item;

	(void)state;
	assert_true(gt_str_next(&rest, ',', &item));
	assert_str(item, "a");
	assert_true(gt_str_next(&rest, ',', &item));
	assert_str(item, "");
	assert_true(gt_str_next(&rest, ',', &item));
	assert_str(item, "b");
	assert_true(gt_str_next(&rest, ',', &item));
	assert_str(item, "");
	assert_false(gt_str_next(&rest, ',', &item));
	assert_false(gt_str_next(&rest, ',', &item));
	rest = GT_STR_NONE;
	assert_false(gt_str_next(&rest, ',', &item));
}

static void test_str_u64_takes_digits_only_and_stops_at_the_largest_number(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "00", true, 0 },
		{ "42", true, 42 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "18446744073709551620", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "000000000000000000000000000007", true, 7 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x10", false, 0 },
		{ "1.0", false, 0 },
		{ "\xb2", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		uint64_t v = 77;

		assert_int_equal(gt_str_u64(gt_str_of(rows[i].text), &v), rows[i].good);
		assert_true(v == (rows[i].good ? rows[i].value : 77)); /* unchanged when the text is rejected */
	}
}

static void test_str_copy_truncates_and_always_terminates(void **state)
{
	char out[4];

	(void)state;
	memset(out, 'x', sizeof(out));
	assert_int_equal(gt_str_copy(GT_STR("abcdef"), out, sizeof(out)), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(gt_str_copy(GT_STR("abc"), out, sizeof(out)), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(gt_str_copy(GT_STR_NONE, out, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(gt_str_copy(GT_STR("abc"), out, 1), 0);
	assert_string_equal(out, "");
}

static void test_str_skip_beyond_the_end_is_empty(void **state)
{
	struct gt_str s = GT_STR("abc");

	(void)state;
	assert_str(gt_str_skip(s, 1), "bc");
	assert_str(gt_str_skip(s, 3), "");
	assert_str(gt_str_skip(s, 99), "");
	assert_ptr_equal(gt_str_skip(s, 99).p, s.p + 3);
	assert_null(gt_str_skip(GT_STR_NONE, 99).p);
	assert_int_equal(gt_str_find(s, 'c'), 2);
	assert_int_equal(gt_str_find(s, 'x'), 3);
	assert_int_equal(gt_str_find(GT_STR_NONE, 'x'), 0);
}

static void test_str_glob_knows_star_and_question_mark(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "**", "", true },
		{ "?", "", false },
		{ "?", "a", true },
		{ "?", "ab", false },
		{ "python*", "python3.11", true },
		{ "python*", "ipython", false },
		{ "*.api.openai.com", "eu.api.openai.com", true },
		{ "*.api.openai.com", "api.openai.com", false },
		{ "*.api.openai.com", "api.openai.com.evil", false },
		{ "a*b*c", "axxbxxc", true },
		{ "a*b*c", "axxbxx", false },
		{ "a*bc", "abbc", true },
		{ "*aab", "aaaab", true },
		{ "[ab]", "a", false }, /* no classes: a bracket is a bracket */
		{ "[ab]", "[ab]", true },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		assert_int_equal(gt_str_glob(gt_str_of(rows[i].pattern), gt_str_of(rows[i].text)), rows[i].fits);
}

static void test_str_functions_stay_inside_the_slice(void **state)
{
	static const char *const texts[] = { "", "a", " ", ",", "9", "*", "text/event-stream", "a,b" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++) {
		size_t len = strlen(texts[i]);
		char *p = gt_guard_end(texts[i], len);
		struct gt_str s = gt_str_make(p, len), rest = s, item;
		uint64_t v;

		gt_str_trim(s);
		gt_str_u64(s, &v);
		gt_str_glob(s, s);
		gt_str_icontains(s, GT_STR("stream"));
		gt_str_starts(s, GT_STR("stream"));
		gt_str_ends(s, GT_STR("stream"));
		while (gt_str_next(&rest, ',', &item))
			assert_true(item.p >= p && item.p + item.len <= p + len);
		gt_guard_free(p, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_str_equality_needs_the_same_length_and_bytes),
		GT_TEST(test_str_case_folding_is_ascii_only),
		GT_TEST(test_str_starts_ends_and_contains_accept_equal_and_empty),
		GT_TEST(test_str_trim_removes_spaces_and_tabs_only),
		GT_TEST(test_str_next_gives_empty_items_and_ends_once),
		GT_TEST(test_str_u64_takes_digits_only_and_stops_at_the_largest_number),
		GT_TEST(test_str_copy_truncates_and_always_terminates),
		GT_TEST(test_str_skip_beyond_the_end_is_empty),
		GT_TEST(test_str_glob_knows_star_and_question_mark),
		GT_TEST(test_str_functions_stay_inside_the_slice),
	};

	return GT_TESTS(tests);
}
