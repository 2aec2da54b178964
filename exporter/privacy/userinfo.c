/*
 * Passwords in URLs: user:password@ between "://" and the end of the authority (RFC 3986, 3.2.1).
 *
 * People do not always write the codes that the RFC wants, so a password may have any character but blanks, quotes and
 * brackets. Redis takes a password without a user name, and code hosts take a token as the user name.
 */
#include "exporter/privacy/search.h"
#include "shim/shared/compiler.h"

#define SCHEME_MAX   16
#define USERINFO_MAX 256 /* bytes */
#define ALONE_MIN    16	 /* a user name of this length with a digit in it is a token */

/* Schemes whose userinfo is a password even without a colon. */
static bool takes_password_alone(struct gt_str text, size_t at)
{
	static const struct gt_str schemes[] = { { "redis", 5 }, { "rediss", 6 }, { "valkey", 6 }, { "valkeys", 7 } };
	size_t from = at;

	while (from && at - from < SCHEME_MAX && gt_is_alnum(text.p[from - 1]))
		from--;
	GT_STEPS(at - from + 1);
	for (size_t i = 0; i < GT_COUNT_OF(schemes); i++)
		if (gt_str_ieq(gt_str_make(text.p + from, at - from), schemes[i]))
			return true;
	return false;
}

static bool has_digit(struct gt_str text, size_t from, size_t to)
{
	GT_STEPS(to - from);
	for (size_t i = from; i < to; i++)
		if (gt_is_digit(text.p[i]))
			return true;
	return false;
}

/* Marks what is secret in the authority at `at`, after the "://" at `scheme_end`. */
static void mark_authority(const struct gt_search *s, size_t scheme_end, size_t at)
{
	struct gt_str text = s->text;
	size_t colon = 0, sign = 0, i = at;
	bool is_port = true;

	for (; i < text.len && i - at < USERINFO_MAX; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || memchr("\"'`<>\\", c, 6) || (c == '[' && i == at))
			break;
		/* a slash ends the authority, unless it is in a password; after a colon, only digits can be a port */
		if (memchr("/?#", c, 3) && (!colon || sign || is_port))
			break;
		is_port &= !colon || gt_is_digit((char)c);
		if (c == ':' && !colon && !sign)
			colon = i;
		if (c == '@')
			sign = i;
	}
	GT_STEPS(i - at + 1);
	if (!sign)
		return;
	if (colon && colon + 1 < sign)
		gt_search_mark(s, colon + 1, sign, GT_SECRET_PASSWORD);
	else if (takes_password_alone(text, scheme_end))
		gt_search_mark(s, at, colon ? colon : sign, GT_SECRET_PASSWORD);
	if ((!colon || sign - colon < 2) && sign - at >= ALONE_MIN && has_digit(text, at, sign))
		gt_search_mark(s, at, colon ? colon : sign, GT_SECRET_PASSWORD);
}

void gt_search_userinfo(const struct gt_search *s)
{
	static const struct gt_str slashes = { "://", 3 };

	for (size_t i = 0; i < s->text.len; i++) {
		GT_STEPS(1);
		if (s->text.p[i] != ':' || !gt_str_starts(gt_str_skip(s->text, i), slashes))
			continue;
		mark_authority(s, i, i + slashes.len);
		i += slashes.len - 1;
	}
}
