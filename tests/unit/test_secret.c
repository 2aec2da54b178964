/* Private keys whose end is missing, and names whose value is a secret. */
#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/privacy/redact.h"
#include "exporter/privacy/secret_name.h"

/* All made up. They are put together here so that no scanner takes this file for a leak. */
#define BEGIN(label)                  \
	"-----BEGIN " label "PRIVATE" \
	" KEY-----\n"
#define END(label)                  \
	"-----END " label "PRIVATE" \
	" KEY-----"
#define LINE "MIIEowIBAAKCAQEAxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyz\n"
#define MARK "[redacted:private_key]"

static const struct gt_redact redact = { .classes = GT_SECRET_ALL };

/* The caller frees. */
static char *redacted(const char *in, size_t keep)
{
	char *copy = gt_guard_end(in, strlen(in)), *out;
	struct gt_text t;

	gt_text_init(&t, SIZE_MAX);
	gt_redact_text(&redact, gt_str_make(copy, strlen(in)), keep, &t);
	assert_false(t.has_failed);
	out = strndup(t.len ? t.p : "", t.len);
	gt_text_free(&t);
	gt_guard_free(copy, strlen(in));
	return out;
}

static void check(const char *in, const char *want)
{
	char *out = redacted(in, SIZE_MAX);

	assert_string_equal(out, want);
	free(out);
}

static void test_secret_a_private_key_without_its_end_reaches_to_the_end_of_the_text(void **state)
{
	static const char *const labels[] = { "", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP " };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(labels); i++) {
		char in[600];

		snprintf(in, sizeof(in), "my key: -----BEGIN %sPRIVATE KEY-----\n" LINE LINE, labels[i]);
		check(in, "my key: " MARK);
	}
	check(BEGIN("RSA ") LINE, MARK);
	check(BEGIN("RSA "), MARK);
	check("-----BEGIN RSA PRIVATE"
	      " KEY",
	      MARK);
	check(BEGIN("") LINE "and then: hello", MARK); /* nothing shows where the key ends */
	check("{\\\"key\\\":\\\"-----BEGIN PRIVATE"
	      " KEY-----\\n"
	      "MIIEowIBAAKCAQEA\\nabc",
	      "{\\\"key\\\":\\\"" MARK);
}

static void test_secret_a_private_key_whose_end_is_torn_is_hidden_at_every_length(void **state)
{
	static const char whole[] = "x " BEGIN("RSA ") LINE LINE END("RSA ") " y";
	const size_t begins = strlen("x -----BEGIN RSA PRIVATE"
				     " KEY"),
		     over = sizeof(whole) - 1 - strlen(" y");

	(void)state;
	for (size_t len = begins; len <= over; len++) {
		char in[sizeof(whole)];

		memcpy(in, whole, len);
		in[len] = 0;
		check(in, "x " MARK);
	}
	check(whole, "x " MARK " y");
}

/* A file may hold several keys, and certificates beside them: only the keys are hidden. */
static void test_secret_the_end_of_one_private_key_is_not_the_end_of_all(void **state)
{
	(void)state;
	check(BEGIN("") LINE END("") "\nthen\n" BEGIN("EC ") LINE, MARK "\nthen\n" MARK);
	check(BEGIN("") LINE END("") "\n-----BEGIN CERTIFICATE-----\nMIIC\n", MARK "\n-----BEGIN CERTIFICATE-----\nMIIC\n");
	check("-----BEGIN CERTIFICATE-----\n" LINE BEGIN("") LINE, "-----BEGIN CERTIFICATE-----\n" LINE MARK);
}

