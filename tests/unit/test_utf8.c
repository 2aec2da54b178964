#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/base/utf8.h"

#define BAD "\xef\xbf\xbd"

/* A simple, slow decoder: table 3-7 of the Unicode standard. */
static size_t slow_len(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char low[4], high[4];
		size_t n;
	} forms[] = {
		{ { 0x00 }, { 0x7f }, 1 },
		{ { 0xc2, 0x80 }, { 0xdf, 0xbf }, 2 },
		{ { 0xe0, 0xa0, 0x80 }, { 0xe0, 0xbf, 0xbf }, 3 },
		{ { 0xe1, 0x80, 0x80 }, { 0xec, 0xbf, 0xbf }, 3 },
		{ { 0xed, 0x80, 0x80 }, { 0xed, 0x9f, 0xbf }, 3 },
		{ { 0xee, 0x80, 0x80 }, { 0xef, 0xbf, 0xbf }, 3 },
		{ { 0xf0, 0x90, 0x80, 0x80 }, { 0xf0, 0xbf, 0xbf, 0xbf }, 4 },
		{ { 0xf1, 0x80, 0x80, 0x80 }, { 0xf3, 0xbf, 0xbf, 0xbf }, 4 },
		{ { 0xf4, 0x80, 0x80, 0x80 }, { 0xf4, 0x8f, 0xbf, 0xbf }, 4 },
	};

	for (size_t i = 0; i < GT_ROWS(forms); i++) {
		size_t k = 0;

		while (k < forms[i].n && k < left && p[k] >= forms[i].low[k] && p[k] <= forms[i].high[k])
			k++;
		if (k == forms[i].n)
			return k;
	}
	return 0;
}

static void test_utf8_len_agrees_with_the_standard_for_every_pair_and_many_longer_ones(void **state)
{
	static const unsigned char edges[] = { 0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
					       0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff };

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			for (size_t c = 0; c < GT_ROWS(edges); c++) {
				for (size_t d = 0; d < GT_ROWS(edges); d++) {
					unsigned char s[4] = { (unsigned char)a, (unsigned char)b, edges[c], edges[d] };

					assert_int_equal(gt_utf8_len((char *)s, 4), slow_len(s, 4));
				}
			}
		}
	}
}

static void test_utf8_len_never_looks_behind_the_end(void **state)
{
	static const char *const texts[] = { "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++) {
		for (size_t len = 1; len <= strlen(texts[i]); len++) {
			char *p = gt_guard_end(texts[i], len);

			assert_int_equal(gt_utf8_len(p, len), len == strlen(texts[i]) ? len : 0);
			gt_guard_free(p, len);
		}
	}
}

