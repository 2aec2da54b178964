#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/base/json.h"
#include "exporter/base/json_text.h"

#define BAD "\xef\xbf\xbd"

/* A copy that ends at a guard page; ' is written for ". */
static struct gt_str text_of(struct gt_str s)
{
	char *copy = malloc(s.len + 1), *p;

	for (size_t i = 0; i < s.len; i++)
		copy[i] = s.p[i];
	for (size_t i = 0; i < s.len; i++)
		if (copy[i] == '\'')
			copy[i] = '"';
	p = gt_guard_end(copy, s.len);
	free(copy);
	return gt_str_make(p, s.len);
}

static void text_free(struct gt_str s)
{
	gt_guard_free((char *)s.p, s.len);
}

static void test_json_text_mend_rewrites_what_applications_accept_and_the_parser_does_not(void **state)
{
	static const struct {
		struct gt_str in;
		const char *out; /* NULL: nothing to rewrite */
	} rows[] = {
		{ GT_STR("{'a':'left\\u0000right'}"), "{'a':'left" BAD "right'}" },
		{ GT_STR("{'a':'left\0right'}"), "{'a':'left" BAD "right'}" },
		{ GT_STR("{'us\\u0000age':1}"), "{'us" BAD "age':1}" },
		{ GT_STR("{'a':'\\\\u0000'}"), NULL }, /* a backslash and five characters */
		{ GT_STR("{'a':'\\\\\\u0000'}"), "{'a':'\\\\" BAD "'}" },
		{ GT_STR("{'a':'\\ud83d'}"), "{'a':'\xed\xa0\xbd'}" },
		{ GT_STR("{'a':'\\udcFF.txt'}"), "{'a':'\xed\xb3\xbf.txt'}" },
		{ GT_STR("{'\\uD800':'\\ud83d\\ude8c'}"), "{'\xed\xa0\x80':'\\ud83d\\ude8c'}" },
		{ GT_STR("{'a':'\\ude8c\\ud83d'}"), "{'a':'\xed\xba\x8c\xed\xa0\xbd'}" }, /* in the wrong order */
		{ GT_STR("{'a':'\\ud83d\\ud83d\\ude8c'}"), "{'a':'\xed\xa0\xbd\\ud83d\\ude8c'}" },
		{ GT_STR("{'a':'\\ud83d\\n'}"), "{'a':'\xed\xa0\xbd\\n'}" },
		{ GT_STR("{'a':'\\ud83d\\ude8c \\u20ac \\u0001'}"), NULL },
		{ GT_STR("{'a':NaN,'b':-Infinity,'c':[Infinity,-1]}"), "{'a':null,'b':null,'c':[null,-1]}" },
		{ GT_STR("[NaN]"), "[null]" },
		{ GT_STR("{'NaN':'Infinity','c':'-Infinity'}"), NULL },
		{ GT_STR("{'a':'\\'NaN','b':NaN}"), "{'a':'\\'NaN','b':null}" },
		{ GT_STR("{'a':1} NaN '\\u0000'"), NULL }, /* after the first value */
		{ GT_STR("{'a':NaN} NaN"), "{'a':null}" },
		{ GT_STR(" \n[NaN,{'a':'\\ud83d'}]tail"), " \n[null,{'a':'\xed\xa0\xbd'}]" },
		{ GT_STR("{'a':NaN"), "{'a':null" }, /* cut short, and stays so */
		{ GT_STR("{'a':'\\ud83"), NULL },
		{ GT_STR("{'a':'\\"), NULL },
		{ GT_STR("{'a':'\\ud83d\\ude8"), "{'a':'\xed\xa0\xbd\\ude8" },
		{ GT_STR("[DONE]"), NULL },
		{ GT_STR("<html>NaN</html>"), "<html>null</html>" },
		{ GT_STR(""), NULL },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str in = text_of(rows[i].in), want = text_of(gt_str_of(rows[i].out ? rows[i].out : ""));
		struct gt_buf out;

		gt_buf_init(&out, 4 * in.len);
		assert_int_equal(gt_json_text_mend(in, &out), rows[i].out != NULL);
		assert_int_equal(out.len, want.len);
		assert_memory_equal(out.len ? out.data : "", want.p, want.len);
		gt_buf_free(&out);
		text_free(want);
		text_free(in);
	}
}

