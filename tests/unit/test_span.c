#include "support/fail_nth.h"
#include "support/span_text.h"
#include "support/test.h"

#include <math.h>

#include "exporter/base/utf8.h"
#include "exporter/span/span.h"

static const struct gt_span_limits none = { 128, UINT32_MAX };

static struct gt_span *new_span(uint32_t attributes, uint32_t value_length)
{
	struct gt_span *s = gt_span_new(&(struct gt_span_limits){ attributes, value_length });

	assert_non_null(s);
	return s;
}

static void assert_text(const struct gt_span *s, const char *want)
{
	char *text = gt_span_text_of(s);

	assert_string_equal(text, want);
	free(text);
}

static void test_span_new_one_is_a_client_span_with_nothing_set(void **state)
{
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	assert_int_equal(s->kind, GT_KIND_CLIENT);
	assert_int_equal(s->n, 0);
	assert_int_equal(s->dropped, 0);
	assert_false(s->is_error);
	assert_false(gt_span_has(s, GT_ATTR_REQUEST_MODEL));
	assert_null(gt_span_get(s, GT_ATTR_REQUEST_MODEL));
	assert_str(gt_span_get_str(s, GT_ATTR_REQUEST_MODEL), "");
	gt_span_free(s);
	gt_span_free(NULL);
}

static void test_span_values_are_copies(void **state)
{
	struct gt_str reasons[2] = { GT_STR("stop"), GT_STR("length") };
	char model[] = "gpt-4o", reason[] = "tool_calls";
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	reasons[1] = gt_str_of(reason);
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, gt_str_of(model));
	gt_span_set_strs(s, GT_ATTR_RESPONSE_FINISH_REASONS, reasons, 2);
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, INT64_MIN);
	gt_span_set_double(s, GT_ATTR_REQUEST_TEMPERATURE, 0.25);
	gt_span_set_bool(s, GT_ATTR_REQUEST_STREAM, true);
	memset(model, 'x', sizeof(model));
	memset(reason, 'x', sizeof(reason));
	memset(reasons, 0, sizeof(reasons));
	assert_text(s, "\nrequest.model=gpt-4o\nrequest.stream=true\nrequest.temperature=0.25\n"
		       "response.finish_reasons=[stop, tool_calls]\nusage.input_tokens=-9223372036854775808\n");
	gt_span_free(s);
}

static void test_span_setting_again_replaces_in_place(void **state)
{
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	gt_span_set_str(s, GT_ATTR_RESPONSE_MODEL, GT_STR("first"));
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 1);
	gt_span_set_str(s, GT_ATTR_RESPONSE_MODEL, GT_STR("second"));
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 2);
	assert_int_equal(s->n, 2);
	assert_int_equal(s->attributes[0].key, GT_ATTR_RESPONSE_MODEL);
	assert_str(s->attributes[0].value.str, "second");
	assert_int_equal(s->attributes[1].value.i, 2);
	gt_span_free(s);
}

static void test_span_text_of_others_is_made_valid(void **state)
{
	struct gt_str list[] = { GT_STR("ok"), GT_STR("\xc3") };
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, GT_STR("a\xff"));
	gt_span_set_strs(s, GT_ATTR_REQUEST_STOP_SEQUENCES, list, 2);
	gt_span_set_name(s, GT_STR("\xf0\x9f"), GT_STR("b\xed\xa0\x80"));
	gt_span_set_error(s, GT_STR("\x80"), GT_STR("m\xff"));
	for (uint32_t i = 0; i < s->n; i++)
		if (s->attributes[i].value.type == GT_VALUE_STR)
			assert_true(gt_utf8_is_valid(s->attributes[i].value.str));
	assert_true(gt_utf8_is_valid(gt_span_get(s, GT_ATTR_REQUEST_STOP_SEQUENCES)->strs.items[1]));
	assert_true(gt_utf8_is_valid(s->name));
	assert_true(gt_utf8_is_valid(s->status_message));
	gt_span_free(s);
}

/* The values of an attribute as spans or events have them, joined with commas. */
struct shown {
	const char *name;
	char text[256];
	uint32_t n; /* attributes */
};

static void show(void *ctx, const char *name, const struct gt_value *value)
{
	struct shown *out = ctx;
	size_t at = strlen(out->text);

	out->n++;
	if (strcmp(name, out->name) != 0)
		return;
	if (value->type != GT_VALUE_STRS)
		snprintf(out->text + at, sizeof(out->text) - at, "%.*s", GT_STR_ARG(value->str));
	for (uint32_t i = 0; value->type == GT_VALUE_STRS && i < value->strs.n; i++, at = strlen(out->text))
		snprintf(out->text + at, sizeof(out->text) - at, "%s%.*s", i ? "," : "", GT_STR_ARG(value->strs.items[i]));
}

