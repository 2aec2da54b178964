#include "support/fail_nth.h"
#include "support/sample_batch.h"
#include "support/test.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>

#include "exporter/base/text.h"
#include "exporter/base/utf8.h"
#include "exporter/otlp/otlp_json.h"
#include "version.h"

static char *encode(const struct gt_sample *s)
{
	size_t len;
	char *line = gt_otlp_json_encode(&s->view, &len), *text;

	assert_non_null(line);
	assert_int_equal(line[len - 1], '\n');
	assert_null(memchr(line, '\n', len - 1));
	text = malloc(len);
	memcpy(text, line, len - 1);
	text[len - 1] = 0;
	free(line);
	return text;
}

/* The first span as a tree, which the caller deletes by `*root`. */
static const cJSON *parse_span(const struct gt_sample *s, cJSON **root)
{
	char *text = encode(s);
	const cJSON *x;

	*root = cJSON_ParseWithOpts(text, NULL, true);
	free(text);
	assert_non_null(*root);
	x = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(*root, "resourceSpans"), 0);
	x = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(x, "scopeSpans"), 0);
	return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(x, "spans"), 0);
}

static const char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static const cJSON *value_of(const cJSON *span, const char *key)
{
	const cJSON *a;

	cJSON_ArrayForEach (a, cJSON_GetObjectItemCaseSensitive(span, "attributes"))
		if (strcmp(string_of(a, "key"), key) == 0)
			return cJSON_GetObjectItemCaseSensitive(a, "value");
	fail_msg("no attribute %s", key);
	return NULL;
}

static void test_otlp_json_line_is_exactly_this(void **state)
{
	struct gt_sample s;
	char *text;

	(void)state;
	gt_sample_init(&s, 1);
	gt_span_set_int(s.first, GT_ATTR_USAGE_INPUT_TOKENS, 12);
	text = encode(&s);
	assert_string_equal(text,
			    "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
			    "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"bot\"}},"
			    "{\"key\":\"process.pid\",\"value\":{\"intValue\":\"7\"}}]},"
			    "\"scopeSpans\":[{\"scope\":{\"name\":\"gentap\",\"version\":\"" GENTAP_VERSION "\"},\"spans\":["
			    "{\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0000000000000001\",\"flags\":257,"
			    "\"name\":\"chat model\",\"kind\":3,\"startTimeUnixNano\":\"1750000000000000000\","
			    "\"endTimeUnixNano\":\"1750000001000000001\",\"attributes\":["
			    "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"12\"}}],\"status\":{}}]}]}]}");
	free(text);
	gt_sample_free(&s);
}

static void test_otlp_json_links_name_the_spans(void **state)
{
	struct gt_trace_context to = { .trace_id.b = { 0xee }, .span_id.b = { 0xaa }, .flags = 3 };
	struct gt_sample s;
	char *text;

	(void)state;
	gt_sample_init(&s, 1);
	gt_span_link(s.first, &to);
	to.span_id.b[0] = 0xab;
	gt_span_link(s.first, &to);
	text = encode(&s);
	assert_non_null(
		strstr(text, "\"attributes\":[],\"links\":[{\"traceId\":\"ee000000000000000000000000000000\","
			     "\"spanId\":\"aa00000000000000\",\"flags\":3},"
			     "{\"traceId\":\"ee000000000000000000000000000000\",\"spanId\":\"ab00000000000000\",\"flags\":3}],"
			     "\"status\":{}}"));
	free(text);
	gt_sample_free(&s);
}

