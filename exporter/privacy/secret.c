#include "exporter/privacy/secret.h"

#include "exporter/base/token_char.h"
#include "exporter/privacy/api_key.h"
#include "shim/shared/compiler.h"

const char *const gt_secret_names[GT_SECRETS] = { "api_key", "token", "password", "email", "card", "private_key" };

static void mark(uint8_t *marks, size_t from, size_t to, enum gt_secret what)
{
	for (size_t i = from; i < to; i++)
		if (!marks[i])
			marks[i] = (uint8_t)(1 + what);
}

/* ---------------------------------------------------------------- keys by their prefix */

static void mark_keys(struct gt_str text, uint8_t *marks)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t len;

		if (i && gt_is_alnum(text.p[i - 1]))
			continue;
		len = gt_api_key_len(gt_str_skip(text, i));
		if (!len)
			continue;
		mark(marks, i, i + len, GT_SECRET_API_KEY);
		i += len - 1;
	}
}

/* ---------------------------------------------------------------- tokens */

#define SCHEME_TOKEN_MIN 12

/* Marks the credentials after an authentication scheme at `at`. Returns the length of both, or 0. */
static size_t mark_behind_scheme(struct gt_str text, size_t at, uint8_t *marks)
{
	static const struct gt_str schemes[] = { { "bearer", 6 }, { "basic", 5 }, { "token", 5 } };
	struct gt_str rest = gt_str_skip(text, at), token;
	size_t from;

	for (size_t i = 0; i < GT_COUNT_OF(schemes); i++) {
		if (!gt_str_istarts(rest, schemes[i]))
			continue;
		from = at + schemes[i].len;
		while (from < text.len && (text.p[from] == ' ' || text.p[from] == '\t'))
			from++;
		token = gt_str_make(text.p + from, gt_char_run(text, from, gt_is_token_char));
		if (from == at + schemes[i].len || token.len < SCHEME_TOKEN_MIN || !gt_looks_random(token))
			continue;
		mark(marks, from, from + token.len, GT_SECRET_TOKEN);
		return from + token.len - at;
	}
	return 0;
}

/* Marks a JWT at `at`, whose JOSE header begins with {" in base64url. A text that ends within the header may have been
 * cut, so it counts as well. Returns how many characters to skip. */
static size_t mark_jwt(struct gt_str text, size_t at, uint8_t *marks)
{
	size_t header = gt_char_run(text, at, gt_is_key_char), all = gt_char_run(text, at, gt_is_token_char);

	if (header < 12 || (at + header < text.len && text.p[at + header] != '.'))
		return header; /* any JWT that begins within this run has the same end */
	mark(marks, at, at + all, GT_SECRET_TOKEN);
	return all;
}

static void mark_tokens(struct gt_str text, uint8_t *marks)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = gt_lower(text.p[i]);
		size_t len = 0;

		if ((c != 'b' && c != 't' && c != 'e') || (i && gt_is_alnum(text.p[i - 1])))
			continue;
		if (c != 'e')
			len = mark_behind_scheme(text, i, marks);
		else if (gt_str_starts(gt_str_skip(text, i), GT_STR("eyJ")))
			len = mark_jwt(text, i, marks);
		i += len ? len - 1 : 0;
	}
}

/* ---------------------------------------------------------------- values of names */