static struct shown shown_of(const struct gt_span *s, const char *name, bool of_event)
{
	static const struct gt_naming naming;
	struct shown out = { .name = name };

	if (of_event)
		gt_span_each_of_event(s, &naming, show, &out);
	else
		gt_span_each(s, &naming, show, &out);
	return out;
}

static void test_span_strings_are_cut_to_the_value_length_by_characters(void **state)
{
	struct gt_str list[] = { GT_STR("abc"), GT_STR("defgh") };
	struct gt_span *s = new_span(128, 4);

	(void)state;
	s->event_limits.value_length = 2;
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, GT_STR("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"));
	gt_span_set_strs(s, GT_ATTR_REQUEST_STOP_SEQUENCES, list, 2);
	assert_string_equal(shown_of(s, "gen_ai.request.model", false).text,
			    "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
	assert_string_equal(shown_of(s, "gen_ai.request.model", true).text, "\xe2\x82\xac\xe2\x82\xac");
	assert_string_equal(shown_of(s, "gen_ai.request.stop_sequences", false).text, "abc,defg");
	assert_string_equal(shown_of(s, "gen_ai.request.stop_sequences", true).text, "ab,de");
	/* the values themselves are whole */
	assert_int_equal(gt_span_get_str(s, GT_ATTR_REQUEST_MODEL).len, 15);
	assert_str(gt_span_get(s, GT_ATTR_REQUEST_STOP_SEQUENCES)->strs.items[1], "defgh");
	assert_int_equal(gt_span_dropped(s), 0); /* a shortened value does not count as dropped */
	gt_span_free(s);
}

static void test_span_attributes_over_the_limit_are_dropped_and_counted(void **state)
{
	struct gt_span *s = new_span(2, UINT32_MAX);

	(void)state;
	s->event_limits.attributes = 5;
	gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("chat"));
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 1);
	gt_span_set_int(s, GT_ATTR_USAGE_OUTPUT_TOKENS, 1);
	gt_span_set_bool(s, GT_ATTR_REQUEST_STREAM, true);
	gt_span_set_double(s, GT_ATTR_REQUEST_TOP_P, 1);
	gt_span_set_strs(s, GT_ATTR_RESPONSE_FINISH_REASONS, &GT_STR("stop"), 1);
	gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 5); /* replacing needs no room */
	gt_span_set_error(s, GT_STR("429"), GT_STR("slow"));
	assert_int_equal(shown_of(s, "", false).n, 2);
	assert_string_equal(shown_of(s, "gen_ai.operation.name", false).text, "chat");
	assert_int_equal(gt_span_dropped(s), 5);
	assert_int_equal(shown_of(s, "", true).n, 5);
	assert_int_equal(gt_span_dropped_of_event(s), 2);
	assert_true(gt_span_has(s, GT_ATTR_ERROR_TYPE));
	gt_span_free(s);
	s = new_span(0, UINT32_MAX);
	gt_span_set_bool(s, GT_ATTR_REQUEST_STREAM, true);
	assert_int_equal(shown_of(s, "", false).n, 0);
	assert_int_equal(gt_span_dropped(s), 1);
	gt_span_free(s);
}

/* Content counts only where it goes, and the event may have a text of its own. */
static void test_span_content_is_limited_for_each_signal(void **state)
{
	static const char messages[] = "gen_ai.output.messages", result[] = "gen_ai.tool.call.result";
	struct gt_span *s = new_span(1, UINT32_MAX);

	(void)state;
	gt_span_set_json(s, GT_ATTR_OUTPUT_MESSAGES, GT_STR("[1]"));
	gt_span_set_json(s, GT_ATTR_TOOL_CALL_RESULT, GT_STR(""));
	gt_span_set_event_json(s, GT_ATTR_TOOL_CALL_RESULT, GT_STR("[1,2]"));
	gt_span_set_str(s, GT_ATTR_OPERATION_NAME, GT_STR("chat"));
	s->content_to = GT_CONTENT_TO_EVENT;
	s->event_limits.attributes = 128;
	assert_string_equal(shown_of(s, "gen_ai.operation.name", false).text, "chat");
	assert_int_equal(gt_span_dropped(s), 0);
	assert_string_equal(shown_of(s, messages, true).text, "[1]");
	assert_string_equal(shown_of(s, result, true).text, "[1,2]");
	s->content_to = GT_CONTENT_TO_EVENT | GT_CONTENT_TO_SPAN;
	assert_string_equal(shown_of(s, messages, false).text, "[1]");
	assert_int_equal(gt_span_dropped(s), 1); /* the operation; the result has no text for the span */
	gt_span_free(s);
}

