#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include <locale.h>
#include <math.h>
#include <unistd.h>

#include "exporter/base/json.h"

/* Parses a copy that ends at a guard page; ' is written for ". */
static cJSON *parse(const char *text)
{
	size_t len = strlen(text);
	char *copy = strdup(text), *p;
	cJSON *json;

	for (size_t i = 0; i < len; i++)
		if (copy[i] == '\'')
			copy[i] = '"';
	p = gt_guard_end(copy, len);
	json = gt_json_parse(gt_str_make(p, len));
	gt_guard_free(p, len);
	free(copy);
	return json;
}

static void test_json_paths_lead_to_members_and_elements(void **state)
{
	static const struct {
		const char *path, *print; /* NULL: no value */
	} rows[] = {
		{ "a", "{\"b\":{\"c\":1},\"list\":[10,{\"x\":\"y\"},[20,30]]}" },
		{ "a.b.c", "1" },
		{ "a.list.0", "10" },
		{ "a.list.1.x", "\"y\"" },
		{ "a.list.2.1", "30" },
		{ "a.list.3", NULL },
		{ "a.list.-1", NULL },
		{ "a.list.x", NULL },
		{ "a.list.99999999999999999999", NULL },
		{ "a.list.2147483648", NULL },
		{ "a.list.0.0", NULL }, /* a number has no elements */
		{ "a.b.c.d", NULL },
		{ "a.B", NULL }, /* names are case-sensitive */
		{ "b", NULL },
		{ "a.b.", NULL },
		{ ".a", NULL },
		{ "0", "\"member\"" }, /* in an object a number is a member's name */
		{ "null", "null" },
		{ "null.x", NULL },
		{ "dup", "2" }, /* the last of several equal names */
		{ "a_name_that_is_as_long_as_the_longest_one_that_a_path_may_hold_", "true" },
	};
	cJSON *json = parse("{'a':{'b':{'c':1},'list':[10,{'x':'y'},[20,30]]},'0':'member','null':null,'dup':1,'dup':2,"
			    "'a_name_that_is_as_long_as_the_longest_one_that_a_path_may_hold_':true}");

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		const cJSON *v = gt_json_at(json, rows[i].path);
		char *print = v ? cJSON_PrintUnformatted(v) : NULL;

		if (!rows[i].print)
			assert_null(v);
		else
			assert_string_equal(print, rows[i].print);
		free(print);
	}
	assert_null(gt_json_at(NULL, "a"));
	cJSON_Delete(json);
}

static void test_json_integers_are_numbers_without_a_fraction_up_to_2_to_the_53(void **state)
{
	static const struct {
		const char *text;
		bool is_int;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "12", true, 12 },
		{ "12.0", true, 12 },
		{ "12.000", true, 12 },
		{ "1e3", true, 1000 },
		{ "1.5e1", true, 15 },
		{ "-7", true, -7 },
		{ "-7.0", true, -7 },
		{ "9007199254740992", true, 9007199254740992 },
		{ "-9007199254740992", true, -9007199254740992 },
		{ "12.5", false, 0 },
		{ "1e-1", false, 0 },
		{ "9007199254740994", false, 0 },
		{ "-9007199254740994", false, 0 },
		{ "9223372036854775807", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "1e30", false, 0 },
		{ "1e400", false, 0 },
		{ "-1e400", false, 0 },
		{ "'12'", false, 0 },
		{ "true", false, 0 },
		{ "null", false, 0 },
		{ "[12]", false, 0 },
		{ "{'v':12}", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char text[100];
		int64_t v = -1;
		cJSON *json;

		snprintf(text, sizeof(text), "{'v':%s}", rows[i].text);
		json = parse(text);
		assert_non_null(json);
		assert_int_equal(gt_json_int(json, "v", &v), rows[i].is_int);
		assert_int_equal(v, rows[i].is_int ? rows[i].value : -1); /* otherwise unchanged */
		cJSON_Delete(json);
	}
}

static void test_json_getters_refuse_other_types_and_leave_out_alone(void **state)
{
	cJSON *json = parse("{'s':'text','empty':'','n':1.5,'t':true,'f':false,'null':null,'a':[],'o':{},'zero':0}");
	static const char *const paths[] = { "s", "empty", "n", "t", "f", "null", "a", "o", "zero", "missing" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(paths); i++) {
		const char *p = paths[i];
		struct gt_str s = GT_STR("before");
		double d = -5;
		bool b = true, is_number = !strcmp(p, "n") || !strcmp(p, "zero"), is_bool = !strcmp(p, "t") || !strcmp(p, "f");

		assert_int_equal(gt_json_str(json, p, &s), !strcmp(p, "s"));
		assert_str(s, !strcmp(p, "s") ? "text" : "before");
		assert_int_equal(gt_json_double(json, p, &d), is_number);
		assert_true(d == (!strcmp(p, "n") ? 1.5 : is_number ? 0 : -5));
		assert_int_equal(gt_json_bool(json, p, &b), is_bool);
		assert_int_equal(b, strcmp(p, "f") != 0);
		assert_int_equal(gt_json_is_array(json, p), !strcmp(p, "a"));
		assert_int_equal(gt_json_is_object(json, p), !strcmp(p, "o"));
		assert_int_equal(gt_json_has(json, p), strcmp(p, "null") && strcmp(p, "missing"));
	}
	cJSON_Delete(json);
}

