/* Vectors: W3C trace-context, spec/20-http_request_header_format.md and its test/test.py. */
#include "support/test.h"

#include "shim/shared/traceparent.h"
#include "support/guard_page.h"

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define IDS    TRACE "-" PARENT

static const struct {
	const char *value;
	int flags; /* -1: invalid */
} vectors[] = {
	{ "00-" IDS "-01", 1 },
	{ "00-" IDS "-00", 0 },
	{ "00-" IDS "-02", 2 },
	{ "00-" IDS "-03", 3 },
	{ "00-" IDS "-ff", 3 },
	{ "00-" IDS "-fc", 0 },
	{ " \t00-" IDS "-01 \t", 1 },
	/* version 00 is exactly 55 characters long */
	{ "00-" IDS "-01-", -1 },
	{ "00-" IDS "-01-x", -1 },
	{ "00-" IDS "-01.", -1 },
	{ "00-" IDS "-01 x", -1 },
	{ "00-" IDS "-0", -1 },
	{ "00-" IDS "-", -1 },
	{ "00-" IDS, -1 },
	{ "00-" IDS "-001", -1 },
	/* later versions may be longer, after another dash */
	{ "cc-" IDS "-01", 1 },
	{ "cc-" IDS "-01-", 1 },
	{ "cc-" IDS "-01-what-the-future-will-be-like", 1 },
	{ "01-" IDS "-01-x", 1 },
	{ "fe-" IDS "-03", 3 },
	{ "cc-" IDS "-01.what-the-future-will-be-like", -1 },
	{ "cc-" IDS "-01x", -1 },
	{ "ff-" IDS "-01", -1 },
	{ "ff-" IDS "-01-x", -1 },
	{ "FE-" IDS "-01", -1 },
	{ ".0-" IDS "-01", -1 },
	{ "0.-" IDS "-01", -1 },
	{ "0-" IDS "-01", -1 },
	{ "000-" IDS "-01", -1 },
	{ "-" IDS "-01", -1 },
	/* ids */
	{ "00-00000000000000000000000000000000-" PARENT "-01", -1 },
	{ "00-" TRACE "-0000000000000000-01", -1 },
	{ "00-00000000000000000000000000000001-0000000000000001-01", 1 },
	{ "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01", -1 },
	{ "00-0af7651916cd43dd8448eb211c80319C-" PARENT "-01", -1 },
	{ "00-" TRACE "-B7AD6B7169203331-01", -1 },
	{ "00-.af7651916cd43dd8448eb211c80319c-" PARENT "-01", -1 },
	{ "00-" TRACE "-.7ad6b7169203331-01", -1 },
	{ "00-af7651916cd43dd8448eb211c80319c-" PARENT "-01", -1 },
	{ "00-" TRACE "0-" PARENT "-01", -1 },
	{ "00-" TRACE "-7ad6b7169203331-01", -1 },
	{ "00-" TRACE "-" PARENT "0-01", -1 },
	/* flags */
	{ "00-" IDS "-.0", -1 },
	{ "00-" IDS "-0.", -1 },
	{ "00-" IDS "-0A", -1 },
	{ "00-" IDS "-1", -1 },
	{ "00-" IDS "--1", -1 },
	/* separators */
	{ "00_" IDS "-01", -1 },
	{ "00-" TRACE "_" PARENT "-01", -1 },
	{ "00-" IDS "_01", -1 },
	/* two values, joined by a program that merges header lines */
	{ "00-" IDS "-01,00-" IDS "-01", -1 },
	{ "00-" IDS "-01, 00-" IDS "-01", -1 },
	{ "", -1 },
	{ " ", -1 },
	{ "-", -1 },
	{ "00-" IDS "\0"
	  "01",
	  -1 },
};

static void test_traceparent_vectors_of_the_w3c_suite(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(vectors); i++) {
		size_t len = strlen(vectors[i].value);
		char *end = gt_guard_end(vectors[i].value, len), *begin = gt_guard_begin(vectors[i].value, len);
		struct gt_trace_context c, untouched;

		memset(&c, 0xa5, sizeof(c));
		memset(&untouched, 0xa5, sizeof(untouched));
		assert_int_equal(gt_traceparent_parse(gt_str_make(end, len), &c), vectors[i].flags >= 0);
		if (vectors[i].flags >= 0) {
			assert_int_equal(c.flags, vectors[i].flags);
		} else {
			assert_memory_equal(&c, &untouched, sizeof(c));
		}
		assert_int_equal(gt_traceparent_parse(gt_str_make(begin, len), &c), vectors[i].flags >= 0);
		gt_guard_free(end, len);
		gt_guard_free(begin, len);
	}
}