static void test_span_holds_every_attribute_there_is(void **state)
{
	struct gt_span *s = new_span(UINT32_MAX, UINT32_MAX);

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < GT_ATTR_COUNT; i++)
			gt_span_set_int(s, (enum gt_attr)i, i + round);
	assert_int_equal(s->n, GT_ATTR_COUNT);
	assert_int_equal(s->dropped, 0);
	for (int i = 0; i < GT_ATTR_COUNT; i++)
		assert_int_equal(gt_span_get(s, (enum gt_attr)i)->i, i + 1);
	gt_span_free(s);
}

static void test_span_doubles_that_are_no_numbers_are_left_out(void **state)
{
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	gt_span_set_double(s, GT_ATTR_REQUEST_TEMPERATURE, NAN);
	gt_span_set_double(s, GT_ATTR_REQUEST_TOP_P, INFINITY);
	gt_span_set_double(s, GT_ATTR_REQUEST_FREQUENCY_PENALTY, -INFINITY);
	assert_int_equal(s->n, 0);
	gt_span_set_double(s, GT_ATTR_REQUEST_TEMPERATURE, -0.0);
	assert_int_equal(s->n, 1);
	gt_span_free(s);
}

static void test_span_name_is_one_word_or_two(void **state)
{
	static const struct {
		struct gt_str first, second;
		const char *name;
	} rows[] = {
		{ GT_STR("chat"), GT_STR("gpt-4o"), "chat gpt-4o" },
		{ GT_STR("chat"), GT_STR(""), "chat" },
		{ GT_STR("chat"), GT_STR_NONE, "chat" },
		{ GT_STR(""), GT_STR(""), "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_span *s = gt_span_new(&none);

		gt_span_set_name(s, rows[i].first, rows[i].second);
		assert_str(s->name, rows[i].name);
		gt_span_free(s);
	}
}

static void test_span_first_error_stays_and_its_message_is_short(void **state)
{
	struct gt_span *s = gt_span_new(&none);
	char page[3000];

	(void)state;
	memset(page, 'p', sizeof(page));
	gt_span_set_error(s, GT_STR("server_error"), gt_str_make(page, sizeof(page)));
	gt_span_set_error(s, GT_STR("timeout"), GT_STR("too late"));
	assert_true(s->is_error);
	assert_str(gt_span_get_str(s, GT_ATTR_ERROR_TYPE), "server_error");
	assert_int_equal(s->status_message.len, 512);
	gt_span_free(s);
	s = gt_span_new(&none);
	gt_span_set_error(s, GT_STR("500"), GT_STR(""));
	assert_int_equal(s->status_message.len, 0);
	gt_span_free(s);
}

static void join(void *ctx, const char *name, const struct gt_value *value)
{
	(void)value;
	strcat(strcat(ctx, name), " ");
}

static void test_span_each_gives_every_name_in_the_order_of_setting(void **state)
{
	static const struct {
		struct gt_naming naming;
		const char *names;
	} rows[] = {
		{ { GT_N2, 0 }, "gen_ai.usage.cache_creation.input_tokens gen_ai.provider.name " },
		{ { GT_N3, 0 },
		  "gen_ai.usage.cache_write.input_tokens gen_ai.usage.text.cache_read.input_tokens gen_ai.provider.name " },
		{ { GT_N2, GT_COMPAT_LEGACY | GT_COMPAT_LLM },
		  "gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_creation_input_tokens gen_ai.provider.name "
		  "gen_ai.system llm.provider " },
	};
	struct gt_span *s = gt_span_new(&none);

	(void)state;
	gt_span_set_int(s, GT_ATTR_USAGE_CACHE_WRITE, 1);
	gt_span_set_int(s, GT_ATTR_USAGE_TEXT_CACHE_READ, 1);
	gt_span_set_str(s, GT_ATTR_PROVIDER_NAME, GT_STR("openai"));
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char names[300] = "";

		gt_span_each(s, &rows[i].naming, join, names);
		assert_string_equal(names, rows[i].names);
	}
	gt_span_free(s);
}