/* Python's json and JSON.parse read these. */
static void test_json_reads_what_the_parsers_of_applications_read(void **state)
{
	static const struct {
		const char *text, *s; /* the string at "s"; NULL: none */
	} rows[] = {
		{ "{'s':'ab\\u0000cd','after':1}", "ab\xef\xbf\xbd"
						   "cd" },
		{ "{'s':'\\u20ac\\ud83d\\ude00','after':1}", "\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "{'s':'Bus \\ud83d','after':1}", "Bus \xed\xa0\xbd" }, /* half of a pair: utf8.h */
		{ "{'s':'\\udcff','after':1}", "\xed\xb3\xbf" },
		{ "{'s\\u0000':'x','after':1}", NULL },
		{ "{'\\udcff':[NaN,-Infinity,Infinity],'s':'x','after':1}", "x" },
		{ "{'after':1,'s':'x'} '\\u0000'", "x" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = parse(rows[i].text);
		struct gt_str s = GT_STR_NONE;
		int64_t after = 0;

		assert_int_equal(gt_json_str(json, "s", &s), rows[i].s != NULL);
		if (rows[i].s)
			assert_str(s, rows[i].s);
		assert_true(gt_json_int(json, "after", &after) && after == 1);
		cJSON_Delete(json);
	}
}

static void test_json_numbers_that_no_double_holds_are_missing(void **state)
{
	static const char *const paths[] = { "a", "b", "c", "d", "e" };
	cJSON *json = parse("{'a':1e400,'b':-1e400,'c':NaN,'d':Infinity,'e':-Infinity,'f':1e300}");
	double d = -5;
	int64_t n = -5;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(paths); i++) {
		assert_false(gt_json_double(json, paths[i], &d) || gt_json_int(json, paths[i], &n));
		assert_true(d == -5 && n == -5);
	}
	assert_true(gt_json_double(json, "f", &d) && d == 1e300);
	cJSON_Delete(json);
}

static void test_json_first_value_counts_and_what_follows_is_ignored(void **state)
{
	static const struct {
		const char *text, *print; /* NULL: not JSON */
	} rows[] = {
		{ "{'a':1}", "{\"a\":1}" },
		{ " \r\n\t{'a':1}\n", "{\"a\":1}" },
		{ "\xef\xbb\xbf{'a':1}", "{\"a\":1}" },
		{ "{'a':1}{'a':2}", "{\"a\":1}" },
		{ "{'a':1} garbage", "{\"a\":1}" },
		{ "[1,2]", "[1,2]" },
		{ "'text'", "\"text\"" },
		{ "null", "null" },
		{ "12", "12" },
		{ "", NULL },
		{ " ", NULL },
		{ "[DONE]", NULL },
		{ "data", NULL },
		{ "{", NULL },
		{ "{'a':", NULL },
		{ "{'a':1", NULL },
		{ "{'a':1,", NULL },
		{ "{'a':'x", NULL },
		{ "{'a':'x\\", NULL },
		{ "{'a':'x\\u12", NULL },
		{ "{'a':tru", NULL },
		{ "{'a':-}", NULL },
		{ "[1,2", NULL },
		{ "\xef\xbb", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = parse(rows[i].text);
		char *print = json ? cJSON_PrintUnformatted(json) : NULL;

		if (!rows[i].print)
			assert_null(json);
		else
			assert_string_equal(print ? print : "nothing", rows[i].print);
		free(print);
		cJSON_Delete(json);
	}
	assert_null(gt_json_parse(GT_STR_NONE));
}

static void test_json_nested_too_deep_is_cut_there_and_the_rest_is_read(void **state)
{
	(void)state;
	for (int depth = 1; depth < 100000; depth = depth < 300 ? depth + 1 : depth * 3) {
		char *text = malloc((size_t)depth + 1);
		cJSON *json;

		memset(text, '[', (size_t)depth);
		text[depth] = 0;
		assert_null(parse(text));
		free(text);
		text = malloc(2 * (size_t)depth + 40);
		sprintf(text, "{\"deep\":");
		memset(text + 8, '[', (size_t)depth);
		memset(text + 8 + depth, ']', (size_t)depth);
		strcpy(text + 8 + 2 * depth, ",\"after\":\"x\"}");
		json = parse(text);
		assert_true(gt_json_has(json, "after"));
		assert_true(gt_json_is_array(json, "deep"));
		cJSON_Delete(json);
		free(text);
	}
}

static void test_json_every_prefix_of_a_document_is_refused(void **state)
{
	static const char text[] = "{'id':'c-1','n':-1.5e3,'list':[true,false,null,{'k':'\\u20ac\\n'}],'e':{},'end':'.'}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char cut[sizeof(text)];

		memcpy(cut, text, n);
		cut[n] = 0;
		assert_null(parse(cut));
	}
}

/* Sets a locale with a decimal comma. Where the system has none, it makes a locale that sets only the comma. */
static void set_comma_locale(void)
{
	static const char source[] = "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n";
	char folder[] = "/tmp/gentap-test-XXXXXX", command[300];

	if (setlocale(LC_NUMERIC, "de_DE.UTF-8") || !mkdtemp(folder))
		return;
	snprintf(command, sizeof(command), "printf '%s' | localedef -c -i - -f ANSI_X3.4-1968 %s/comma >/dev/null 2>&1", source,
		 folder);
	if (system(command) != -1) {
		setenv("LOCPATH", folder, 1);
		setlocale(LC_NUMERIC, "comma");
		unsetenv("LOCPATH");
	}
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		print_message("%s is left\n", folder);
}

/* The application chooses the process's locale. A decimal comma in it would end a number, and with it the document, at its
 * point. */
static void test_json_numbers_do_not_depend_on_the_locale(void **state)
{
	double d = 0;
	cJSON *json;

	(void)state;
	set_comma_locale();
	if (strcmp(localeconv()->decimal_point, ",")) {
		print_message("no locale with a decimal comma here\n");
		skip();
	}
	json = parse("{'t':0.7,'after':1}");
	assert_string_equal(localeconv()->decimal_point, ","); /* the application's locale is unchanged */
	setlocale(LC_ALL, "C");
	assert_non_null(json);
	assert_true(gt_json_double(json, "t", &d));
	assert_true(fabs(d - 0.7) < 1e-12);
	assert_true(gt_json_has(json, "after"));
	cJSON_Delete(json);
}

static char *repeat(const char *head, const char *part, size_t n, const char *tail)
{
	size_t len = strlen(part), at = strlen(head);
	char *text = malloc(at + n * len + strlen(tail) + 1);

	assert_non_null(text);
	memcpy(text, head, at);
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(text + at, part, len);
	strcpy(text + at, tail);
	return text;
}

static void test_json_a_tree_of_too_many_values_is_not_built(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		size_t n;
		bool is_too_large;
	} rows[] = {
		{ "[", "0,", "0]", GT_JSON_VALUES_MAX - 2, false }, /* the array is a value, and so is the last zero */
		{ "[", "0,", "0]", GT_JSON_VALUES_MAX - 1, true },
		{ "[", "[],", "0]", GT_JSON_VALUES_MAX, true },
		{ "{\"a\":[", "{},", "0]}", GT_JSON_VALUES_MAX, true },
		{ "{", "\"a\":1,", "\"b\":2}", GT_JSON_VALUES_MAX, true },
		{ "[\"", "[,{\\\",", "\"]", GT_JSON_VALUES_MAX, false }, /* the length of text has no limit */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char *text = repeat(rows[i].head, rows[i].part, rows[i].n, rows[i].tail);
		cJSON *json = gt_json_parse(gt_str_of(text));

		assert_int_equal(gt_json_is_too_large(gt_str_of(text)), rows[i].is_too_large);
		assert_int_equal(json != NULL, !rows[i].is_too_large);
		cJSON_Delete(json);
		free(text);
	}
}