static void test_otlp_json_value_of_every_type(void **state)
{
	static const struct gt_str reasons[] = { { "stop", 4 }, { "", 0 } };
	const cJSON *span, *list;
	struct gt_sample s;
	cJSON *root;

	(void)state;
	gt_sample_init(&s, 1);
	s.first->parent.b[7] = 9;
	s.first->parent_is_remote = true;
	s.first->tracestate = GT_STR("a=b");
	s.first->dropped = 3;
	gt_span_set_str(s.first, GT_ATTR_RESPONSE_ID, GT_STR("r\"1\"\\\n\x01\x7f"));
	gt_span_set_int(s.first, GT_ATTR_USAGE_INPUT_TOKENS, INT64_MIN);
	gt_span_set_double(s.first, GT_ATTR_REQUEST_TEMPERATURE, 0.1);
	gt_span_set_bool(s.first, GT_ATTR_REQUEST_STREAM, true);
	gt_span_set_strs(s.first, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 2);
	gt_span_set_strs(s.first, GT_ATTR_REQUEST_STOP_SEQUENCES, NULL, 0);
	gt_span_set_error(s.first, GT_STR("429"), GT_STR("slow \"down\""));
	span = parse_span(&s, &root);
	assert_string_equal(string_of(span, "parentSpanId"), "0000000000000009");
	assert_string_equal(string_of(span, "traceState"), "a=b");
	assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(span, "flags")) == 0x301);
	assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(span, "droppedAttributesCount")) == 3);
	assert_string_equal(string_of(value_of(span, "gen_ai.response.id"), "stringValue"), "r\"1\"\\\n\x01\x7f");
	assert_string_equal(string_of(value_of(span, "gen_ai.usage.input_tokens"), "intValue"), "-9223372036854775808");
	assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(value_of(span, "gen_ai.request.temperature"),
									  "doubleValue")) == 0.1);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(value_of(span, "gen_ai.request.stream"), "boolValue")));
	list = cJSON_GetObjectItemCaseSensitive(value_of(span, "gen_ai.response.finish_reasons"), "arrayValue");
	list = cJSON_GetObjectItemCaseSensitive(list, "values");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	assert_string_equal(string_of(cJSON_GetArrayItem(list, 0), "stringValue"), "stop");
	list = cJSON_GetObjectItemCaseSensitive(value_of(span, "gen_ai.request.stop_sequences"), "arrayValue");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(list, "values")), 0);
	assert_string_equal(string_of(cJSON_GetObjectItemCaseSensitive(span, "status"), "message"), "slow \"down\"");
	assert_true(cJSON_GetNumberValue(
			    cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(span, "status"), "code")) == 2);
	cJSON_Delete(root);
	gt_sample_free(&s);
}

static void test_otlp_json_several_spans_stand_in_one_line(void **state)
{
	const cJSON *span;
	struct gt_sample s;
	cJSON *root;

	(void)state;
	gt_sample_init(&s, 3);
	s.view.n = 2;
	span = parse_span(&s, &root);
	assert_string_equal(string_of(span->next, "spanId"), "0000000000000002");
	assert_null(span->next->next);
	cJSON_Delete(root);
	gt_sample_free(&s);
}

static void test_otlp_json_survives_every_failed_allocation(void **state)
{
	struct gt_sample s;
	char *line = NULL;
	size_t len;
	int n;

	(void)state;
	gt_sample_init(&s, 50);
	for (n = 1; gt_fail_nth(n); n++) {
		line = gt_otlp_json_encode(&s.view, &len);
		assert_true(line ? len > 0 : len == 0);
		free(line);
	}
	gt_fail_none();
	assert_non_null(line);
	assert_true(n > 3);
	gt_sample_free(&s);
}

static void assert_text(struct gt_text *t, const char *expected)
{
	size_t len;
	char *p = gt_text_take(t, &len);

	assert_non_null(p);
	if (len != strlen(expected) || memcmp(p, expected, len) != 0)
		fail_msg("%.*s, not %s", (int)len, p, expected);
	free(p);
}

static void test_text_doubles_are_short_and_read_back(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 0.1, "0.1" },
		{ 0.7, "0.7" },
		{ -2.5, "-2.5" },
		{ 1e20, "1e+20" },
		{ 1e-7, "1e-07" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 123456789, "123456789" },
		{ 0.30000000000000004, "0.30000000000000004" },
	};
	struct gt_random r = gt_random_from(3);
	struct gt_text t;

	(void)state;
	gt_text_init(&t, 1000);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_text_double(&t, rows[i].v);
		assert_text(&t, rows[i].text);
	}
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = gt_random_next(&r);
		double v;
		size_t len;
		char *p;

		memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v))
			continue;
		gt_text_double(&t, v);
		gt_text_add(&t, gt_str_make("", 1));
		p = gt_text_take(&t, &len);
		assert_true(strtod(p, NULL) == v);
		free(p);
	}
}

static void test_text_doubles_do_not_depend_on_the_locale(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "de_DE", "C.UTF-8" };
	struct gt_text t;

	(void)state;
	gt_text_init(&t, 1000);
	for (size_t i = 0; i < GT_ROWS(names); i++) {
		if (!setlocale(LC_ALL, names[i]))
			continue;
		gt_text_double(&t, 1234.5);
		setlocale(LC_ALL, "C");
		assert_text(&t, "1234.5");
	}
}

