/* An answer may name more choices and parts than content has room for. Bodies write ' for ". */
#include "support/exchange_case.h"
#include "support/test.h"

#include "exporter/base/json.h"
#include "exporter/content/content.h"

static const struct gt_capture capture = {
	.to = GT_CONTENT_TO_SPAN, .attribute_max = 65536, .span_max = 262144, .redact = { .classes = GT_SECRET_ALL }
};

static const int64_t beyond[] = { GT_CONTENT_CHOICES, GT_CONTENT_CHOICES + 1, INT32_MAX, INT64_MAX, -1, INT64_MIN };

static void test_content_has_room_for_its_last_choice_and_none_beyond(void **state)
{
	struct gt_content *c = gt_content_new(&capture);

	(void)state;
	assert_non_null(gt_content_choice(c, 0));
	assert_non_null(gt_content_choice(c, GT_CONTENT_CHOICES - 1));
	for (size_t i = 0; i < GT_ROWS(beyond); i++)
		assert_null(gt_content_choice(c, beyond[i]));
	assert_int_equal(c->n_drafts, 0);
	assert_null(c->drafts[0]); /* the next member of the struct is unchanged */
	assert_null(c->result);
	assert_false(c->has_failed);
	gt_content_free(c);
}

static void test_content_has_no_draft_for_a_choice_beyond(void **state)
{
	struct gt_content *c = gt_content_new(&capture);

	(void)state;
	for (size_t i = 0; i < GT_ROWS(beyond); i++) {
		assert_null(gt_draft_of(c, beyond[i], GT_DRAFT_TEXT, 0));
		assert_null(gt_draft_new(c, beyond[i], GT_DRAFT_TOOL_CALL));
		gt_draft_add(c, NULL, GT_STR("x"));
	}
	assert_int_equal(c->n_drafts, 0);
	gt_content_free(c);
}

static void test_content_has_room_for_its_last_draft_and_none_beyond(void **state)
{
	struct gt_content *c = gt_content_new(&capture);

	(void)state;
	for (int64_t i = 0; i < GT_CONTENT_DRAFTS; i++)
		assert_non_null(gt_draft_of(c, i % GT_CONTENT_CHOICES, GT_DRAFT_TEXT, i));
	assert_null(gt_draft_of(c, 0, GT_DRAFT_TEXT, GT_CONTENT_DRAFTS));
	assert_null(gt_draft_new(c, 0, GT_DRAFT_TOOL_CALL));
	assert_non_null(gt_draft_of(c, 0, GT_DRAFT_TEXT, 0)); /* a draft that exists is found */
	assert_int_equal(c->n_drafts, GT_CONTENT_DRAFTS);
	gt_drafts_end(c);
	gt_content_free(c);
}

static char *arguments_of(struct gt_content *c)
{
	gt_drafts_end(c);
	return cJSON_PrintUnformatted(gt_json_at(c->choices[0], "0.arguments"));
}

static void test_content_has_room_for_a_thousand_values_of_a_call(void **state)
{
	static const struct {
		int n;
		const char *begins;
	} rows[] = { { 1024, "{\"v0\":1,\"v1\":1," }, { 1025, "\"[truncated]\"" }, { 9000, "\"[truncated]\"" } };
	cJSON *one = cJSON_CreateNumber(1);

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_content *c = gt_content_new(&capture);
		struct gt_draft *d = gt_draft_new(c, 0, GT_DRAFT_TOOL_CALL);
		char path[20], *print;

		for (int v = 0; v < rows[i].n; v++) {
			snprintf(path, sizeof(path), "$.v%d", v);
			gt_draft_add_value(c, d, gt_str_of(path), one);
		}
		print = arguments_of(c);
		assert_memory_equal(print, rows[i].begins, strlen(rows[i].begins));
		free(print);
		gt_content_free(c);
	}
	cJSON_Delete(one);
}

