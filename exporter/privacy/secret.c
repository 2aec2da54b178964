#include "exporter/privacy/secret.h"

#include "exporter/privacy/api_key.h"
#include "exporter/privacy/search.h"

const char *const gt_secret_names[GT_SECRETS] = { "api_key", "token", "password", "email", "card", "private_key" };

/* ---------------------------------------------------------------- keys by their shape */

#define KEY_MIN 8 /* characters of tokens in a row, at least: before a colon in a key, there are eight */

void gt_search_api_keys(const struct gt_search *s)
{
	struct gt_run tokens = { .is = gt_is_token_char };
	struct gt_str text = s->text;

	for (size_t i = 0; i < text.len;) {
		size_t end = gt_run_end(&tokens, text, i), len;
		char before = i ? text.p[i - 1] : ' ';

		/* no key begins here or later in the run; PayPal's goes on after a sign that is not of tokens */
		if (end - i < KEY_MIN || (!gt_run_looks_random(&tokens, i) && !(end < text.len && text.p[end] == '$'))) {
			i = end > i ? end : i + 1;
			continue;
		}
		len = gt_is_alnum(before) ?
			      0 :
			      gt_api_key_len(gt_str_skip(text, i), before == '_' || before == '-' || before == '.');
		if (len)
			gt_search_mark(s, i, i + len, GT_SECRET_API_KEY);
		i += len ? len : 1;
	}
}

/* ---------------------------------------------------------------- addresses */

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

/* Marks the address with the sign of `sign` characters at `at`: @, or its code in a URL. */
static void mark_email(const struct gt_search *s, size_t at, size_t sign)
{
	struct gt_str text = s->text;
	size_t from = at, behind = at + sign, n = 0, dot;

	while (from && at - from < LOCAL_MAX && is_local_char(text.p[from - 1]))
		from--;
	while (behind + n < text.len && n < DOMAIN_MAX && is_domain_char(text.p[behind + n]))
		n++;
	GT_STEPS(at - from + n);
	while (n && (text.p[behind + n - 1] == '.' || text.p[behind + n - 1] == '-'))
		n--;
	for (dot = n; dot && text.p[behind + dot - 1] != '.'; dot--)
		;
	/* the domain has two labels or more, and the last does not begin with a digit */
	if (from < at && dot > 1 && n - dot >= 2 && !gt_is_digit(text.p[behind + dot]) &&
	    (sign == 1 || gt_is_alnum(text.p[at - 1])))
		gt_search_mark(s, from, behind + n, GT_SECRET_EMAIL);
}

void gt_search_emails(const struct gt_search *s)
{
	struct gt_str text = s->text;

	for (size_t at = 0; at < text.len; at++) {
		GT_STEPS(1);
		if (text.p[at] == '@')
			mark_email(s, at, 1);
		else if (text.p[at] == '%' && gt_str_starts(gt_str_skip(text, at), GT_STR("%40")))
			mark_email(s, at, 3);
	}
}

void gt_secret_mark(const struct gt_search *s, unsigned classes)
{
	static const struct {
		enum gt_secret what;
		void (*search)(const struct gt_search *s);
	} rows[] = {
		{ GT_SECRET_API_KEY, gt_search_api_keys },  { GT_SECRET_TOKEN, gt_search_tokens },
		{ GT_SECRET_PASSWORD, gt_search_named },    { GT_SECRET_PASSWORD, gt_search_commands },
		{ GT_SECRET_PASSWORD, gt_search_userinfo }, { GT_SECRET_EMAIL, gt_search_emails },
		{ GT_SECRET_CARD, gt_search_cards },	    { GT_SECRET_PRIVATE_KEY, gt_search_private_keys },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (classes & 1u << rows[i].what)
			rows[i].search(s);
}