static void test_text_json_strings_are_valid(void **state)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *text;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "a/b", 3, "\"a/b\"" },
		{ "\"", 1, "\"\\\"\"" },
		{ "a\\\"b", 4, "\"a\\\\\\\"b\"" },
		{ "\n\r\t\b\f\0\x1f", 7, "\"\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\"" },
		{ "\xc3\xa4\xf0\x9f\x98\x80", 6, "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
		{ "a\xff"
		  "b",
		  3,
		  "\"a\xef\xbf\xbd"
		  "b\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80.", 4, "\"\xef\xbf\xbd.\"" }, /* half of a surrogate pair */
	};
	struct gt_text t;

	(void)state;
	gt_text_init(&t, 1000);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_text_json(&t, gt_str_make(rows[i].raw, rows[i].len));
		assert_text(&t, rows[i].text);
	}
	gt_text_json(&t, GT_STR_NONE);
	assert_text(&t, "\"\"");
}

static void test_text_numbers_and_times(void **state)
{
	struct gt_text t;

	(void)state;
	gt_text_init(&t, 1000);
	gt_text_int(&t, INT64_MIN);
	gt_text_add(&t, GT_STR(" "));
	gt_text_int(&t, INT64_MAX);
	gt_text_add(&t, GT_STR(" "));
	gt_text_uint(&t, UINT64_MAX);
	gt_text_add(&t, GT_STR(" "));
	gt_text_int(&t, 0);
	assert_text(&t, "-9223372036854775808 9223372036854775807 18446744073709551615 0");
	gt_text_time(&t, 1785758400123456789);
	assert_text(&t, "2026-08-03T12:00:00.123Z");
	gt_text_time(&t, UINT64_MAX);
	assert_text(&t, "2554-07-21T23:34:33.709Z");
}

static void test_text_stops_at_its_cap(void **state)
{
	struct gt_text t;
	size_t len;

	(void)state;
	gt_text_init(&t, 4);
	gt_text_add(&t, GT_STR("1234"));
	assert_false(t.has_failed);
	gt_text_add(&t, GT_STR("5"));
	assert_true(t.has_failed);
	assert_null(gt_text_take(&t, &len));
	assert_int_equal(len, 0);
	/* the text can be reused */
	gt_text_hex(&t, (const uint8_t *)"\xab", 1);
	assert_text(&t, "ab");
}

static void test_utf8_text_is_valid_and_cut_between_characters(void **state)
{
	static const struct {
		const char *raw;
		uint32_t max;
		const char *text;
	} rows[] = {
		{ "abc", 2, "ab" },
		{ "\xc3\xa4\xc3\xb6", 1, "\xc3\xa4" },
		{ "\xff\xfe", 10, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xff\xfe", 1, "\xef\xbf\xbd" },
		{ "\xf0\x9f\x98", 10, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\x80", 10, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", 1, "\xef\xbf\xbd" },
		{ "abc", 0, "" },
	};
	struct gt_arena a;

	(void)state;
	gt_arena_init(&a, 0);
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_str s = gt_utf8_text(&a, gt_str_of(rows[i].raw), rows[i].max);

		assert_str(s, rows[i].text);
		assert_int_equal(s.p[s.len], 0);
		assert_true(gt_utf8_is_valid(s));
	}
	assert_false(gt_utf8_is_valid(GT_STR("a\x80")));
	gt_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_otlp_json_line_is_exactly_this),
		GT_TEST(test_otlp_json_links_name_the_spans),
		GT_TEST(test_otlp_json_value_of_every_type),
		GT_TEST(test_otlp_json_several_spans_stand_in_one_line),
		GT_TEST(test_otlp_json_survives_every_failed_allocation),
		GT_TEST(test_text_doubles_are_short_and_read_back),
		GT_TEST(test_text_doubles_do_not_depend_on_the_locale),
		GT_TEST(test_text_json_strings_are_valid),
		GT_TEST(test_text_numbers_and_times),
		GT_TEST(test_text_stops_at_its_cap),
		GT_TEST(test_utf8_text_is_valid_and_cut_between_characters),
	};

	return GT_TESTS(tests);
}
