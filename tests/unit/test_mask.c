#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/privacy/mask.h"

/* Masks with input and output ending at guard pages. */
static void check(const char *in, const char *want)
{
	size_t len = strlen(in), n;
	char *from = gt_guard_end(in, len), *to = gt_guard_end(in, len);

	n = gt_mask_secrets(gt_str_make(from, len), to, len);
	if (!gt_str_eq(gt_str_make(to, n), gt_str_of(want)))
		print_error("of \"%s\": \"%.*s\"\n", in, (int)n, to);
	assert_str(gt_str_make(to, n), want);
	gt_guard_free(from, len);
	gt_guard_free(to, len);
}

/* All keys are made up. */
static void test_mask_hides_keys_of_known_kinds_wherever_they_stand(void **state)
{
	static const char *const keys[] = {
		"sk-abcdef",
		"sk-proj-Abc_def-ghi",
		"sk-ant-api03-abcdef",
		"sk_live_abcdef",
		"pk-lf-abcdef",
		"gsk_abcdefgh",
		"hf_abcdefgh",
		"xai-abcdefgh",
		"AIzaSyAbcdefgh",
		"AKIAABCDEFGH",
		"ASIAABCDEFGH",
		"ghp_abcdefgh",
		"glpat-abcdefgh",
		"eyJhbGciOiJI.eyJzdWIi.abc-def",
		"r8_abcdefgh",
		"pplx-abcdefgh",
		"csk-abcdefgh",
		"nvapi-abcdefgh",
		"xoxb-abcdefgh",
		"ya29.abcdefgh",
		"sk-proj-****************abcd",
	};
	static const char *const around[][2] = {
		{ "", "" },
		{ "Incorrect API key provided: ", ". You can find your key at" },
		{ "key '", "' is bad" },
		{ "\"", "\"," },
		{ "(", ")" },
		{ "key=", "" },
		{ "?api_key=", "&alt=sse" },
		{ "Bearer ", "" },
		{ "a/b/", " " },
		{ "https://example.com/v1/", "" },
		{ "\xe2\x80\x9c", "\xe2\x80\x9d" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(keys); i++) {
		for (size_t k = 0; k < GT_ROWS(around); k++) {
			char in[200], out[200];
			size_t n;

			snprintf(in, sizeof(in), "%s%s%s", around[k][0], keys[i], around[k][1]);
			n = gt_mask_secrets(gt_str_of(in), out, sizeof(out));
			out[n] = 0;
			if (strstr(out, keys[i] + 6))
				print_error("of \"%s\": \"%s\"\n", in, out);
			assert_null(strstr(out, keys[i] + 6));
			assert_non_null(strstr(out, "***"));
		}
	}
}

static void test_mask_leaves_the_text_around_alone(void **state)
{
	(void)state;
	check("Incorrect API key provided: sk-abcdefgh. You can find your API key at https://platform.openai.com/account/api-keys.",
	      "Incorrect API key provided: ***. You can find your API key at https://platform.openai.com/account/api-keys.");
}

static void test_mask_hides_long_words_of_letters_and_digits(void **state)
{
	(void)state;
	check("key 0123456789abcdef0123456789abcdef refused", "key *** refused");
	check("key Ab3dEf6hIj9lMn2pQr5tUv8xYz no", "key *** no");
	check("550e8400-e29b-41d4-a716-446655440000", "***");
	check("token=abcdefghijklm0123456789nopqrstu", "***");
}

static void test_mask_leaves_prose_names_and_paths(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"The model `gpt-4o-mini-2024-07-18` does not exist",
		"model: claude-3-5-sonnet-20241022 is not available in this region",
		"models/gemini-2.0-flash-thinking-exp-01-21 is not found for API version v1beta",
		"This model's maximum context length is 128000 tokens. However, your messages resulted in 130561 tokens.",
		"meta-llama/Llama-3.3-70B-Instruct-Turbo",
		"Rate limit reached for gpt-4o in organization org-abc on tokens per min (TPM): Limit 30000, Used 29000",
		"https://docs.example.com/en/docs/build-with-claude/extended-thinking2025",
		"Donaudampfschifffahrtsgesellschaftskapitaen",
		"sk-1 is too short, and so is hf_",
		"tool_use ids were found without tool_result blocks",
		"line one\nline two\ttab",
		"\xd0\xbe\xd1\x88\xd0\xb8\xd0\xb1\xd0\xba\xd0\xb0",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		check(texts[i], texts[i]);
}

static void test_mask_output_fits_its_room_and_a_cut_hides_as_much(void **state)
{
	static const char in[] = "bad key sk-abcdefghijkl and then 0123456789abcdef0123456789abcdef end";

	(void)state;
	for (size_t cap = 0; cap < sizeof(in); cap++) {
		char *out = gt_guard_end(in, cap);
		size_t n = gt_mask_secrets(GT_STR(in), out, cap);

		assert_true(n <= cap);
		assert_memory_equal(out, "bad key *** and then *** end", n < 28 ? n : 28);
		gt_guard_free(out, cap);
	}
}

static void test_mask_random_text_never_grows(void **state)
{
	static const char alphabet[] = "abz09 AZ-_./=*+:\"\n\xff\0sk-";
	struct gt_random r = gt_random_from(3);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = gt_random_below(&r, 120), n;
		char text[120], *in, *out;

		for (size_t k = 0; k < len; k++)
			text[k] = alphabet[gt_random_below(&r, sizeof(alphabet) - 1)];
		in = gt_guard_end(text, len);
		out = gt_guard_end(text, len);
		n = gt_mask_secrets(gt_str_make(in, len), out, len);
		assert_true(n <= len);
		gt_guard_free(in, len);
		gt_guard_free(out, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_mask_hides_keys_of_known_kinds_wherever_they_stand),
		GT_TEST(test_mask_leaves_the_text_around_alone),
		GT_TEST(test_mask_hides_long_words_of_letters_and_digits),
		GT_TEST(test_mask_leaves_prose_names_and_paths),
		GT_TEST(test_mask_output_fits_its_room_and_a_cut_hides_as_much),
		GT_TEST(test_mask_random_text_never_grows),
	};

	return GT_TESTS(tests);
}
