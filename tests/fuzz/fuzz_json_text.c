/*
 * JSON, valid or nearly. The look and the count must agree with slow loops. A rewritten text has a bounded size and nothing
 * left to rewrite. What cJSON alone reads must be read the same, unless it holds a NUL.
 */
#include "exporter/base/json.h"
#include "exporter/base/json_text.h"
#include "exporter/base/utf8.h"
#include "fuzz.h"

/* Each byte above 0x7f is replaced with one of these. */
static const char *const words[] = {
	"\\u0000",
	"\\ud83d",
	"\\ude8c",
	"\\uDCFF",
	"\\ud83d\\ude8c",
	"\\u20ac",
	"\\u00",
	"\\",
	"\\\"",
	"\"",
	"\"a\":",
	"{",
	"}",
	"[",
	"]",
	"[[[[[[[[",
	"]]]]]]]]",
	",",
	":",
	"NaN",
	"-Infinity",
	"Infinity",
	"null",
	"-",
	"1e999",
	"0.5",
	"\xed\xa0\xbd",
	"\xed\xba\x8c",
	"\xff",
	"\xef\xbb\xbf",
	" ",
	"[NaN,NaN,NaN,NaN]",
};

static void check_look(struct gt_str s)
{
	struct gt_json_look look = gt_json_text_look(s);
	size_t values = 1;
	bool has_nul = false;

	for (size_t i = 0; i < s.len; i++) {
		values += s.p[i] == ',' || s.p[i] == '[' || s.p[i] == '{';
		has_nul |= !s.p[i] || (s.len - i >= 6 && !memcmp(s.p + i, "\\u0000", 6));
	}
	FUZZ_CHECK(look.values_max == values && look.has_nul == has_nul);
	FUZZ_CHECK(gt_json_text_count(s, SIZE_MAX) <= values);
}

static void check_mended(struct gt_str s)
{
	struct gt_buf out, again;

	gt_buf_init(&out, 4 * s.len);
	gt_buf_init(&again, 16 * s.len);
	if (gt_json_text_mend(s, &out))
		FUZZ_CHECK(!gt_json_text_mend(gt_buf_str(&out), &again));
	FUZZ_CHECK(!out.is_over);
	gt_buf_free(&out);
	gt_buf_free(&again);
}

static char *print_of(const cJSON *json)
{
	return json ? cJSON_PrintUnformatted(json) : strdup("none");
}

static void check_parsed(struct gt_str s)
{
	cJSON *plain = cJSON_ParseWithLengthOpts(s.p, s.len, NULL, false), *json = gt_json_parse(s);
	char *plain_print = print_of(plain), *print = print_of(json);

	FUZZ_CHECK(json || !plain);
	if (plain && !gt_json_text_look(s).has_nul)
		FUZZ_CHECK(!strcmp(plain_print, print));
	free(plain_print);
	free(print);
	cJSON_Delete(plain);
	cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_str text;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), FUZZ_TEXT_MAX);
	text = gt_str_make(in.data, in.len);
	check_look(text);
	check_mended(text);
	check_parsed(text);
	in.len = gt_utf8_join_halves(in.data, in.len);
	FUZZ_CHECK(gt_utf8_join_halves(in.data, in.len) == in.len);
	fuzz_input_free(&in);
	return 0;
}
