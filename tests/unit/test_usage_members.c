/*
 * Counts in a usage object that nothing knows. JSON writes ' for ".
 */
#include "support/exchange_case.h"
#include "support/test.h"

#include "exporter/base/json.h"
#include "exporter/providers/usage_members.h"

static const struct gt_count rows[] = {
	{ "input_tokens", GT_TOKENS(input) },
	{ "details.cached_tokens", GT_TOKENS(cache_read) },
};
static const char *const others[] = { "total_tokens", "context_details.*", "parts.tokens" };

static bool has_unknown(const char *text)
{
	char *json = gt_exchange_case_json(text);
	cJSON *usage = gt_json_parse(gt_str_of(json));
	bool found = gt_usage_has_unknown(usage, rows, GT_ROWS(rows), others, GT_ROWS(others));

	cJSON_Delete(usage);
	free(json);
	return found;
}

static void test_usage_members_that_are_known_are_passed_over(void **state)
{
	static const char *const cases[] = {
		"null",
		"7",
		"[]",
		"{}",
		"{'input_tokens':3,'details':{'cached_tokens':2},'total_tokens':5}",
		"{'context_details':{'a_tokens':1,'b':{'c_tokens':2}}}",
		"{'context_details':[7,{'a_tokens':1}]}",
		"{'parts':[{'kind':'text','tokens':3},{'tokens':4}]}",
		/* no count */
		"{'new_tokens':0,'other_tokens':null,'more_tokens':'7','flag_tokens':true,'less_tokens':-3}",
		"{'tokens_per_second':81.5,'total_tokens_per_sec':80,'first_token_time':2,'input_tokens_cost':1}",
		"{'requests':3,'queue_time':0.5,'details':{'requests':4}}",
		"{'token_details':{'image_count':1,'character_count':2,'web_search_requests':3,'video_length_seconds':4}}",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(cases); i++)
		if (has_unknown(cases[i]))
			fail_msg("%s", cases[i]);
}

static void test_usage_members_that_nothing_knows_are_found(void **state)
{
	static const char *const cases[] = {
		"{'input_tokens':3,'new_tokens':1}",
		"{'TokenCountNew':1}",
		"{'details':{'input_tokens':1}}",
		"{'details':{'dream_tokens':1}}",
		"{'token_details':{'dream':1}}",
		"{'parts':[{'tokens':3},{'dream_tokens':4}]}",
		"{'parts':{'more':[[{'dream_tokens':4}]]}}",
		"{'a':{'b':{'c':{'tokens':1}}}}",
		/* a name that only begins like a known one */
		"{'total_tokens_2':1}",
		"{'context_details_tokens':1}",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(cases); i++)
		if (!has_unknown(cases[i]))
			fail_msg("%s", cases[i]);
}

/* Deep, wide or long-named objects are not searched to their end. */
static void test_usage_members_beyond_any_size_are_harmless(void **state)
{
	char *text = calloc(1, 4096);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)sprintf(text + len, "{'a_tokens':");
	len += (size_t)sprintf(text + len, "1");
	for (int i = 0; i < 100; i++)
		text[len++] = '}';
	assert_false(has_unknown(text));
	memset(text, 0, 4096);
	len = (size_t)sprintf(text, "{'");
	memset(text + len, 't', 300);
	sprintf(text + len + 300, "_tokens':1}");
	assert_false(has_unknown(text));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_usage_members_that_are_known_are_passed_over),
		GT_TEST(test_usage_members_that_nothing_knows_are_found),
		GT_TEST(test_usage_members_beyond_any_size_are_harmless),
	};

	return GT_TESTS(tests);
}
