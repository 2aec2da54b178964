/*
 * Classes of characters: ASCII letters and digits in any locale, blanks and quotes, and the characters of keys and
 * tokens. Pure, inline.
 */
#ifndef GT_TOKEN_CHAR_H
#define GT_TOKEN_CHAR_H

#include "shim/shared/str.h"

static inline bool gt_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool gt_is_alnum(char c)
{
	return gt_is_digit(c) || (gt_lower(c) >= 'a' && gt_lower(c) <= 'z');
}

static inline bool gt_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A blank, or the end of a line. */
static inline bool gt_is_space(char c)
{
	return gt_is_blank(c) || c == '\n' || c == '\r';
}

/* Of JSON, programs and shells. */
static inline bool gt_is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* base64url, RFC 4648, 5 */
static inline bool gt_is_key_char(char c)
{
	return gt_is_alnum(c) || c == '_' || c == '-';
}

/* token68, RFC 9110, 11.2 */
static inline bool gt_is_token_char(char c)
{
	return gt_is_key_char(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

/* Length of the run of characters of class `is` that begins at `at`. */
static inline size_t gt_char_run(struct gt_str text, size_t at, bool (*is)(char))
{
	size_t n = at;

	while (n < text.len && is(text.p[n]))
		n++;
	return n - at;
}

/* True when `s` has a digit or a capital letter. Words of prose and of programs have neither after their beginning;
 * random strings do. */
static inline bool gt_looks_random(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (gt_is_digit(s.p[i]) || (s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return true;
	return false;
}

#endif