static void test_json_without_memory_there_is_no_tree(void **state)
{
	int n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		cJSON *json = gt_json_parse(GT_STR("{\"a\":[1,2,{\"b\":\"text\"}],\"c\":0.5}"));
		int64_t v;

		if (json)
			assert_true(gt_json_int(json, "a.1", &v) && v == 2);
		cJSON_Delete(json);
	}
	gt_fail_none();
	assert_true(n > 8);
	for (n = 1; gt_fail_nth(n); n++) {
		cJSON *json = gt_json_parse(GT_STR("{\"a\":[NaN,2],\"b\":\"\\ud83d\"}"));
		int64_t v;

		if (json)
			assert_true(gt_json_int(json, "a.1", &v) && v == 2);
		cJSON_Delete(json);
	}
	gt_fail_none();
	assert_true(n > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_json_paths_lead_to_members_and_elements),
		GT_TEST(test_json_integers_are_numbers_without_a_fraction_up_to_2_to_the_53),
		GT_TEST(test_json_getters_refuse_other_types_and_leave_out_alone),
		GT_TEST(test_json_reads_what_the_parsers_of_applications_read),
		GT_TEST(test_json_numbers_that_no_double_holds_are_missing),
		GT_TEST(test_json_first_value_counts_and_what_follows_is_ignored),
		GT_TEST(test_json_nested_too_deep_is_cut_there_and_the_rest_is_read),
		GT_TEST(test_json_every_prefix_of_a_document_is_refused),
		GT_TEST(test_json_numbers_do_not_depend_on_the_locale),
		GT_TEST(test_json_a_tree_of_too_many_values_is_not_built),
		GT_TEST(test_json_without_memory_there_is_no_tree),
	};

	return GT_TESTS(tests);
}