static void test_utf8_text_replaces_each_bad_byte(void **state)
{
	static const struct {
		struct gt_str raw;
		const char *text;
		bool valid;
	} rows[] = {
		{ GT_STR(""), "", true },
		{ GT_STR("plain"), "plain", true },
		{ GT_STR("\xe2\x82\xac \xf0\x9f\x98\x80"), "\xe2\x82\xac \xf0\x9f\x98\x80", true },
		{ GT_STR("a\xff"
			 "b"),
		  "a" BAD "b", false },
		{ GT_STR("\xc3"), BAD, false },				     /* cut short */
		{ GT_STR("\xe2\x82"), BAD BAD, false },			     /* likewise */
		{ GT_STR("\xc0\x80"), BAD BAD, false },			     /* overlong */
		{ GT_STR("\xed\xa0\x80"), BAD, false },			     /* half of a surrogate pair */
		{ GT_STR("\xed\xba\x8c\xed\xa0\xbd."), BAD BAD ".", false }, /* two, in the wrong order */
		{ GT_STR("\xed\xa0"), BAD BAD, false },
		{ GT_STR("\xf4\x90\x80\x80"), BAD BAD BAD BAD, false }, /* beyond U+10FFFF */
		{ GT_STR("\xc3\xc3\xa9"), BAD "\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *raw = gt_guard_end(rows[i].raw.p, rows[i].raw.len);
		struct gt_str s = gt_str_make(raw, rows[i].raw.len), text;
		struct gt_arena a;

		gt_arena_init(&a, 0);
		text = gt_utf8_text(&a, s, UINT32_MAX);
		assert_str(text, rows[i].text);
		assert_int_equal(text.p[text.len], 0);
		assert_true(gt_utf8_is_valid(text));
		assert_int_equal(gt_utf8_is_valid(s), rows[i].valid);
		gt_arena_free(&a);
		gt_guard_free(raw, rows[i].raw.len);
	}
}

static void test_utf8_halves_of_a_pair_are_joined(void **state)
{
	static const struct {
		struct gt_str in, out;
	} rows[] = {
		{ GT_STR("Bus \xed\xa0\xbd\xed\xba\x8c!"), GT_STR("Bus \xf0\x9f\x9a\x8c!") },
		{ GT_STR("\xed\xa0\x80\xed\xb0\x80"), GT_STR("\xf0\x90\x80\x80") },
		{ GT_STR("\xed\xaf\xbf\xed\xbf\xbf"), GT_STR("\xf4\x8f\xbf\xbf") },
		{ GT_STR("\xed\xa0\xbd\xed\xa0\xbd\xed\xba\x8c"), GT_STR("\xed\xa0\xbd\xf0\x9f\x9a\x8c") },
		{ GT_STR("\xed\xba\x8c\xed\xa0\xbd"), GT_STR("\xed\xba\x8c\xed\xa0\xbd") },
		{ GT_STR("\xed\xa0\xbd x"), GT_STR("\xed\xa0\xbd x") },
		{ GT_STR("\xed\xa0\xbd\xed\xba"), GT_STR("\xed\xa0\xbd\xed\xba") },
		{ GT_STR("\xed\x9f\xbf\xee\x80\x80"), GT_STR("\xed\x9f\xbf\xee\x80\x80") },
		{ GT_STR(""), GT_STR("") },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *p = gt_guard_end(rows[i].in.p, rows[i].in.len);
		size_t n = gt_utf8_join_halves(p, rows[i].in.len);

		assert_int_equal(n, rows[i].out.len);
		assert_memory_equal(p, rows[i].out.p, n);
		gt_guard_free(p, rows[i].in.len);
	}
	assert_int_equal(gt_utf8_join_halves(NULL, 0), 0);
}

static void test_utf8_text_is_cut_between_characters(void **state)
{
	static const struct {
		uint32_t max;
		const char *text;
	} rows[] = { { 0, "" },
		     { 1, "a" },
		     { 2, "a\xe2\x82\xac" },
		     { 3, "a\xe2\x82\xac" BAD },
		     { 4, "a\xe2\x82\xac" BAD "b" },
		     { 5, "a\xe2\x82\xac" BAD "b" } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_arena a;

		gt_arena_init(&a, 0);
		assert_str(gt_utf8_text(&a, GT_STR("a\xe2\x82\xac\x80\x62"), rows[i].max), rows[i].text);
		gt_arena_free(&a);
	}
}

static void test_utf8_text_keeps_nul(void **state)
{
	struct gt_arena a;
	struct gt_str text;

	(void)state;
	gt_arena_init(&a, 0);
	text = gt_utf8_text(&a, GT_STR("a\0b"), 10);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.p, "a\0b", 4);
	gt_arena_free(&a);
}

static void test_utf8_text_of_random_bytes_is_valid_and_the_same_again(void **state)
{
	struct gt_random r = gt_random_from(99);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = gt_random_below(&r, 40);
		char *raw, bytes[40];
		struct gt_str once, twice;
		struct gt_arena a;

		for (size_t k = 0; k < len; k++)
			bytes[k] = (char)(gt_random_below(&r, 3) ? 0x80 + gt_random_below(&r, 128) : gt_random_next(&r));
		raw = gt_guard_end(bytes, len);
		gt_arena_init(&a, 0);
		once = gt_utf8_text(&a, gt_str_make(raw, len), (uint32_t)gt_random_below(&r, 50));
		assert_true(gt_utf8_is_valid(once));
		twice = gt_utf8_text(&a, once, UINT32_MAX);
		assert_true(gt_str_eq(once, twice));
		gt_arena_free(&a);
		gt_guard_free(raw, len);
	}
}

static void test_utf8_text_without_memory_is_none(void **state)
{
	struct gt_arena a;

	(void)state;
	gt_arena_init(&a, 0);
	gt_fail_nth(1);
	assert_null(gt_utf8_text(&a, GT_STR("x"), 10).p);
	gt_fail_none();
	gt_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_utf8_len_agrees_with_the_standard_for_every_pair_and_many_longer_ones),
		GT_TEST(test_utf8_len_never_looks_behind_the_end),
		GT_TEST(test_utf8_text_replaces_each_bad_byte),
		GT_TEST(test_utf8_halves_of_a_pair_are_joined),
		GT_TEST(test_utf8_text_is_cut_between_characters),
		GT_TEST(test_utf8_text_keeps_nul),
		GT_TEST(test_utf8_text_of_random_bytes_is_valid_and_the_same_again),
		GT_TEST(test_utf8_text_without_memory_is_none),
	};

	return GT_TESTS(tests);
}
