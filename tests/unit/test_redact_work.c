/*
 * Redaction takes work in proportion to the text, whatever the text is. A hostile answer must not keep the exporter from
 * the spans that come after it.
 */
#include "support/linear.h"
#include "support/test.h"

#include "exporter/privacy/mask.h"
#include "exporter/privacy/redact.h"

#define MOST 150 /* steps a byte: candidates overlap, but each reads a bounded number of bytes */

/* A head, and a unit that is repeated. */
struct text {
	const char *head, *unit;
};

static const struct text texts[] = {
	{ "", "the quick brown fox " },
	{ "", "a" },
	{ "", " " },
	{ "", "\n" },
	{ "", "\xff" },
	{ "", "\\" },
	{ "", "\\\"" },
	{ "", "\\\\\"" },
	{ "", "\\u" },
	{ "", "\\u0041" },
	{ "", "\\u00e4" },
	{ "", ":" },
	{ "", "=" },
	{ "", "," },
	{ "", "@" },
	{ "", "{" },
	{ "", "[" },
	{ "", "\"" },
	{ "", "'" },
	{ "", "<" },
	{ "", "-" },
	{ "", "." },
	{ "", "7" },
	{ "", "4111 " },
	{ "", "4111111111111111 " },
	{ "", "4111.1111.1111.1112 " },
	{ "://a:", "@" },
	{ "", "://a:b" },
	{ "", "://a:b/" },
	{ "", "redis://" },
	{ "", "a@b.c" },
	{ "", "%40" },
	{ "", "eyJ." },
	{ "", "eyJhbGciOiJI" },
	{ "", "eyJhbGciOiJI " },
	{ "", "bearer " },
	{ "", "bearer a1" },
	{ "", "token token" },
	{ "", "pwd=" },
	{ "", "pwd=1" },
	{ "", "x-a-key: abcdefgh " },
	{ "", "authorization: digest response=" },
	{ "authorization: digest ", "response=\"" },
	{ "authorization: digest ", "response=0123456789abcdefg" },
	{ "", "login(\"" },
	{ "", "login(\"\",\"" },
	{ "", "auth=(" },
	{ "", "basicauth('a'," },
	{ "", "(\"" },
	{ "auth", " " },
	{ "auth=", " (" },
	{ "", "\"tokens\":[" },
	{ "", "\"tokens\":[\"a1b2c3d4e5f6\"" },
	{ "", "pwd: |\n " },
	{ "pwd: |\n", "  a1b2c3\n" },
	{ "", "pwd: |\n  a1b2c3\n" },
	{ "", "pwd=1&" },
	{ "", "pwd=a&1" },
	{ "pwd=1", "&" },
	{ "pwd=1", "&a" },
	{ "", "\xef\xbc\x9a" },
	{ "", "pwd\xef\xbc\x9a" },
	{ "", "\xe5\xaf\x86\xe7\xa0\x81:" },
	{ "", "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c=" },
	{ "", "eyJ.pwd=" },
	{ "", "pwd:" },
	{ "", "pwd: " },
	{ "pwd", " " },
	{ "pwd=", " " },
	{ "", "pwd =" },
	{ "", "\"pwd\":" },
	{ "", "\"pwd\":{" },
	{ "", "\"pwd\":[" },
	{ "", "\"pwd\":{\"type\":" },
	{ "", "\"pwd\":{\"type\":\"string\"" },
	{ "", "\"pwd\":\"" },
	{ "", "\"pwd\":\\\"" },
	{ "", "pwd='" },
	{ "", "pwd=\\'" },
	{ "", "pwd=\\\\'pwd=\\'" },
	{ "", "\"pwd\",\"" },
	{ "", "--pwd " },
	{ "", "curl -u " },
	{ "curl ", "-u a" },
	{ "curl ", "-u:" },
	{ "curl -u", "a" },
	{ "", "curl -u\"" },
	{ "mysql ", "-p" },
	{ "mysql ", " -paaaaaa1" },
	{ "mysql ", "-p'" },
	{ "redis-cli ", " -a" },
	{ "redis-cli ", " -a\",\"" },
	{ "", "sshpass -p " },
	{ "", "docker login -p" },
	{ "", "machine " },
	{ "", "login " },
	{ "", "machine\n" },
	{ "machine ", "login " },
	{ "", "machine a login b " },
	{ "", "login a password " },
	{ "", "login a password b1c2" },
	{ "", "ENV " },
	{ "", "\nENV pwd " },
	{ "", "setenv pwd a" },
	{ "", "<pwd>" },
	{ "", "<pwd>a" },
	{ "", "name=" },
	{ "", "name=pwd value=" },
	{ "", "value='" },
	{ "", "value=\\'value='" },
	{ "", "\"name\":\"pwd\",\"value\":\"" },
	{ "", "cookie: a=" },
	{ "", "cookie: a=b;" },
	{ "", "authorization: basic " },
	{ "", "authorization: " },
	{ "", "heroku=" },
	{ "", "heroku=01234567-89ab-" },
	{ "", "twitter_sumo_asana=0" },
	{ "", "sk-A." },
	{ "", "sk-A" },
	{ "", "sk-" },
	{ "", "ABSK1." },
	{ "", "ghp_" },
	{ "", "a-1-" },
	{ "", "M1234567890123456789012." },
	{ "", "12345678:AA" },
	{ "", "https://a" },
	{ "", "https://a.webhook" },
	{ "", "-----BEGIN " },
	{ "", "-----END " },
	{ "", "-----BEGIN PRIVATE KEY" },
	{ "", "-----END PRIVATE KEY" },
	{ "", "-----END PRIVATE KEY-----a" },
	{ "", "abcdefghijklmnop0\n-----END PRIVATE KEY" },
	{ "", "-----BEGIN A-----END PRIVATE KEY" },
	{ "-----BEGIN PRIVATE KEY-----", "abcd\n" },
	{ "", "[redacted:password]" },
};