static void test_traceparent_any_truncation_or_changed_byte_is_refused_or_harmless(void **state)
{
	static const char good[] = "00-" IDS "-01";

	(void)state;
	for (size_t len = 0; len < GT_TRACEPARENT_LEN; len++) {
		struct gt_trace_context c;
		char *p = gt_guard_end(good, len);

		assert_false(gt_traceparent_parse(gt_str_make(p, len), &c));
		gt_guard_free(p, len);
	}
	for (size_t i = 0; i < GT_TRACEPARENT_LEN; i++) {
		for (int byte = 0; byte < 256; byte++) {
			char text[GT_TRACEPARENT_LEN], again[GT_TRACEPARENT_LEN];
			struct gt_trace_context c;

			memcpy(text, good, sizeof(text));
			text[i] = (char)byte;
			if (!gt_traceparent_parse(gt_str_make(text, sizeof(text)), &c))
				continue;
			/* an accepted value is the same when formatted again, except for the version and unknown
			 * flags */
			gt_traceparent_format(&c, again);
			assert_memory_equal(again + 2, text + 2, 51);
		}
	}
}

static void test_traceparent_is_written_as_version_00_in_lower_case(void **state)
{
	struct gt_trace_context c;
	char out[GT_TRACEPARENT_LEN + 1];

	(void)state;
	assert_true(gt_traceparent_parse(GT_STR("cc-" IDS "-03-more"), &c));
	memset(out, 'x', sizeof(out));
	gt_traceparent_format(&c, out);
	assert_int_equal(out[GT_TRACEPARENT_LEN], 'x');
	assert_memory_equal(out, "00-" IDS "-03", GT_TRACEPARENT_LEN);
}

static void test_traceparent_hex_round_trips_and_takes_lower_case_only(void **state)
{
	uint8_t bytes[256], again[256];
	char text[512];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	gt_hex(bytes, 256, text);
	assert_true(gt_unhex(gt_str_make(text, 512), again, 256));
	assert_memory_equal(bytes, again, 256);
	assert_false(gt_unhex(gt_str_make(text, 511), again, 256));
	assert_false(gt_unhex(GT_STR("AB"), again, 1));
	assert_false(gt_unhex(GT_STR("g0"), again, 1));
	assert_true(gt_unhex(GT_STR(""), again, 0));
}

static struct gt_str member_of(char *room, size_t key, size_t value)
{
	memset(room, 'k', key);
	room[key] = '=';
	memset(room + key + 1, 'v', value);
	return gt_str_make(room, key + 1 + value);
}

static void test_tracestate_grammar(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "foo=1", true },
		{ "foo=1,bar=2", true },
		{ "foo=1 , bar=2", true },
		{ "foo=1\t,\tbar=2", true },
		{ "foo=1,", true },
		{ ",foo=1", true },
		{ "foo=1,,bar=2", true },
		{ "foo=1, ,bar=2", true },
		{ "foo=1,foo=2", true }, /* duplicates are kept */
		{ "0=1", true },
		{ "fw529a3039@dt=FfAXzh0=", false },
		{ "t61rcwkgmze@vendor=00f067aa0ba902b7", true },
		{ "a_-*/@b=x", true },
		{ "foo= x", true },
		{ "foo=!~", true },
		{ "", false },
		{ " ", false },
		{ ",", false },
		{ "foo", false },
		{ "foo=", false },
		{ "=1", false },
		{ "foo =1", false },
		{ "FOO=1", false },
		{ "@foo=1", false },
		{ "_foo=1", false },
		{ "foo=a=b", false },
		{ "foo=\x7f", false },
		{ "foo=\x01", false },
		{ "foo=a\tb", false },
		{ "foo=1\r\nx: y", false }, /* would become another header line */
		{ "foo=\xc3\xa4", false },
		{ "foo.bar=1", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *p = gt_guard_end(rows[i].text, len);

		assert_int_equal(gt_tracestate_is_valid(gt_str_make(p, len)), rows[i].good);
		gt_guard_free(p, len);
	}
	assert_false(gt_tracestate_is_valid(GT_STR_NONE));
	assert_false(gt_tracestate_is_valid(GT_STR("foo=a\0b")));
}

static void test_tracestate_limits(void **state)
{
	char room[1024], many[512] = "";

	(void)state;
	assert_true(gt_tracestate_is_valid(member_of(room, 256, 1)));
	assert_false(gt_tracestate_is_valid(member_of(room, 257, 1)));
	assert_true(gt_tracestate_is_valid(member_of(room, 1, 256)));
	assert_false(gt_tracestate_is_valid(member_of(room, 1, 257)));
	assert_true(gt_tracestate_is_valid(member_of(room, 255, 256)));
	assert_false(gt_tracestate_is_valid(member_of(room, 256, 256)));
	for (int i = 0; i < 32; i++)
		sprintf(many + strlen(many), "k%d=v,", i);
	assert_true(gt_tracestate_is_valid(gt_str_of(many)));
	strcat(many, "k32=v");
	assert_false(gt_tracestate_is_valid(gt_str_of(many)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_traceparent_vectors_of_the_w3c_suite),
		GT_TEST(test_traceparent_any_truncation_or_changed_byte_is_refused_or_harmless),
		GT_TEST(test_traceparent_is_written_as_version_00_in_lower_case),
		GT_TEST(test_traceparent_hex_round_trips_and_takes_lower_case_only),
		GT_TEST(test_tracestate_grammar),
		GT_TEST(test_tracestate_limits),
	};

	return GT_TESTS(tests);
}
