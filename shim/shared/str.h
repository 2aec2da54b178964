/*
 * A slice of bytes that belong to something else: not terminated, may contain NUL, valid as long as its owner. Pure;
 * everything is inline. Case folding is ASCII only, whatever the locale.
 */
#ifndef GT_STR_H
#define GT_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct gt_str {
	const char *p;
	size_t len;
};

#define GT_STR(lit)   ((struct gt_str){ (lit), sizeof(lit) - 1 })
#define GT_STR_ARG(s) (int)(s).len, (s).p /* for "%.*s" */
#define GT_STR_NONE   ((struct gt_str){ NULL, 0 })

static inline struct gt_str gt_str_make(const char *p, size_t len)
{
	return (struct gt_str){ p, len };
}

static inline struct gt_str gt_str_of(const char *z)
{
	return (struct gt_str){ z, z ? strlen(z) : 0 };
}

static inline char gt_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool gt_str_eq(struct gt_str a, struct gt_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool gt_str_ieq(struct gt_str a, struct gt_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (gt_lower(a.p[i]) != gt_lower(b.p[i]))
			return false;
	return true;
}

static inline bool gt_str_starts(struct gt_str s, struct gt_str with)
{
	return s.len >= with.len && memcmp(s.p, with.p, with.len) == 0;
}

static inline bool gt_str_istarts(struct gt_str s, struct gt_str with)
{
	return s.len >= with.len && gt_str_ieq(gt_str_make(s.p, with.len), with);
}

static inline bool gt_str_ends(struct gt_str s, struct gt_str with)
{
	return s.len >= with.len && memcmp(s.p + s.len - with.len, with.p, with.len) == 0;
}

static inline bool gt_str_iends(struct gt_str s, struct gt_str with)
{
	return s.len >= with.len && gt_str_ieq(gt_str_make(s.p + s.len - with.len, with.len), with);
}

/* Index of the first `c`, or s.len. */
static inline size_t gt_str_find(struct gt_str s, char c)
{
	const char *q = s.len ? memchr(s.p, c, s.len) : NULL;

	return q ? (size_t)(q - s.p) : s.len;
}

/* True when `needle` occurs anywhere, ASCII case ignored. Quadratic: for short strings such as header values. */
static inline bool gt_str_icontains(struct gt_str s, struct gt_str needle)
{
	for (size_t i = 0; i + needle.len <= s.len; i++)
		if (gt_str_ieq(gt_str_make(s.p + i, needle.len), needle))
			return true;
	return false;
}

static inline struct gt_str gt_str_skip(struct gt_str s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return gt_str_make(n ? s.p + n : s.p, s.len - n); /* .p may be NULL */
}

/* Removes spaces and tabs at both ends (OWS of RFC 9110, 5.6.3). */
static inline struct gt_str gt_str_trim(struct gt_str s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Cuts the next item off `*rest` at `sep`; false when nothing is left. Does not trim items. */
static inline bool gt_str_next(struct gt_str *rest, char sep, struct gt_str *item)
{
	size_t i;

	if (!rest->p)
		return false;
	i = gt_str_find(*rest, sep);
	*item = gt_str_make(rest->p, i);
	*rest = i < rest->len ? gt_str_skip(*rest, i + 1) : GT_STR_NONE;
	return true;
}

/* Decimal digits only. Returns false on anything else, on an empty string and on overflow. */
static inline bool gt_str_u64(struct gt_str s, uint64_t *out)
{
	uint64_t v = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = (unsigned)(s.p[i] - '0');

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

/* Copies and terminates; truncates to cap - 1 bytes. `cap` is at least 1. Returns the length written. */
static inline size_t gt_str_copy(struct gt_str s, char *out, size_t cap)
{
	size_t n = s.len < cap ? s.len : cap - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
	return n;
}

/* Shell-like match with `*` and `?` only. Only the last `*` is a restart point, so the time is at most the product of
 * the lengths. */
static inline bool gt_str_glob(struct gt_str pat, struct gt_str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < s.len) {
		if (p < pat.len && pat.p[p] == '*') {
			star = p++;
			mark = i;
		} else if (p < pat.len && (pat.p[p] == '?' || pat.p[p] == s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (p < pat.len && pat.p[p] == '*')
		p++;
	return p == pat.len;
}

#endif