/* Backends add up counts that they do not know. */
static void test_span_kinds_of_tokens_do_not_repeat_the_total(void **state)
{
#define IN     "gen_ai.usage.input_tokens gen_ai.usage.output_tokens "
#define AUDIO  "gen_ai.usage.audio.input_tokens gen_ai.usage.audio.output_tokens "
#define OTHERS "gen_ai.usage.text.input_tokens gen_ai.usage.image.output_tokens "
	static const struct {
		struct gt_naming naming;
		int64_t audio;
		const char *names;
	} rows[] = {
		{ { GT_N2, 0 }, 9, IN AUDIO },
		{ { GT_N2, 0 }, 0, IN AUDIO },
		{ { GT_N2, 0 }, 10, IN },
		{ { GT_N2, GT_COMPAT_LEGACY },
		  10,
		  "gen_ai.usage.input_tokens gen_ai.usage.prompt_tokens gen_ai.usage.output_tokens gen_ai.usage.completion_tokens " },
		{ { GT_N2, GT_COMPAT_MODALITIES }, 10, IN AUDIO OTHERS },
		{ { GT_N3, 0 }, 10, IN AUDIO OTHERS },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_span *s = gt_span_new(&none);
		char names[400] = "";

		gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 10);
		gt_span_set_int(s, GT_ATTR_USAGE_OUTPUT_TOKENS, 10);
		gt_span_set_int(s, GT_ATTR_USAGE_AUDIO_INPUT, rows[i].audio);
		gt_span_set_int(s, GT_ATTR_USAGE_AUDIO_OUTPUT, rows[i].audio);
		gt_span_set_int(s, GT_ATTR_USAGE_TEXT_INPUT, 10 - rows[i].audio);
		gt_span_set_int(s, GT_ATTR_USAGE_IMAGE_OUTPUT, 1);
		gt_span_each(s, &rows[i].naming, join, names);
		assert_string_equal(names, rows[i].names);
		gt_span_free(s);
	}
}

static void test_span_without_memory_leaves_out_and_counts(void **state)
{
	char big[3000];
	int n;

	(void)state;
	memset(big, 'b', sizeof(big));
	for (n = 1; gt_fail_nth(n); n++) {
		struct gt_span *s = gt_span_new(&none);

		if (!s)
			continue;
		gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, gt_str_make(big, sizeof(big)));
		gt_span_set_str(s, GT_ATTR_RESPONSE_MODEL, gt_str_make(big, sizeof(big)));
		gt_span_set_strs(s, GT_ATTR_REQUEST_STOP_SEQUENCES,
				 (struct gt_str[]){ gt_str_make(big, sizeof(big)), GT_STR("x") }, 2);
		gt_span_set_int(s, GT_ATTR_USAGE_INPUT_TOKENS, 4);
		gt_span_set_name(s, GT_STR("chat"), gt_str_make(big, sizeof(big)));
		gt_span_set_error(s, GT_STR("500"), gt_str_make(big, sizeof(big)));
		assert_int_equal(s->n + s->dropped, 5);
		assert_true(s->dropped <= 2);
		assert_true(s->is_error);
		assert_true(gt_span_has(s, GT_ATTR_USAGE_INPUT_TOKENS));
		gt_span_free(s);
	}
	gt_fail_none();
	assert_true(n > 5);
}

static void test_span_links_are_to_others_and_each_once(void **state)
{
	struct gt_span *s = gt_span_new(&(struct gt_span_limits){ 128, UINT32_MAX });
	struct gt_trace_context to = { .trace_id.b = { 1 }, .span_id.b = { 2 } };

	(void)state;
	s->context = to;
	s->parent.b[0] = 3;
	gt_span_link(s, &to);
	to.span_id.b[0] = 3;
	gt_span_link(s, &to);
	assert_int_equal(s->n_links, 0); /* links to itself and to its parent are ignored */
	to.trace_id.b[0] = 9;
	gt_span_link(s, &to);
	gt_span_link(s, &to);
	assert_int_equal(s->n_links, 1);
	to.span_id.b[0] = 4;
	gt_span_link(s, &to);
	to.span_id.b[0] = 5;
	gt_span_link(s, &to);
	assert_int_equal(s->n_links, GT_SPAN_LINKS_MAX);
	assert_int_equal(s->links[1].span_id.b[0], 4);
	gt_span_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_span_new_one_is_a_client_span_with_nothing_set),
		GT_TEST(test_span_values_are_copies),
		GT_TEST(test_span_setting_again_replaces_in_place),
		GT_TEST(test_span_text_of_others_is_made_valid),
		GT_TEST(test_span_strings_are_cut_to_the_value_length_by_characters),
		GT_TEST(test_span_attributes_over_the_limit_are_dropped_and_counted),
		GT_TEST(test_span_content_is_limited_for_each_signal),
		GT_TEST(test_span_holds_every_attribute_there_is),
		GT_TEST(test_span_doubles_that_are_no_numbers_are_left_out),
		GT_TEST(test_span_name_is_one_word_or_two),
		GT_TEST(test_span_first_error_stays_and_its_message_is_short),
		GT_TEST(test_span_each_gives_every_name_in_the_order_of_setting),
		GT_TEST(test_span_links_are_to_others_and_each_once),
		GT_TEST(test_span_kinds_of_tokens_do_not_repeat_the_total),
		GT_TEST(test_span_without_memory_leaves_out_and_counts),
	};

	return GT_TESTS(tests);
}
