#include "exporter/privacy/pattern.h"

#include <locale.h>

#include "exporter/base/steps.h"

#define NODES_MAX   2000 /* the compiled form grows with the nodes: a{1000} has a thousand */
#define DEPTH_MAX   32
#define WINDOW	    4096
#define MATCHES_MAX 256 /* per window; after this many the rest of the window is hidden, which bounds the time */

/* ---------------------------------------------------------------- compiling */

/* The highest number in the interval {m}, {m,} or {m,n} at `*at`. Moves `*at` to the closing brace. */
static unsigned long interval(struct gt_str s, size_t *at)
{
	unsigned long highest = 1, n = 0;

	for (++*at; *at < s.len && s.p[*at] != '}'; ++*at) {
		n = s.p[*at] >= '0' && s.p[*at] <= '9' ? n * 10 + (unsigned long)(s.p[*at] - '0') : 0;
		n = n > NODES_MAX ? NODES_MAX + 1 : n;
		highest = n > highest ? n : highest;
	}
	return highest;
}

static size_t skip_brackets(struct gt_str s, size_t at)
{
	at += at + 1 < s.len && s.p[at + 1] == '^' ? 2 : 1;
	at += at < s.len && s.p[at] == ']'; /* a leading ] is literal */
	while (at < s.len && s.p[at] != ']') {
		/* [:class:] */
		if (s.p[at] == '[' && at + 1 < s.len && s.p[at + 1] == ':')
			at += 1 + gt_str_find(gt_str_skip(s, at + 1), ']');
		at++;
	}
	return at;
}

/* How many times the compiler writes out the operand of the operator at `*at`: x+ becomes xx*, x{2,} becomes xxx*. 0
 * when `*at` is not an operator. */
static unsigned long repeats(struct gt_str s, size_t *at)
{
	switch (s.p[*at]) {
	case '*':
	case '?':
		return 1;
	case '+':
		return 2;
	case '{':
		return 1 + interval(s, at);
	}
	return 0;
}

/* Counts the nodes of the pattern with its repetitions written out. NULL when the pattern is acceptable, else the
 * problem. */
static const char *check(struct gt_str s)
{
	unsigned long open[DEPTH_MAX] = { 0 }, last = 0;
	unsigned depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned long times;

		if (!s.p[i])
			return "is not text";
		if (s.p[i] == '\\' && i + 1 < s.len && s.p[i + 1] >= '1' && s.p[i + 1] <= '9')
			return "has a back reference, which can take forever to match";
		if (s.p[i] == '(') {
			if (++depth == DEPTH_MAX)
				return "is nested too deeply";
			open[depth] = 0;
			continue;
		}
		times = repeats(s, &i);
		if (times) {
			open[depth] += last * (times - 1);
			last *= times;
		} else {
			last = s.p[i] == ')' && depth ? open[depth--] + 1 : 1;
			open[depth] += last;
			if (s.p[i] == '\\')
				i++;
			else if (s.p[i] == '[')
				i = skip_brackets(s, i);
		}
		if (open[depth] > NODES_MAX)
			return "repeats too often";
	}
	return NULL;
}

/* Matching must not depend on the application's locale. */
static locale_t enter_locale(locale_t *before)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	*before = uselocale(c);
	return c;
}

static void leave_locale(locale_t c, locale_t before)
{
	uselocale(before);
	if (c)
		freelocale(c);
}

const char *gt_pattern_compile(struct gt_pattern *p, struct gt_str text)
{
	char terminated[GT_PATTERN_MAX + 1];
	const char *problem = !text.len ? "is empty" : text.len > GT_PATTERN_MAX ? "is longer than 512 bytes" : check(text);
	locale_t c, before;
	regmatch_t empty;
	int ret;

	if (problem)
		return problem;
	gt_str_copy(text, terminated, sizeof(terminated));
	c = enter_locale(&before);
	ret = regcomp(&p->regex, terminated, REG_EXTENDED | REG_NEWLINE);
	if (!ret && regexec(&p->regex, "", 1, &empty, 0) == 0) {
		regfree(&p->regex);
		problem = "matches the empty string, and so everywhere";
	}
	leave_locale(c, before);
	return ret ? "is not a POSIX extended regular expression" : problem;
}

void gt_pattern_free(struct gt_pattern *p)
{
	regfree(&p->regex);
}

/* ---------------------------------------------------------------- matching */

static void set(uint8_t *marks, size_t from, size_t to, uint8_t value)
{
	for (size_t i = from; i < to; i++)
		if (!marks[i])
			marks[i] = value;
}

static void mark_window(const struct gt_pattern *p, char *window, size_t len, bool is_first, uint8_t *marks, uint8_t value)
{
	size_t at = 0;
	regmatch_t m;

	for (int n = 0; at < len; n++) {
		int flags = is_first && !at ? 0 : at && window[at - 1] == '\n' ? 0 : REG_NOTBOL;

		int ret = n < MATCHES_MAX ? regexec(&p->regex, window + at, 1, &m, flags) : REG_ESPACE;

		GT_STEPS(len - at);
		if (ret == REG_NOMATCH)
			return;
		if (ret) { /* also without memory: text that cannot be searched is hidden */
			set(marks, at, len, value);
			return;
		}
		if (m.rm_eo == m.rm_so) {
			at += (size_t)m.rm_eo + 1;
			continue;
		}
		set(marks, at + (size_t)m.rm_so, at + (size_t)m.rm_eo, value);
		at += (size_t)m.rm_eo;
	}
}

void gt_pattern_mark(const struct gt_pattern *p, struct gt_str text, uint8_t *marks, uint8_t value)
{
	char window[WINDOW + 1];
	locale_t c, before;

	c = enter_locale(&before);
	for (size_t from = 0; from < text.len; from += WINDOW - GT_PATTERN_REACH) {
		size_t len = text.len - from < WINDOW ? text.len - from : WINDOW;

		for (size_t i = 0; i < len; i++)
			window[i] = text.p[from + i] ? text.p[from + i] : ' ';
		window[len] = 0;
		mark_window(p, window, len, from == 0, marks + from, value);
		if (from + len == text.len)
			break;
	}
	leave_locale(c, before);
}
