#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include <locale.h>

#include "exporter/privacy/redact.h"

/* All secrets are invented, and split here so that no scanner reports this file as a leak. */
#define DIGITS "0123456789"
#define JWT                    \
	"eyJhbGciOiJIUzI1NiJ9" \
	".eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
#define PEM                                                         \
	"-----BEGIN RSA PRIVATE"                                    \
	" KEY-----\nMIIEowIBAAKCAQEA\nabc+/=\n-----END RSA PRIVATE" \
	" KEY-----"

static int bad_items;
static char bad_text[1000];

static void bad(void *ctx, unsigned item, const char *problem)
{
	size_t len = strlen(bad_text);

	(void)ctx;
	bad_items++;
	snprintf(bad_text + len, sizeof(bad_text) - len, "%u %s\n", item, problem);
}

static void read_list(struct gt_redact *r, const char *list)
{
	bad_items = 0;
	bad_text[0] = 0;
	gt_redact_read(r, gt_str_of(list), bad, NULL);
}

/* Redacts an input that ends at a guard page; gives the result. */
static char *redacted(const struct gt_redact *r, const char *in, size_t keep)
{
	char *copy = gt_guard_end(in, strlen(in)), *out;
	struct gt_text t;

	gt_text_init(&t, SIZE_MAX);
	gt_redact_text(r, gt_str_make(copy, strlen(in)), keep, &t);
	assert_false(t.has_failed);
	out = strndup(t.len ? t.p : "", t.len);
	gt_text_free(&t);
	gt_guard_free(copy, strlen(in));
	return out;
}

static void check(const char *list, const char *in, const char *want)
{
	struct gt_redact r;
	char *out;

	read_list(&r, list);
	assert_int_equal(bad_items, 0);
	out = redacted(&r, in, SIZE_MAX);
	if (strcmp(out, want))
		print_error("with %s, of \"%s\"\n", list, in);
	assert_string_equal(out, want);
	free(out);
	gt_redact_free(&r);
}

struct secret {
	const char *name, *text;
};

static const struct secret secrets[] = {
	{ "api_key", "sk-"
		     "proj-Abc0123456789_defGHI" },
	{ "api_key", "sk-"
		     "ant-api03-Abc0123456789defGHI" },
	{ "api_key", "AKIA"
		     "ABCDEFGH23456789" },
	{ "api_key", "AIza"
		     "SyA0123456789abcdefghijklmnopqrstuv" },
	{ "api_key", "gsk_"
		     "abc0123456789abcdefghi" },
	{ "api_key", "hf_"
		     "Abc0123456789abcdefghi" },
	{ "api_key", "ghp_"
		     "Abc0123456789abcdefghi" },
	{ "api_key", "github_pat_"
		     "Abc0123456789abcdefghi" },
	{ "api_key", "glpat-"
		     "Abc0123456789abcdef" },
	{ "api_key", "xoxb-"
		     "0123456789-abcdef" },
	{ "api_key", "pplx-"
		     "abc0123456789abcdefghi" },
	{ "api_key", "nvapi-"
		     "abc0123456789abcdefghi" },
	{ "api_key", "r8_"
		     "abc0123456789abcdefghi" },
	{ "api_key", "ya29."
		     "A0ARrdaM-0123456789abcd" },
	{ "api_key", "SG."
		     "0123456789abcdef.ghijklmnop" },
	{ "api_key", "hvs."
		     "CAESIJ0123456789abcdef" },
	{ "api_key", "sk_"
		     "live_0123456789abcdef" },
	{ "api_key", "AKIA"
		     "ABCDEFGHIJKLMNOP" },
	{ "token", JWT },
	{ "email", "ada.lovelace+x@example.co.uk" },
	{ "email", "j\xc3\xb6rg@example.org" },
	{ "card", "4111111111111111" },
	{ "card", "4111 1111 1111 1111" },
	{ "card", "5500-0000-0000-0004" },
	{ "card", "340000000000009" },
	{ "private_key", PEM },
};