/* The caller frees. */
static char *repeated(const struct text *t, size_t n)
{
	size_t head = strlen(t->head), unit = strlen(t->unit);
	char *p = malloc(n + 1);

	assert_non_null(p);
	head = head < n ? head : n;
	memcpy(p, t->head, head);
	for (size_t i = head; i < n; i++)
		p[i] = t->unit[(i - head) % unit];
	p[n] = 0;
	return p;
}

static const struct gt_redact *rules;

static void redact(void *ctx, size_t n)
{
	char *in = repeated(ctx, n);
	struct gt_text out;

	gt_text_init(&out, SIZE_MAX);
	gt_redact_text(rules, gt_str_make(in, n), SIZE_MAX, &out);
	assert_false(out.has_failed);
	gt_text_free(&out);
	free(in);
}

static void test_redact_takes_linear_work_on_any_repetition(void **state)
{
	static const struct gt_redact all = { .classes = GT_SECRET_ALL };

	(void)state;
	rules = &all;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		gt_assert_linear(texts[i].unit, redact, (void *)&texts[i], 16384, MOST);
}

/* Two units in turn, in random lengths: what the rows above have in common may be worse together. */
static void test_redact_takes_linear_work_on_mixtures(void **state)
{
	static const struct gt_redact all = { .classes = GT_SECRET_ALL };
	struct gt_random r = gt_random_from(11);

	(void)state;
	rules = &all;
	for (int i = 0; i < 400; i++) {
		struct text t = { "", NULL };
		char unit[200] = "";

		for (size_t k = 1 + gt_random_below(&r, 4); k--;) {
			const struct text *part = &texts[gt_random_below(&r, GT_ROWS(texts))];

			for (size_t times = 1 + gt_random_below(&r, 3);
			     times-- && strlen(unit) + strlen(part->unit) < sizeof(unit);)
				strcat(unit, part->unit);
		}
		t.unit = unit;
		gt_assert_linear(unit, redact, &t, 8192, MOST);
	}
}

static void bad(void *ctx, unsigned item, const char *problem)
{
	(void)ctx;
	fail_msg("item %u %s", item, problem);
}

/* A pattern that looks far ahead for each match costs the most, and still a bounded number of windows. */
static void test_redact_takes_linear_work_with_patterns(void **state)
{
	static const struct text matching = { "", "a" }, missing = { "", "b" };
	struct gt_redact r;

	(void)state;
	gt_redact_read(&r, GT_STR("none,/a[^b]*b|a/,/q/"), bad, NULL);
	rules = &r;
	gt_assert_linear("matches", redact, (void *)&matching, 32768, 600);
	gt_assert_linear("no match", redact, (void *)&missing, 32768, 8);
	gt_redact_free(&r);
}

static void mask(void *ctx, size_t n)
{
	char *in = repeated(ctx, n), *out = malloc(n);

	assert_non_null(out);
	gt_mask_secrets(gt_str_make(in, n), out, n);
	free(in);
	free(out);
}

static void test_mask_takes_linear_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ROWS(texts); i++)
		if (strpbrk(texts[i].unit, "abcdefghijklmnopqrstuvwxyz0123456789"))
			gt_assert_linear(texts[i].unit, mask, (void *)&texts[i], 16384, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_redact_takes_linear_work_on_any_repetition),
		GT_TEST(test_redact_takes_linear_work_on_mixtures),
		GT_TEST(test_redact_takes_linear_work_with_patterns),
		GT_TEST(test_mask_takes_linear_work),
	};

	return GT_TESTS(tests);
}
