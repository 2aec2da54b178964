#include "exporter/privacy/secret_name.h"

#include "exporter/base/steps.h"
#include "exporter/base/token_char.h"
#include "shim/shared/compiler.h"

#define WORD(text) { text, sizeof(text) - 1 }

static const struct gt_str ends[] = {
	WORD("password"),
	WORD("passwd"),
	WORD("pwd"),
	WORD("passphrase"),
	WORD("passcode"),
	WORD("passwort"),
	WORD("kennwort"),
	WORD("senha"),
	WORD("contrasena"),
	WORD("motdepasse"),
	WORD("wachtwoord"),
	WORD("secret"),
	WORD("token"),
	WORD("credential"),
	WORD("signature"),
	WORD("authorization"),
	WORD("cookie"),
	WORD("apikey"),
	WORD("accesskey"),
	WORD("secretkey"),
	WORD("privatekey"),
	WORD("accountkey"),
	WORD("authkey"),
	WORD("masterkey"),
	WORD("signingkey"),
	WORD("sharedkey"),
	WORD("servicekey"),
	WORD("encryptionkey"),
	WORD("subscriptionkey"),
	WORD("licensekey"),
	WORD("hmackey"),
	WORD("keydata"),
	WORD("secretkeybase"),
	WORD("basicauth"),
	WORD("rediscliauth"),
	WORD("securitycode"),
	WORD("verificationcode"),
	/* several */
	WORD("passwords"),
	WORD("passwds"),
	WORD("pwds"),
	WORD("passphrases"),
	WORD("passcodes"),
	WORD("secrets"),
	WORD("credentials"),
	WORD("cookies"),
	WORD("apikeys"),
	WORD("accesskeys"),
	WORD("secretkeys"),
	WORD("privatekeys"),
	WORD("authkeys"),
	WORD("masterkeys"),
	WORD("signingkeys"),
	WORD("encryptionkeys"),
	WORD("accesstokens"),
	WORD("refreshtokens"),
	WORD("authtokens"),
	WORD("apitokens"),
	WORD("bearertokens"),
	WORD("sessiontokens"),
	WORD("securitytokens"),
	WORD("bottokens"),
	WORD("secrettokens"),
	/* "pass", "pw" and "pin" end other words too */
	WORD("dbpass"),
	WORD("userpass"),
	WORD("smtppass"),
	WORD("mailpass"),
	WORD("mysqlpass"),
	WORD("pgpass"),
	WORD("adminpass"),
	WORD("rootpass"),
	WORD("ftppass"),
	WORD("redispass"),
	WORD("authpass"),
	WORD("proxypass"),
	WORD("sshpass"),
	WORD("httppass"),
	WORD("loginpass"),
	WORD("keypass"),
	WORD("dbpw"),
	WORD("userpw"),
	WORD("rootpw"),
	WORD("adminpw"),
	WORD("loginpw"),
	WORD("cardpin"),
	WORD("userpin"),
	WORD("accountpin"),
};

