/*
 * Only long vectors are left out of a tree. Tested by examples, and by comparison with the whole tree for every fixture
 * and every recorded reply.
 */
#include "support/test.h"

#include <ftw.h>

#include "exporter/base/json.h"
#include "exporter/exchange/vectors.h"
#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/vectors_same.h"

static int compared, thinned_texts;

static int64_t size_of(const cJSON *json)
{
	const cJSON *item;
	int64_t n = 1;

	cJSON_ArrayForEach (item, json)
		n += size_of(item);
	return n;
}

static void compare(struct gt_str text)
{
	char *copy = gt_guard_end(text.p, text.len);
	cJSON *full = gt_json_parse(text), *thinned = gt_vectors_parse(gt_str_make(copy, text.len));

	if (!gt_vectors_same(full, thinned))
		fail_msg("not the same: %.*s", text.len > 2000 ? 2000 : (int)text.len, text.p);
	compared++;
	thinned_texts += full && size_of(full) != size_of(thinned);
	cJSON_Delete(full);
	cJSON_Delete(thinned);
	gt_guard_free(copy, text.len);
}

#define TEN "1,-2.5,3e4,0.5E-7,-0,6,7,8,9,10"

static void test_what_is_no_vector_stays_as_it_is(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"[",
		"]",
		"[]",
		"[1]",
		"7",
		"null",
		"{\"a\":[1,2,3]}",
		"[1,2,3,4,5,6,7,8]",
		"[[1],[2],[[3]]]",
		"[1,2,3,4,5,6,7,8,9,\"x\"]",
		"[1,2,3,4,5,6,7,8,null,9]",
		"[1,2,3,4,5,6,7,8,9,[1]]",
		"[" TEN,
		"[" TEN ",",
		"[" TEN ",]",
		"[,1,2,3,4,5,6,7,8,9]",
		"[01,2,3,4,5,6,7,8,9,10]",
		"[1.,2,3,4,5,6,7,8,9,10]",
		"[.1,2,3,4,5,6,7,8,9,10]",
		"[1e,2,3,4,5,6,7,8,9,10]",
		"[+1,2,3,4,5,6,7,8,9,10]",
		"[1 2,3,4,5,6,7,8,9,10,11]",
		"[--1,2,3,4,5,6,7,8,9,10]",
		"{\"a\":\"[" TEN "]\"}",
		"{\"[" TEN "]\":1}",
		"\"\\\"[" TEN "]\"",
		"\"\\\\\",[" TEN "]",
		"{\"a\":\"",
		"{\"a\":\"\\",
		"[100000000000000000000000000000000000000000000000000000000000000000000000000,2,3,4,5,6,7,8,9,10]",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		compare(gt_str_of(texts[i]));
}

static void test_of_a_long_vector_the_first_number_and_the_length_are_kept(void **state)
{
	static const struct {
		const char *text, *path;
		int64_t len;
		double first;
	} rows[] = {
		{ "[" TEN "]", "", 10, 1 },
		{ " [ 1 ,\n2\t,3,4,5,6,7,8,9 ] ", "", 9, 1 },
		{ "{\"data\":[{\"embedding\":[-0.25," TEN "]},{\"embedding\":[2," TEN "," TEN "]}],\"n\":[1,2]}",
		  "data.1.embedding", 21, 2 },
		{ "{\"data\":[{\"embedding\":[-0.25," TEN "]},{\"embedding\":[2," TEN "," TEN "]}],\"n\":[1,2]}",
		  "data.0.embedding", 11, -0.25 },
		{ "{\"data\":[{\"embedding\":[-0.25," TEN "]},{\"embedding\":[2," TEN "," TEN "]}],\"n\":[1,2]}", "n", 2, 1 },
		{ "[[" TEN "],[],[[" TEN "]]]", "2.0", 10, 1 },
		/* a name twice, and text after the value */
		{ "{\"a\":[4],\"a\":[" TEN "]}", "a", 10, 1 },
		{ "{\"a\":[5," TEN "]} [" TEN "]", "a", 11, 5 },
		{ "\xef\xbb\xbf[" TEN "]", "", 10, 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		cJSON *json = gt_vectors_parse(gt_str_of(rows[i].text));
		const cJSON *v = *rows[i].path ? gt_json_at(json, rows[i].path) : json;

		compare(gt_str_of(rows[i].text));
		assert_int_equal(gt_vector_len(v), rows[i].len);
		assert_true(v->child->valuedouble == rows[i].first);
		cJSON_Delete(json);
	}
	assert_int_equal(gt_vector_len(NULL), 0);
}

static void test_without_memory_there_is_a_whole_tree_or_none(void **state)
{
	struct gt_str text = GT_STR("{\"data\":[{\"embedding\":[" TEN "]}]}");
	cJSON *full = gt_json_parse(text);

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++) {
		cJSON *json = gt_vectors_parse(text);

		gt_fail_none();
		if (json)
			assert_true(gt_vectors_same(full, json));
		cJSON_Delete(json);
	}
	gt_fail_none();
	cJSON_Delete(full);
}

/* ---------------------------------------------------------------- all fixtures and recordings */

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	text = malloc(*len + 1);
	*len = fread(text, 1, *len, f);
	fclose(f);
	return text;
}

static int compare_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const cJSON *body;
	size_t len;
	cJSON *json;
	char *text;

	(void)st;
	(void)at;
	if (type != FTW_F || !gt_str_ends(gt_str_of(path), GT_STR(".json")))
		return 0;
	text = read_file(path, &len);
	compare(gt_str_make(text, len));
	json = gt_json_parse(gt_str_make(text, len));
	body = gt_json_at(json, "response.body");
	if (cJSON_IsString(body))
		compare(gt_str_of(body->valuestring));
	cJSON_Delete(json);
	free(text);
	return 0;
}

static void test_every_fixture_and_recording_is_the_same_but_for_its_vectors(void **state)
{
	const char *folder = getenv("GENTAP_RECORDINGS") ? getenv("GENTAP_RECORDINGS") : "../shared/data/recordings";

	(void)state;
	compared = thinned_texts = 0;
	assert_int_equal(nftw("tests/fixtures", compare_file, 16, FTW_PHYS), 0);
	nftw(folder, compare_file, 16, FTW_PHYS);
	print_message("%d texts compared, %d of them thinned\n", compared, thinned_texts);
	assert_true(compared > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_what_is_no_vector_stays_as_it_is),
		GT_TEST(test_of_a_long_vector_the_first_number_and_the_length_are_kept),
		GT_TEST(test_without_memory_there_is_a_whole_tree_or_none),
		GT_TEST(test_every_fixture_and_recording_is_the_same_but_for_its_vectors),
	};

	return GT_TESTS(tests);
}