static void test_content_values_without_a_place_are_left_out(void **state)
{
	static const char *const paths[] = { "",      "$",    "x",     "$.",	 "$..a",   "$a",     "$[",   "$[]",   "$[-1]",
					     "$[1x]", "$['a", "$['a'", "$['a'x", "$.s.x.", "$.n[0]", "$[0]", "$.n['a" };
	static const struct {
		const char *path, *after;
	} odd[] = {
		{ "$.list[7]", "{\"s\":\"text\",\"n\":{\"a\":true},\"list\":[1]}" }, /* the next index */
		{ "$.list[4000000000]", "{\"s\":\"text\",\"n\":{\"a\":true},\"list\":[1,1]}" },
		{ "$[\"s\"].below", "{\"s\":{\"below\":1},\"n\":{\"a\":true},\"list\":[1,1]}" },
	};
	struct gt_content *c = gt_content_new(&capture);
	struct gt_draft *d = gt_draft_new(c, 0, GT_DRAFT_TOOL_CALL);
	cJSON *yes = cJSON_CreateTrue(), *one = cJSON_CreateNumber(1), *text = cJSON_CreateString("text");
	char deep[GT_DRAFT_PATH_MAX] = "$", *print;

	(void)state;
	gt_draft_add_value(c, d, GT_STR("$.s"), text);
	gt_draft_add_value(c, d, GT_STR("$.n.a"), yes);
	for (size_t i = 0; i < GT_ROWS(paths); i++)
		gt_draft_add_value(c, d, gt_str_of(paths[i]), one);
	for (int i = 0; i < GT_CONTENT_DEPTH + 1; i++)
		strcat(deep, "[0]");
	gt_draft_add_value(c, d, gt_str_of(deep), one);
	gt_draft_add_value(c, NULL, GT_STR("$.s"), one);
	for (size_t i = 0; i < GT_ROWS(odd); i++) {
		gt_draft_add_value(c, d, gt_str_of(odd[i].path), one);
		gt_draft_end_value(c, d);
		print = cJSON_PrintUnformatted(gt_json_at(c->choices[0], "0.arguments"));
		assert_string_equal(print, odd[i].after);
		free(print);
	}
	cJSON_Delete(yes);
	cJSON_Delete(one);
	cJSON_Delete(text);
	gt_content_free(c);
}

/* ---------------------------------------------------------------- whole exchanges */

static void check(const char *type, const char *response)
{
	struct gt_exchange_case c = {
		.api = GT_API_OPENAI_CHAT,
		.provider = "openai",
		.target = "/v1/chat/completions",
		.request = "{'model':'m','messages':[]}",
		.type = type,
		.response = response,
		.capture = &capture,
	};
	char *want = gt_exchange_case_json(
		"[{'role':'assistant','parts':[{'type':'text','content':'last'}],'finish_reason':'stop'}]");
	struct gt_span *s = gt_exchange_case_span(&c);

	assert_non_null(s);
	assert_str(gt_span_get(s, GT_ATTR_OUTPUT_MESSAGES)->str, want);
	gt_span_free(s);
	free(want);
}

#define EVERY_INDEX(choice) choice("127", "last") "," choice("128", "a") "," choice("129", "b") "," choice("2147483647", "c")

static void test_content_of_an_answer_has_its_last_choice_and_none_beyond(void **state)
{
#define WHOLE(index, text) "{'index':" index ",'message':{'content':'" text "'},'finish_reason':'stop'}"
#define DELTA(index, text) "{'index':" index ",'delta':{'content':'" text "'},'finish_reason':'stop'}"
	(void)state;
	check("application/json", "{'choices':[" EVERY_INDEX(WHOLE) "]}");
	check("text/event-stream", "data: {'choices':[" EVERY_INDEX(DELTA) "]}\n\ndata: [DONE]\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_content_has_room_for_its_last_choice_and_none_beyond),
		GT_TEST(test_content_has_no_draft_for_a_choice_beyond),
		GT_TEST(test_content_has_room_for_its_last_draft_and_none_beyond),
		GT_TEST(test_content_has_room_for_a_thousand_values_of_a_call),
		GT_TEST(test_content_values_without_a_place_are_left_out),
		GT_TEST(test_content_of_an_answer_has_its_last_choice_and_none_beyond),
	};

	return GT_TESTS(tests);
}
