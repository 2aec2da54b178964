/*
 * JSON, valid or nearly. gt_vectors_parse must give the same tree as gt_json_parse except for the numbers of long
 * vectors, and no tree when gt_json_parse gives none.
 */
#include "../unit/support/vectors_same.h"
#include "exporter/base/json.h"
#include "exporter/exchange/vectors.h"
#include "fuzz.h"

/* Each byte above 0x7f is replaced with one of these. */
static const char *const words[] = {
	"[1,2,3,4,5,6,7,8,9]",
	"[1,2,3,4,5,6,7,8,",
	"9,10,11]",
	"-0.0123e-7,",
	"0,1,2,3,4,",
	"[",
	"]",
	"{",
	"}",
	"\"a\":",
	"\"",
	"\\\"",
	"\\",
	",",
	"null",
	" \t\r\n",
	"1e999",
	"-",
	"00",
	"{\"embedding\":[",
	"]},",
	"\\u0041",
	"\xef\xbb\xbf",
	"1000000000000000000000000000000000000000000000000000000000000000000000",
	"\x01",
	"\xc3\xa9",
};

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	cJSON *full, *thinned;
	struct gt_str text;
	uint64_t before;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), FUZZ_TEXT_MAX);
	text = gt_str_make(in.data, in.len);
	full = gt_json_parse(text);
	before = gt_steps;
	thinned = gt_vectors_parse(text);
	FUZZ_WORK(before, text.len, 20);
	FUZZ_CHECK(gt_vectors_same(full, thinned));
	cJSON_Delete(full);
	cJSON_Delete(thinned);
	fuzz_input_free(&in);
	return 0;
}