static const struct {
	struct gt_str word;
	enum gt_name_kind kind;
} wholes[] = {
	{ WORD("sig"), GT_NAME_SECRET },
	{ WORD("pass"), GT_NAME_SECRET },
	{ WORD("pw"), GT_NAME_SECRET },
	{ WORD("pin"), GT_NAME_SECRET },
	{ WORD("cvv"), GT_NAME_SECRET },
	{ WORD("cvc"), GT_NAME_SECRET },
	{ WORD("cvv2"), GT_NAME_SECRET },
	{ WORD("otp"), GT_NAME_SECRET },
	{ WORD("jwt"), GT_NAME_SECRET },

	{ WORD("name"), GT_NAME_PAIR_NAME },
	{ WORD("key"), GT_NAME_PAIR_NAME },
	{ WORD("k"), GT_NAME_PAIR_NAME },
	{ WORD("id"), GT_NAME_PAIR_NAME },
	{ WORD("label"), GT_NAME_PAIR_NAME },
	{ WORD("header"), GT_NAME_PAIR_NAME },
	{ WORD("headername"), GT_NAME_PAIR_NAME },
	{ WORD("field"), GT_NAME_PAIR_NAME },
	{ WORD("fieldname"), GT_NAME_PAIR_NAME },
	{ WORD("variable"), GT_NAME_PAIR_NAME },
	{ WORD("var"), GT_NAME_PAIR_NAME },
	{ WORD("env"), GT_NAME_PAIR_NAME },
	{ WORD("option"), GT_NAME_PAIR_NAME },
	{ WORD("setting"), GT_NAME_PAIR_NAME },
	{ WORD("property"), GT_NAME_PAIR_NAME },
	{ WORD("attribute"), GT_NAME_PAIR_NAME },
	{ WORD("param"), GT_NAME_PAIR_NAME },
	{ WORD("parameter"), GT_NAME_PAIR_NAME },

	{ WORD("value"), GT_NAME_PAIR_VALUE },
	{ WORD("values"), GT_NAME_PAIR_VALUE },
	{ WORD("val"), GT_NAME_PAIR_VALUE },
	{ WORD("v"), GT_NAME_PAIR_VALUE },
	{ WORD("default"), GT_NAME_PAIR_VALUE },
	{ WORD("defaultvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("newvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("oldvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("currentvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("rawvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("stringvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("headervalue"), GT_NAME_PAIR_VALUE },
	{ WORD("fieldvalue"), GT_NAME_PAIR_VALUE },
	{ WORD("example"), GT_NAME_PAIR_VALUE },
	{ WORD("examples"), GT_NAME_PAIR_VALUE },
	{ WORD("const"), GT_NAME_PAIR_VALUE },
	{ WORD("enum"), GT_NAME_PAIR_VALUE },
};

/* "password" in other alphabets, and with letters beyond ASCII. */
static const struct gt_str foreign[] = {
	WORD("contrase\xc3\xb1"
	     "a"),
	WORD("Contrase\xc3\xb1"
	     "a"),
	WORD("CONTRASE\xc3\x91"
	     "A"),
	WORD("has\xc5\x82o"),
	WORD("Has\xc5\x82o"),
	WORD("l\xc3\xb6senord"),
	WORD("L\xc3\xb6senord"),
	WORD("\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"), /* Russian, also with capitals */
	WORD("\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"),
	WORD("\xd0\x9f\xd0\x90\xd0\xa0\xd0\x9e\xd0\x9b\xd0\xac"),
	WORD("\xe5\xaf\x86\xe7\xa0\x81"), /* Chinese */
	WORD("\xe5\xaf\x86\xe7\xa2\xbc"),
	WORD("\xe5\x8f\xa3\xe4\xbb\xa4"),
	WORD("\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89"), /* Japanese */
	WORD("\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8"),	      /* Korean */
};

bool gt_secret_name_is_foreign(struct gt_str name)
{
	size_t from = name.len > GT_SECRET_NAME_MAX ? name.len - GT_SECRET_NAME_MAX : 0;

	GT_STEPS(name.len - from);
	for (size_t i = from; i < name.len; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return true;
	return false;
}

static bool ends_foreign(struct gt_str name)
{
	if (!gt_secret_name_is_foreign(name))
		return false;
	GT_STEPS(GT_COUNT_OF(foreign));
	for (size_t i = 0; i < GT_COUNT_OF(foreign); i++)
		if (gt_str_ends(name, foreign[i]))
			return true;
	return false;
}

/* Letters and digits of the end of a name, in small letters. */
struct plain {
	char p[GT_SECRET_NAME_MAX];
	size_t len;
};

static struct gt_str plain_of(struct gt_str name, struct plain *out)
{
	size_t from = name.len > sizeof(out->p) ? name.len - sizeof(out->p) : 0;

	out->len = 0;
	for (size_t i = from; i < name.len; i++)
		if (gt_is_alnum(name.p[i]))
			out->p[out->len++] = gt_lower(name.p[i]);
	GT_STEPS(name.len - from + 1);
	return gt_str_make(out->p, out->len);
}

bool gt_secret_name_is_field(struct gt_str name)
{
	static const struct gt_str plain[] = {
		WORD("idempotency-key"), WORD("cache-key"),	WORD("sort-key"),    WORD("partition-key"),
		WORD("public-key"),	 WORD("surrogate-key"), WORD("routing-key"), WORD("request-key"),
		WORD("dedup-key"),	 WORD("tokens"),	WORD("primary-key"), WORD("foreign-key"),
	};

	GT_STEPS(GT_COUNT_OF(plain));
	if (name.len < 6 || gt_lower(name.p[0]) != 'x' || name.p[1] != '-')
		return false;
	for (size_t i = 0; i < GT_COUNT_OF(plain); i++)
		if (gt_str_iends(name, plain[i]))
			return false;
	return gt_str_iends(name, GT_STR("-key")) || gt_str_iends(name, GT_STR("-token")) ||
	       gt_str_iends(name, GT_STR("-secret"));
}

enum gt_name_kind gt_secret_name_kind(struct gt_str name)
{
	struct plain room;
	struct gt_str plain = plain_of(name, &room);
	char last;

	if (ends_foreign(name) || gt_secret_name_is_field(name))
		return GT_NAME_SECRET;
	if (!plain.len)
		return GT_NAME_PLAIN;
	GT_STEPS(GT_COUNT_OF(ends) + GT_COUNT_OF(wholes));
	last = plain.p[plain.len - 1];
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		if (ends[i].p[ends[i].len - 1] == last && gt_str_ends(plain, ends[i]))
			return GT_NAME_SECRET;
	for (size_t i = 0; i < GT_COUNT_OF(wholes); i++)
		if (gt_str_eq(plain, wholes[i].word))
			return wholes[i].kind;
	return GT_NAME_PLAIN;
}

bool gt_secret_name_ends(struct gt_str name, struct gt_str end)
{
	struct plain room;

	return gt_str_ends(plain_of(name, &room), end);
}

static bool ends_in(struct gt_str name, const struct gt_str *words, size_t n)
{
	struct plain room;
	struct gt_str plain = plain_of(name, &room);

	GT_STEPS(n);
	for (size_t i = 0; i < n; i++)
		if (gt_str_ends(plain, words[i]))
			return true;
	return false;
}

bool gt_secret_name_is_password(struct gt_str name)
{
	static const struct gt_str words[] = {
		WORD("password"),   WORD("passwd"),	WORD("pwd"),	    WORD("passphrase"),
		WORD("passwort"),   WORD("kennwort"),	WORD("senha"),	    WORD("passcode"),
		WORD("contrasena"), WORD("motdepasse"), WORD("wachtwoord"),
	};

	return ends_in(name, words, GT_COUNT_OF(words)) || ends_foreign(name);
}

bool gt_secret_name_is_ambiguous(struct gt_str name)
{
	static const struct gt_str words[] = { WORD("token"), WORD("pass"), WORD("sig"), WORD("signature") };

	return ends_in(name, words, GT_COUNT_OF(words)) || gt_str_ieq(name, GT_STR("pw"));
}

#define KEY_MIN	    12 /* characters of a key in a list of tokens, which may be words */
#define KEY_CHANGES 2  /* between letters and digits, at least: a word ends in digits, or begins with them */

bool gt_secret_is_key_among_words(struct gt_str s)
{
	struct gt_str look = gt_str_make(s.p, s.len < 64 ? s.len : 64);
	unsigned changes = 0;

	GT_STEPS(look.len);
	if (s.len < KEY_MIN)
		return false;
	for (size_t i = 0; i < look.len; i++) {
		if (!gt_is_alnum(look.p[i]) && look.p[i] != '_')
			return false;
		changes += i && gt_is_digit(look.p[i]) != gt_is_digit(look.p[i - 1]);
	}
	return changes >= KEY_CHANGES;
}

#define VALUE_MIN 6 /* characters; shorter strings in a list are codes */

/* A name or a code: letters, joined to parts with figures. A text that a program fills in is not a value either. */
static bool is_word_or_template(struct gt_str s)
{
	bool has_figure = false, has_letter = false, is_joined = false, is_first = true;

	GT_STEPS(s.len);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i], next = i + 1 < s.len ? s.p[i + 1] : 0;

		if ((c == '$' && next == '{') || (c == '{' && (next == '}' || next == '{')) || (c == '%' && next == 's') ||
		    c == '<')
			return true;
		/* only after a part of letters */
		is_joined |= (c == '_' || c == '-') && is_first && i && !has_figure;
		is_first &= gt_is_alnum(c);
		has_figure |= gt_is_digit(c) || (!gt_is_key_char(c) && c != ' ');
		has_letter |= gt_is_alnum(c);
	}
	return !has_figure || !has_letter || (is_joined && gt_is_alnum(s.p[s.len - 1]));
}

bool gt_secret_is_beside_name(struct gt_str name, struct gt_str value)
{
	bool has_blank = value.len && memchr(value.p, ' ', value.len);
	bool is_field = gt_secret_name_ends(name, GT_STR("cookie")) || gt_secret_name_ends(name, GT_STR("authorization"));

	if (!value.len || gt_secret_is_name(value))
		return false;
	if (gt_str_starts(name, GT_STR("--"))) /* an argument of a command */
		return value.p[0] != '-';
	if (is_word_or_template(value))
		return false;
	/* values with blanks are sentences, except in header fields */
	return is_field || (!has_blank && value.len >= VALUE_MIN);
}
