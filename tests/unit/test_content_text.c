/* Members whose name marks a secret are hidden, whatever type the value has. Texts write ' for ". */
#include "support/exchange_case.h"
#include "support/test.h"

#include "exporter/content/content_text.h"

#define HIDDEN "'[redacted:password]'"

/* The caller frees. */
static char *text_of(const char *json, enum gt_content_kind kind, unsigned classes)
{
	const struct gt_redact redact = { .classes = classes };
	char *plain = gt_exchange_case_json(json), *out;
	cJSON *tree = cJSON_Parse(plain);
	struct gt_text text;

	assert_non_null(tree);
	gt_text_init(&text, 4096);
	assert_true(gt_content_text(tree, kind, &redact, 4096, &text));
	out = strndup(text.p, text.len);
	gt_text_free(&text);
	cJSON_Delete(tree);
	free(plain);
	return out;
}

static void check(const char *json, enum gt_content_kind kind, unsigned classes, const char *want)
{
	char *have = text_of(json, kind, classes), *wanted = gt_exchange_case_json(want);

	assert_string_equal(have, wanted);
	free(have);
	free(wanted);
}

static void test_content_text_a_secret_member_is_hidden_also_when_it_is_a_number(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{'pin':1234}", "{'pin':" HIDDEN "}" },
		{ "{'pin':0}", "{'pin':" HIDDEN "}" },
		{ "{'pin':-1}", "{'pin':" HIDDEN "}" },
		{ "{'cvv':12.5}", "{'cvv':" HIDDEN "}" },
		{ "{'password':1e300}", "{'password':" HIDDEN "}" },
		{ "{'apiKey':90071992547409930}", "{'apiKey':" HIDDEN "}" },
		{ "{'pin':'1234'}", "{'pin':" HIDDEN "}" },
		{ "{'a':[{'pin':1234,'n':2}]}", "{'a':[{'pin':" HIDDEN ",'n':2}]}" },
		{ "{'a':{'b':{'access_token':17}}}", "{'a':{'b':{'access_token':" HIDDEN "}}}" },
		/* no secret in these */
		{ "{'pin':'','secret':null,'token':true}", "{'pin':'','secret':null,'token':true}" },
		{ "{'pins':1234,'max_tokens':100}", "{'pins':1234,'max_tokens':100}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check(rows[i].json, GT_CONTENT_VALUE, GT_SECRET_ALL, rows[i].want);
}

static void test_content_text_a_number_is_hidden_in_messages_as_in_arguments(void **state)
{
#define MESSAGE(pin) "[{'role':'tool','parts':[{'type':'tool_call_response','response':{'pin':" pin "}}]}]"
	static const enum gt_content_kind kinds[] = { GT_CONTENT_INPUT, GT_CONTENT_OUTPUT, GT_CONTENT_SYSTEM,
						      GT_CONTENT_TOOLS };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(kinds); i++)
		check(MESSAGE("1234"), kinds[i], GT_SECRET_ALL, MESSAGE(HIDDEN));
}

static void test_content_text_names_hide_nothing_when_passwords_are_let_through(void **state)
{
	(void)state;
	check("{'pin':1234,'password':'x'}", GT_CONTENT_VALUE, GT_SECRET_ALL & ~(1u << GT_SECRET_PASSWORD),
	      "{'pin':1234,'password':'x'}");
	check("{'pin':1234,'password':'x'}", GT_CONTENT_VALUE, 1u << GT_SECRET_PASSWORD,
	      "{'pin':" HIDDEN ",'password':" HIDDEN "}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_content_text_a_secret_member_is_hidden_also_when_it_is_a_number),
		GT_TEST(test_content_text_a_number_is_hidden_in_messages_as_in_arguments),
		GT_TEST(test_content_text_names_hide_nothing_when_passwords_are_let_through),
	};

	return GT_TESTS(tests);
}