bool gt_secret_is_name(struct gt_str name)
{
	static const struct gt_str ends[] = {
		{ "password", 8 },	 { "passwd", 6 },	    { "pwd", 3 },
		{ "passphrase", 10 },	 { "secret", 6 },	    { "apikey", 6 },
		{ "token", 5 },		 { "accesskey", 9 },	    { "secretkey", 9 },
		{ "privatekey", 10 },	 { "accountkey", 10 },	    { "authkey", 7 },
		{ "credential", 10 },	 { "credentials", 11 },	    { "signature", 9 },
		{ "authorization", 13 }, { "secretaccesskey", 15 }, { "cookie", 6 },
		{ "encryptionkey", 13 }, { "subscriptionkey", 15 },
	};
	static const struct gt_str wholes[] = { { "sig", 3 }, { "pass", 4 }, { "pin", 3 }, { "cvv", 3 }, { "cvc", 3 } };
	char plain[64];
	size_t n = 0;

	/* api_key, api-key, apiKey */
	for (size_t i = name.len > sizeof(plain) ? name.len - sizeof(plain) : 0; i < name.len; i++)
		if (gt_is_alnum(name.p[i]))
			plain[n++] = gt_lower(name.p[i]);
	for (size_t i = 0; i < GT_COUNT_OF(ends); i++)
		if (gt_str_ends(gt_str_make(plain, n), ends[i]))
			return true;
	for (size_t i = 0; i < GT_COUNT_OF(wholes); i++)
		if (gt_str_eq(gt_str_make(plain, n), wholes[i]))
			return true;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* The name before the `:` or `=` at `at`, as in "name" : or name= */
static struct gt_str name_before(struct gt_str text, size_t at)
{
	size_t end = at, from;

	while (end && is_blank(text.p[end - 1]))
		end--;
	if (end && is_quote(text.p[end - 1]))
		end--;
	for (from = end; from && gt_is_key_char(text.p[from - 1]) && end - from < 64; from--)
		;
	return gt_str_make(text.p + from, end - from);
}

static bool is_bare_char(char c)
{
	return gt_is_token_char(c) || (c && strchr("!@#$%^*?", c));
}

static bool has_digit(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (gt_is_digit(s.p[i]))
			return true;
	return false;
}

#define VALUE_MAX 512

/* The value after the `:` or `=` at `at`. .len is 0 when it is not a secret: too short, a word, or the beginning of an
 * expression. */
static struct gt_str value_behind(struct gt_str text, size_t at)
{
	size_t from = at + 1, n = 0;
	char quote;

	while (from < text.len && (is_blank(text.p[from]) || text.p[from] == '=' || text.p[from] == '>'))
		from++;
	if (from < text.len && is_quote(text.p[from])) {
		quote = text.p[from++];
		while (from + n < text.len && n < VALUE_MAX && text.p[from + n] != quote && text.p[from + n] != '\n')
			n++;
		return gt_str_make(text.p + from, n >= 8 || (n >= 4 && has_digit(gt_str_make(text.p + from, n))) ? n : 0);
	}
	n = gt_char_run(text, from, is_bare_char);
	if (from + n < text.len && (text.p[from + n] == '(' || text.p[from + n] == '['))
		return GT_STR_NONE;
	return gt_str_make(text.p + from, n >= 6 && has_digit(gt_str_make(text.p + from, n)) ? n : 0);
}

/* Marks the password in user:password@ between "://" and the end of the authority (RFC 3986, 3.2.1). */
static void mark_userinfo(struct gt_str text, size_t at, uint8_t *marks)
{
	size_t colon = 0, i = at;

	for (; i < text.len && text.p[i] > ' ' && !strchr("/?#\"'`<>\\", text.p[i]); i++) {
		if (text.p[i] == ':' && !colon)
			colon = i;
		if (text.p[i] == '@' && colon)
			mark(marks, colon + 1, i, GT_SECRET_PASSWORD);
	}
}

static void mark_named(struct gt_str text, uint8_t *marks)
{
	for (size_t i = 0; i < text.len; i++) {
		struct gt_str value;

		if (text.p[i] != ':' && text.p[i] != '=')
			continue;
		if (gt_str_starts(gt_str_skip(text, i), GT_STR("://"))) {
			mark_userinfo(text, i + 3, marks);
			continue;
		}
		if (!gt_secret_is_name(name_before(text, i)))
			continue;
		value = value_behind(text, i);
		if (value.len)
			mark(marks, (size_t)(value.p - text.p), (size_t)(value.p - text.p) + value.len, GT_SECRET_PASSWORD);
	}
}

/* ---------------------------------------------------------------- addresses, cards, keys in PEM */

#define LOCAL_MAX  64 /* RFC 5321, 4.5.3.1 */
#define DOMAIN_MAX 255

static bool is_local_char(char c)
{
	return gt_is_alnum(c) || (unsigned char)c >= 0x80 || (c && strchr(".!#$%&'*+/=?^_{|}~-", c));
}

static bool is_domain_char(char c)
{
	return gt_is_alnum(c) || (unsigned char)c >= 0x80 || c == '-' || c == '.';
}

static void mark_emails(struct gt_str text, uint8_t *marks)
{
	for (size_t at = 0; at < text.len; at++) {
		size_t from = at, n, dot;

		if (text.p[at] != '@')
			continue;
		while (from && at - from < LOCAL_MAX && is_local_char(text.p[from - 1]))
			from--;
		n = gt_char_run(text, at + 1, is_domain_char);
		n = n > DOMAIN_MAX ? DOMAIN_MAX : n;
		while (n && (text.p[at + n] == '.' || text.p[at + n] == '-'))
			n--;
		for (dot = n; dot && text.p[at + dot] != '.'; dot--)
			;
		/* the domain has two labels or more, and the last does not begin with a digit */
		if (from < at && dot > 1 && n - dot >= 2 && !gt_is_digit(text.p[at + dot + 1]))
			mark(marks, from, at + 1 + n, GT_SECRET_EMAIL);
	}
}

/* ISO/IEC 7812-1, annex B */
static bool is_luhn(const char *digits, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(digits[n - 1 - i] - '0');

		if (i % 2)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return sum % 10 == 0;
}

#define CARD_MIN 13
#define CARD_MAX 19

/* Marks the longest card number that begins at `at`. Returns how many characters to skip. */
static size_t mark_card(struct gt_str text, size_t at, uint8_t *marks)
{
	char digits[CARD_MAX];
	size_t ends[CARD_MAX], n = 0, i = at, plain = gt_char_run(text, at, gt_is_digit);

	if (plain > CARD_MAX)
		return plain;
	for (; i < text.len && n < CARD_MAX; i++) {
		if (gt_is_digit(text.p[i])) {
			digits[n] = text.p[i];
			ends[n++] = i + 1;
		} else if ((text.p[i] != ' ' && text.p[i] != '-') || i + 1 == text.len || !gt_is_digit(text.p[i + 1])) {
			break; /* a single blank or dash separates groups */
		}
	}
	for (; n >= CARD_MIN; n--) {
		if (ends[n - 1] < text.len && gt_is_digit(text.p[ends[n - 1]]))
			continue;
		if (digits[0] < '2' || digits[0] > '6' || !is_luhn(digits, n))
			continue;
		mark(marks, at, ends[n - 1], GT_SECRET_CARD);
		return ends[n - 1] - at;
	}
	return plain;
}

static void mark_cards(struct gt_str text, uint8_t *marks)
{
	for (size_t i = 0; i < text.len;) {
		bool is_fraction = i > 1 && text.p[i - 1] == '.' && gt_is_digit(text.p[i - 2]);

		if (!gt_is_digit(text.p[i]))
			i++;
		else
			i += is_fraction ? gt_char_run(text, i, gt_is_digit) : mark_card(text, i, marks);
	}
}

#define PEM_LABEL_MAX 64

static void mark_private_keys(struct gt_str text, uint8_t *marks)
{
	static const struct gt_str begin = { "-----BEGIN ", 11 }, end = { "-----END ", 9 }, key = { "PRIVATE KEY", 11 };
	struct gt_str rest = text;

	for (;;) {
		const char *at = rest.len ? memmem(rest.p, rest.len, begin.p, begin.len) : NULL, *last;
		struct gt_str label;
		size_t from, to;

		if (!at)
			return;
		from = (size_t)(at - text.p);
		rest = gt_str_skip(text, from + begin.len);
		label = gt_str_make(rest.p, rest.len < PEM_LABEL_MAX ? rest.len : PEM_LABEL_MAX);
		if (!label.len || !memmem(label.p, label.len, key.p, key.len))
			continue;
		last = memmem(rest.p, rest.len, end.p, end.len);
		to = last ? (size_t)(last - text.p) + end.len : text.len;
		while (to < text.len && text.p[to] != '-' && text.p[to] != '\n')
			to++;
		while (to < text.len && text.p[to] == '-')
			to++;
		mark(marks, from, to, GT_SECRET_PRIVATE_KEY);
		rest = gt_str_skip(text, to);
	}
}

void gt_secret_mark(struct gt_str text, unsigned classes, uint8_t *marks)
{
	static void (*const finders[GT_SECRETS])(struct gt_str text, uint8_t *marks) = {
		[GT_SECRET_API_KEY] = mark_keys, [GT_SECRET_TOKEN] = mark_tokens, [GT_SECRET_PASSWORD] = mark_named,
		[GT_SECRET_EMAIL] = mark_emails, [GT_SECRET_CARD] = mark_cards,	  [GT_SECRET_PRIVATE_KEY] = mark_private_keys,
	};

	for (unsigned i = 0; i < GT_SECRETS; i++)
		if (classes & 1u << i)
			finders[i](text, marks);
}