/* `depth` lists within each other, with `inner` in the middle. */
static char *nested(size_t depth, const char *inner)
{
	char *text = malloc(2 * depth + strlen(inner) + 1);

	memset(text, '[', depth);
	strcpy(text + depth, inner);
	memset(text + depth + strlen(inner), ']', depth);
	text[2 * depth + strlen(inner)] = 0;
	return text;
}

static void test_json_text_mend_cuts_what_is_nested_too_deep_and_keeps_the_rest(void **state)
{
	(void)state;
	for (size_t depth = GT_JSON_DEPTH - 2; depth < 100000; depth = depth < GT_JSON_DEPTH + 3 ? depth + 1 : depth * 5) {
		char *deep = nested(depth, "{\"]\":\"}\"}"), *text = malloc(strlen(deep) + 40);
		bool is_too_deep = 1 + depth + 1 > GT_JSON_DEPTH;
		struct gt_buf out;
		cJSON *json;
		int64_t v = 0;

		sprintf(text, "{\"before\":1,\"deep\":%s,\"after\":2}", deep);
		gt_buf_init(&out, strlen(text) * 2);
		assert_int_equal(gt_json_text_mend(gt_str_of(text), &out), is_too_deep);
		json = gt_json_parse(is_too_deep ? gt_buf_str(&out) : gt_str_of(text));
		assert_true(gt_json_int(json, "before", &v) && v == 1);
		assert_true(gt_json_int(json, "after", &v) && v == 2);
		cJSON_Delete(json);
		gt_buf_free(&out);
		free(text);
		free(deep);
	}
}

static void test_json_text_mend_without_room_is_no_text(void **state)
{
	static const char text[] = "{\"a\":\"\\ud83d\",\"b\":NaN}";

	(void)state;
	for (size_t room = 0; room < sizeof(text); room++) {
		struct gt_buf out;

		gt_buf_init(&out, room);
		assert_int_equal(gt_json_text_mend(gt_str_of(text), &out), room >= strlen("{\"a\":\"...\",\"b\":null}"));
		gt_buf_free(&out);
	}
}

static bool has_nul_of(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!p[i] || (len - i >= 6 && !memcmp(p + i, "\\u0000", 6)))
			return true;
	return false;
}

/* Around the ends of blocks, wherever the NUL is. */
static void test_json_text_look_sees_every_byte(void **state)
{
	static const struct gt_str marks[] = { { "\\u0000", 6 }, { "\0", 1 }, { "\\u0001", 6 }, { "[", 1 } };
	struct gt_random r = gt_random_from(7);

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[400];
		size_t len = gt_random_below(&r, sizeof(text)), values = 1;
		struct gt_str mark = marks[gt_random_below(&r, GT_ROWS(marks))];
		struct gt_json_look look;
		char *p;

		for (size_t i = 0; i < len; i++)
			text[i] = "abc,u0\\[{\""[gt_random_below(&r, 10)];
		if (len > mark.len)
			memcpy(text + gt_random_below(&r, len - mark.len + 1), mark.p, mark.len);
		for (size_t i = 0; i < len; i++)
			values += text[i] == ',' || text[i] == '[' || text[i] == '{';
		p = gt_guard_end(text, len);
		look = gt_json_text_look(gt_str_make(p, len));
		assert_int_equal(look.values_max, values);
		assert_int_equal(look.has_nul, has_nul_of(text, len));
		assert_true(gt_json_text_count(gt_str_make(p, len), SIZE_MAX) <= values);
		gt_guard_free(p, len);
	}
}

static void test_json_text_behind_string_is_behind_its_own_quote(void **state)
{
	static const struct {
		const char *text;
		size_t behind;
	} rows[] = {
		{ "'abc',", 5 }, { "''", 2 },	{ "'\\'',", 4 }, { "'\\\\',", 4 }, { "'\\\\\\'a',", 7 },
		{ "'abc", 5 },	 { "'\\'", 4 }, { "'", 2 },	 { "'a\\", 4 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str text = text_of(gt_str_of(rows[i].text));

		assert_int_equal(gt_json_behind_string(text, 0), rows[i].behind);
		text_free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_json_text_mend_rewrites_what_applications_accept_and_the_parser_does_not),
		GT_TEST(test_json_text_mend_cuts_what_is_nested_too_deep_and_keeps_the_rest),
		GT_TEST(test_json_text_mend_without_room_is_no_text),
		GT_TEST(test_json_text_look_sees_every_byte),
		GT_TEST(test_json_text_behind_string_is_behind_its_own_quote),
	};

	return GT_TESTS(tests);
}