static void test_redact_hides_secrets_wherever_they_stand(void **state)
{
	static const char *const around[][2] = {
		{ "", "" },
		{ "it is ", " now" },
		{ "\"", "\"" },
		{ "(", ")" },
		{ "key: <", ">" },
		{ "a\n", "\nb" },
		{ "\xe2\x80\x9c", "\xe2\x80\x9d" },
		{ "line\\n", "\\nline" },
		{ "{\\\"k\\\":\\\"", "\\\"}" },
		{ "x\\\\n", "\\\\n" },
		{ "\t", "," },
		{ "`", "`" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(secrets); i++) {
		for (size_t k = 0; k < GT_ROWS(around); k++) {
			char in[400], want[400];

			/* any byte beyond ASCII may be part of an address */
			if (!strcmp(secrets[i].name, "email") && around[k][0][0] < 0)
				continue;
			snprintf(in, sizeof(in), "%s%s%s", around[k][0], secrets[i].text, around[k][1]);
			snprintf(want, sizeof(want), "%s[redacted:%s]%s", around[k][0], secrets[i].name, around[k][1]);
			check("", in, want);
			/* unless its class is off */
			check(strcmp(secrets[i].name, "card") ? "card" : "email", in, in);
			check("none", in, in);
		}
	}
}

static void test_redact_sees_through_escapes_of_json_in_text(void **state)
{
	(void)state;
	check("", "{\\\"k\\\": \\\"\\u0073k-proj-\\u0041bc0123456789_defGHI\\\"}", "{\\\"k\\\": \\\"[redacted:api_key]\\\"}");
	check("", "a\\u0040example.com", "[redacted:email]");
	check("", "write to a@example.com\\nor b@example.com\\\\nor", "write to [redacted:email]\\nor [redacted:email]\\\\nor");
	check("",
	      "-----BEGIN PRIVATE"
	      " KEY-----\\nMIIE\\nxyz\\n-----END PRIVATE"
	      " KEY-----\\nrest",
	      "[redacted:private_key]\\nrest");
	check("", "\\u004", "\\u004");
	check("", "\\", "\\");
	check("", "ends in \\u00zz and \\u0000", "ends in \\u00zz and \\u0000");
}

static void test_redact_hides_the_values_of_telling_names(void **state)
{
	static const char *const rows[][2] = {
		{ "password=hunter22", "password=[redacted:password]" },
		{ "export API_KEY=\"correct horse\"", "export API_KEY=\"[redacted:password]\"" },
		{ "{\"client_secret\": \"abcdefgh\"}", "{\"client_secret\": \"[redacted:password]\"}" },
		{ "{\\\"apiKey\\\":\\\"abcd1234\\\"}", "{\\\"apiKey\\\":\\\"[redacted:password]\\\"}" },
		{ "AccountKey=abc+12/3==;x", "AccountKey=[redacted:password];x" },
		{ "postgres://ada:s3cret@db/x", "postgres://ada:[redacted:password]@db/x" },
		{ "https://h/p?sig=abc123def&x=1", "https://h/p?sig=[redacted:password]&x=1" },
		{ "Authorization: Bearer abc123def456ghi", "Authorization: Bearer [redacted:token]" },
		{ "authorization: basic QWxhZGRpbjpvcGVu", "authorization: basic [redacted:token]" },
		{ "token = tokenizer.encode(x)", "token = tokenizer.encode(x)" },
		{ "max_tokens=100000", "max_tokens=100000" },
		{ "the password: required", "the password: required" },
		{ "http://localhost:8080/x@y", "http://localhost:8080/x@y" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check("", rows[i][0], rows[i][1]);
}

static void test_redact_leaves_ordinary_text_alone(void **state)
{
	static const char *const texts[] = {
		"",
		"Is bus 7 late?",
		"a task-sk-list of risk-assessment-of-something-quite-long",
		"sk-learn-something-pipeline-builder",
		"0.4111111111111111",
		"41111111111111111111111111",
		"4111111111111112",
		"call_00_12",
		"@property def x",
		"user@localhost",
		"version 1.2.3@4.5",
		"bearer of bad news",
		"basic authentication",
		"eyJ is how it begins",
		"https://example.com/a?b=c",
		"550e8400-e29b-41d4-a716-446655440000",
		"2026-08-03T12:00:00.000Z",
		"-----BEGIN CERTIFICATE-----\nMIIE",
		"x = y; z: w",
		"toolu_01A09q90qw90lq917835lq9",
		"chatcmpl-9zHj3K0x8VdQ2LrT5WnYcBmA7Xe1f",
		"\xff\xfe broken",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		check("", texts[i], texts[i]);
}

static void test_redact_cuts_no_secret_in_two(void **state)
{
	struct gt_redact r;

	(void)state;
	read_list(&r, "all,id=/E-[0-9]{6}/");
	for (size_t i = 0; i <= GT_ROWS(secrets); i++) {
		const char *secret = i < GT_ROWS(secrets) ? secrets[i].text : "E-123456";
		char in[3000];

		memset(in, ' ', sizeof(in));
		memcpy(in + 100, secret, strlen(secret));
		in[sizeof(in) - 1] = 0;
		for (size_t keep = 90; keep < 100 + strlen(secret) + 10; keep++) {
			char *out = redacted(&r, in, keep);
			char begin[8];

			snprintf(begin, sizeof(begin), "%.4s", secret);
			assert_null(strstr(out, begin));
			assert_int_equal(strstr(out, "[redacted:") != NULL, keep > 100);
			free(out);
		}
	}
	gt_redact_free(&r);
}

static void test_redact_list_chooses_classes_and_adds_patterns(void **state)
{
	static const char both[] = "a@example.com E-123456 4111111111111111 x/y";

	(void)state;
	check("", both, "[redacted:email] E-123456 [redacted:card] x/y");
	check("all", both, "[redacted:email] E-123456 [redacted:card] x/y");
	check(" EMAIL ,", both, "[redacted:email] E-123456 4111111111111111 x/y");
	check("/E-[0-9]{6}/", both, "[redacted:email] [redacted:pattern] [redacted:card] x/y");
	check("none,staff=/E-[0-9]{6}/", both, "a@example.com [redacted:staff] 4111111111111111 x/y");
	check("card,staff=/E-[0-9]{1,6}/,/x\\/y/", both, "a@example.com [redacted:staff] [redacted:card] [redacted:pattern]");
	check("none,/^E/", "E\nE E", "[redacted:pattern]\n[redacted:pattern] E");
	check("none,/[^]]a$/", "]a\nxa", "]a\n[redacted:pattern]");
}

static void test_redact_list_tells_of_what_it_cannot_use_and_stays_safe(void **state)
{
	static const struct {
		const char *list, *problems;
		unsigned classes;
	} rows[] = {
		{ "email,emial", "2 is not a class\n", GT_SECRET_ALL },
		{ "none,/(/", "2 is not a POSIX extended regular expression\n", 0 },
		{ "/(a)\\1/", "1 has a back reference, which can take forever to match\n", GT_SECRET_ALL },
		{ "/a{1000}{1000}/", "1 repeats too often\n", GT_SECRET_ALL },
		{ "/((((a{20}){20}){20}){20}){20}/", "1 repeats too often\n", GT_SECRET_ALL },
		{ "/a++++++++++++++++++++++++++++++++/", "1 repeats too often\n", GT_SECRET_ALL },
		{ "/a{99999999999999999999}/", "1 repeats too often\n", GT_SECRET_ALL },
		{ "/a*/", "1 matches the empty string, and so everywhere\n", GT_SECRET_ALL },
		{ "//", "1 is empty\n", GT_SECRET_ALL },
		{ "/a", "1 is not a pattern; write /REGEX/ or name=/REGEX/\n", GT_SECRET_ALL },
		{ "a b=/x/", "1 has a bad name: use up to 31 letters, digits, _ and -\n", GT_SECRET_ALL },
		{ "card,/((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))/", "2 is nested too deeply\n",
		  1u << GT_SECRET_CARD },
	};
	struct gt_redact r;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		read_list(&r, rows[i].list);
		assert_string_equal(bad_text, rows[i].problems);
		assert_int_equal(r.classes, rows[i].classes);
		gt_redact_free(&r);
	}
	read_list(&r, "/a/,/b/,/c/,/d/,/e/,/f/,/g/,/h/,/i/,/j/,/k/,/l/,/m/,/n/,/o/,/p/,/q/");
	assert_string_equal(bad_text, "17 exceeds the limit of 16 patterns\n");
	gt_redact_free(&r);
}

static void test_redact_patterns_reach_over_windows_and_never_fail_open(void **state)
{
	enum { LEN = 20000 };
	char *in = malloc(LEN + 1), *out;
	struct gt_redact r;

	(void)state;
	read_list(&r, "none,/E-[0-9]{6}/,/q/");
	for (size_t at = 3000; at < 5000; at++) {
		memset(in, '.', LEN);
		in[LEN] = 0;
		memcpy(in + at, "E-123456", 8);
		if (at % 7)
			continue;
		out = redacted(&r, in, SIZE_MAX);
		assert_null(strstr(out, "E-1"));
		free(out);
	}
	memset(in, 'q', LEN); /* more matches than are searched one by one */
	out = redacted(&r, in, SIZE_MAX);
	assert_string_equal(out, "[redacted:pattern]");
	free(out);
	free(in);
	gt_redact_free(&r);
}

static void test_redact_without_memory_tells_nothing(void **state)
{
	struct gt_redact r;

	(void)state;
	for (int n = 1; gt_fail_nth(n); n++) {
		read_list(&r, "all,staff=/E-[0-9]{6}/");
		gt_redact_free(&r);
	}
	gt_fail_none();
	read_list(&r, "all,staff=/E-[0-9]{6}/");
	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_text t;

		gt_text_init(&t, SIZE_MAX);
		gt_redact_text(&r, GT_STR("\\n a@example.com E-123456"), SIZE_MAX, &t);
		if (!t.has_failed)
			assert_true(t.len && !memmem(t.p, t.len, "a@", 2) && !memmem(t.p, t.len, "E-", 2));
		gt_text_free(&t);
	}
	gt_fail_none();
	gt_redact_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_redact_hides_secrets_wherever_they_stand),
		GT_TEST(test_redact_sees_through_escapes_of_json_in_text),
		GT_TEST(test_redact_hides_the_values_of_telling_names),
		GT_TEST(test_redact_leaves_ordinary_text_alone),
		GT_TEST(test_redact_cuts_no_secret_in_two),
		GT_TEST(test_redact_list_chooses_classes_and_adds_patterns),
		GT_TEST(test_redact_list_tells_of_what_it_cannot_use_and_stays_safe),
		GT_TEST(test_redact_patterns_reach_over_windows_and_never_fail_open),
		GT_TEST(test_redact_without_memory_tells_nothing),
	};

	return GT_TESTS(tests);
}
