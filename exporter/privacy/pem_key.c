/*
 * Private keys in PEM (RFC 7468), and what is left of them when their BEGIN or END line is missing.
 */
#include "exporter/privacy/search.h"

#define LABEL_MAX 64
#define LINE_MIN  16 /* characters of base64; lines of a key have 64, the last has fewer */

/* Is the label at `at`, up to the hyphens at its end, that of a private key? */
static bool is_of_key(struct gt_str text, size_t at)
{
	static const struct gt_str key = { "PRIVATE KEY", 11 };
	struct gt_str label = gt_str_make(text.p + at, 0);

	while (at + label.len < text.len && label.len < LABEL_MAX && text.p[at + label.len] != '\n' &&
	       !gt_str_starts(gt_str_skip(text, at + label.len), GT_STR("--")))
		label.len++;
	GT_STEPS(label.len + 1);
	return label.len && memmem(label.p, label.len, key.p, key.len);
}

/* The position of the next `what` at or after `at`, or the text's end. */
static size_t next(struct gt_str text, size_t at, struct gt_str what)
{
	const char *found = at < text.len ? memmem(text.p + at, text.len - at, what.p, what.len) : NULL;
	size_t pos = found ? (size_t)(found - text.p) : text.len;

	GT_STEPS(pos - at + 1);
	return pos;
}

/* The end of the boundary line whose label is at `at`. */
static size_t line_end(struct gt_str text, size_t at)
{
	size_t from = at;

	while (at < text.len && text.p[at] != '-' && text.p[at] != '\n')
		at++;
	while (at < text.len && text.p[at] == '-')
		at++;
	GT_STEPS(at - from);
	return at;
}

static bool is_base64(char c)
{
	return gt_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/* Where the lines of base64 begin that end at `at`, not before `least`; `at` when they are too short for a key. Only the
 * last line may be short: words of prose are. */
static size_t body_start(struct gt_str text, size_t least, size_t at)
{
	size_t start = at;
	bool has_line = false;

	for (bool is_last = true;; is_last = false) {
		size_t to = start, from;

		while (to > least && gt_is_space(text.p[to - 1]))
			to--;
		for (from = to; from > least && is_base64(text.p[from - 1]); from--)
			;
		GT_STEPS(start - from + 1);
		if (from == to || (to - from < LINE_MIN && !is_last))
			return has_line ? start : at;
		has_line |= to - from >= LINE_MIN;
		start = from;
	}
}

void gt_search_private_keys(const struct gt_search *s)
{
	static const struct gt_str begin = { "-----BEGIN ", 11 }, end = { "-----END ", 9 };
	struct gt_str text = s->text;
	size_t at = 0, begins = next(text, 0, begin), ends = next(text, 0, end);

	while (at < text.len && (begins < text.len || ends < text.len)) {
		size_t from = begins < ends ? begins : ends, to = from + end.len;

		if (from == ends && is_of_key(text, to)) { /* its BEGIN line is missing */
			to = line_end(text, to);
			gt_search_mark(s, body_start(text, at, from), to, GT_SECRET_PRIVATE_KEY);
		} else if (from == begins && is_of_key(text, from + begin.len)) {
			to = ends < text.len ? line_end(text, ends + end.len) : text.len;
			gt_search_mark(s, from, to, GT_SECRET_PRIVATE_KEY);
		}
		at = to;
		begins = begins < at ? next(text, at, begin) : begins;
		ends = ends < at ? next(text, at, end) : ends;
	}
}