/* A key of 4096 bits has 3,200 characters. When the text is cut in its middle, redaction does not see the END line. */
static void test_secret_a_private_key_longer_than_the_reach_is_hidden_where_the_text_is_cut(void **state)
{
	enum { LINES = 50, AT = 100 };
	char in[8000], *out;
	size_t len = 0;

	(void)state;
	memset(in, '.', AT);
	len = AT + (size_t)sprintf(in + AT, "%s", BEGIN("RSA "));
	for (int i = 0; i < LINES; i++)
		len += (size_t)sprintf(in + len, "%s", LINE);
	len += (size_t)sprintf(in + len, "%s", END("RSA "));
	assert_true(len - AT > 3 * GT_SECRET_REACH);
	for (size_t keep = AT + 1; keep < len; keep += 97) {
		out = redacted(in, keep);
		assert_null(strstr(out, "MII"));
		assert_non_null(strstr(out, MARK));
		free(out);
	}
}

/* What a chat shows of a file may begin in the middle of a key. */
static void test_secret_a_private_key_without_its_beginning_is_hidden_from_its_first_line(void **state)
{
	(void)state;
	check(LINE LINE END(""), MARK);
	check("the rest:\n" LINE "abc=\n" END("RSA ") "\nbye", "the rest:\n" MARK "\nbye");
	check("as\\nMIIEowIBAAKCAQEAxyzxyz\\nabc\\n" END(""), "as\\n" MARK);
	check("a key ends with " END("") " always", "a key ends with " MARK " always");
	check(BEGIN("") LINE END("") "\n" LINE END("EC "), MARK "\n" MARK);
	/* an end of something else, although a key begins soon after it */
	check("-----BEGIN CERTIFICATE-----\n" LINE "-----END CERTIFICATE-----\n" BEGIN("") LINE END(""),
	      "-----BEGIN CERTIFICATE-----\n" LINE "-----END CERTIFICATE-----\n" MARK);
	check(LINE "-----END CERTIFICATE-----", LINE "-----END CERTIFICATE-----");
}

static void test_secret_names_are_known_however_they_are_written(void **state)
{
	static const char *const secret[] = {
		"password",
		"PASSWORD",
		"userPassword",
		"db_passwd",
		"pwd",
		"passphrase",
		"client_secret",
		"X-Api-Key",
		"apiKey",
		"access_token",
		"accessKey",
		"secret_access_key",
		"private-key",
		"AccountKey",
		"credentials",
		"Authorization",
		"Cookie",
		"signature",
		"encryption_key",
		"subscription-key",
		"sig",
		"pass",
		"pin",
		"PIN",
		"cvv",
		"cvc",
		"passwords",
		"DB_PASSWORDS",
		"client_secrets",
		"apiKeys",
		"refresh-tokens",
		"cookies",
		"SMTP_PASS",
		"passcode",
		"otp",
	};
	static const char *const plain[] = {
		"",	      "_",	     "name",	    "max_tokens", "tokens",	"input_tokens",
		"storageKey", "public_keys", "pincode",	    "first_pass", "pins",	"spin",
		"pinned",     "bypass",	     "passed",	    "compass",	  "passes",	"cookies_accepted",
		"secretary",  "key",	     "primary_key", "sort_key",	  "signatures", "tokenizer",
		"design",     "cvs",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(secret); i++)
		if (!gt_secret_is_name(gt_str_of(secret[i])))
			fail_msg("%s is not known", secret[i]);
	for (size_t i = 0; i < GT_ROWS(plain); i++)
		if (gt_secret_is_name(gt_str_of(plain[i])))
			fail_msg("%s is taken for a secret's name", plain[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_secret_a_private_key_without_its_end_reaches_to_the_end_of_the_text),
		GT_TEST(test_secret_a_private_key_whose_end_is_torn_is_hidden_at_every_length),
		GT_TEST(test_secret_the_end_of_one_private_key_is_not_the_end_of_all),
		GT_TEST(test_secret_a_private_key_longer_than_the_reach_is_hidden_where_the_text_is_cut),
		GT_TEST(test_secret_a_private_key_without_its_beginning_is_hidden_from_its_first_line),
		GT_TEST(test_secret_names_are_known_however_they_are_written),
	};

	return GT_TESTS(tests);
}
