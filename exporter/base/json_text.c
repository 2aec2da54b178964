#include "exporter/base/json_text.h"

#include <stdint.h>

#define REPLACEMENT GT_STR("\xef\xbf\xbd")
#define ESCAPE	    6 /* bytes of \u0000 */

/* ---------------------------------------------------------------- a look */

#define BLOCK 64

/* One block, without branches, so that the compiler uses vector instructions. Reads ESCAPE - 1 bytes more. */
static void look_at_block(const char *p, struct gt_json_look *look)
{
	uint8_t values = 0, nul = 0;

	for (int i = 0; i < BLOCK; i++) {
		values = (uint8_t)(values + ((p[i] == ',') | (p[i] == '[') | (p[i] == '{')));
		nul |= (p[i] == 0) | ((p[i] == '\\') & (p[i + 1] == 'u') & (p[i + 2] == '0') & (p[i + 3] == '0') &
				      (p[i + 4] == '0') & (p[i + 5] == '0'));
	}
	look->values_max += values;
	look->has_nul |= nul != 0;
}

struct gt_json_look gt_json_text_look(struct gt_str s)
{
	struct gt_json_look look = { .values_max = 1 };
	char last[2 * BLOCK + ESCAPE];
	size_t at = 0, left;

	for (; s.len - at >= BLOCK + ESCAPE; at += BLOCK)
		look_at_block(s.p + at, &look);
	left = s.len - at;
	memset(last, ' ', sizeof(last));
	if (left)
		memcpy(last, s.p + at, left);
	look_at_block(last, &look);
	look_at_block(last + BLOCK, &look);
	return look;
}

/* ---------------------------------------------------------------- counting */

size_t gt_json_behind_string(struct gt_str s, size_t at)
{
	size_t from = at + 1;

	while (from < s.len) {
		size_t quote = from + gt_str_find(gt_str_skip(s, from), '"'), slash = quote;

		while (slash > from && s.p[slash - 1] == '\\')
			slash--;
		if (quote >= s.len || (quote - slash) % 2 == 0)
			return quote + 1;
		from = quote + 1; /* an escaped quote */
	}
	return s.len + 1;
}

size_t gt_json_text_count(struct gt_str s, size_t max)
{
	size_t n = 1, at = 0;

	while (at < s.len && n <= max) {
		char c = s.p[at];

		n += c == ',' || c == '[' || c == '{'; /* an empty list counts as one value */
		at = c == '"' ? gt_json_behind_string(s, at) : at + 1;
	}
	return n;
}

/* ---------------------------------------------------------------- mending */

struct mend {
	struct gt_str in;
	struct gt_buf *out;
	size_t at, copied; /* bytes before `copied` are in `out`, rewritten or dropped */
	size_t depth;
	bool has_changed;
};

/* Writes `with` in place of the next `len` bytes. */
static void replace(struct mend *m, size_t len, struct gt_str with)
{
	gt_buf_add(m->out, m->in.p + m->copied, m->at - m->copied);
	gt_buf_add(m->out, with.p, with.len);
	m->at += len;
	m->copied = m->at;
	m->has_changed = true;
}

/* The code unit of the escape \uXXXX at `at`; -1 without an escape. */
static int unit_at(struct gt_str s, size_t at)
{
	int unit = 0;

	if (at + ESCAPE > s.len || s.p[at] != '\\' || s.p[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + ESCAPE; i++) {
		char c = gt_lower(s.p[i]);
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_low_half(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static void mend_escape(struct mend *m)
{
	int unit = unit_at(m->in, m->at);

	if (unit < 0) {
		m->at += 2; /* \n and its kind */
	} else if (unit == 0) {
		replace(m, ESCAPE, REPLACEMENT);
	} else if (unit >= 0xd800 && unit <= 0xdbff && is_low_half(unit_at(m->in, m->at + ESCAPE))) {
		m->at += 2 * ESCAPE;
	} else if (unit >= 0xd800 && unit <= 0xdfff) {
		char half[3] = { (char)0xed, (char)(0x80 | (unit >> 6 & 0x3f)), (char)(0x80 | (unit & 0x3f)) };

		replace(m, ESCAPE, gt_str_make(half, sizeof(half)));
	} else {
		m->at += ESCAPE;
	}
}

static void mend_string(struct mend *m)
{
	for (m->at++; m->at < m->in.len && m->in.p[m->at] != '"';) {
		if (m->in.p[m->at] == '\\')
			mend_escape(m);
		else if (!m->in.p[m->at])
			replace(m, 1, REPLACEMENT);
		else
			m->at++;
	}
	m->at++;
}

/* The bytes of the list or object at `at`; all that are left when it is cut short. */
static size_t list_len(struct gt_str s, size_t at)
{
	size_t depth = 0, i = at;

	while (i < s.len) {
		char c = s.p[i];

		depth += c == '[' || c == '{';
		if ((c == ']' || c == '}') && --depth == 0)
			return i + 1 - at;
		i = c == '"' ? gt_json_behind_string(s, i) : i + 1;
	}
	return s.len - at;
}

static bool mend_word(struct mend *m)
{
	static const struct gt_str words[] = { { "NaN", 3 }, { "Infinity", 8 }, { "-Infinity", 9 } };
	struct gt_str rest = gt_str_skip(m->in, m->at);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (gt_str_starts(rest, words[i])) {
			replace(m, words[i].len, GT_STR("null"));
			return true;
		}
	}
	return false;
}

/* Goes past one character outside strings, or past one string. */
static void step(struct mend *m)
{
	switch (m->in.p[m->at]) {
	case '"':
		mend_string(m);
		return;
	case '[':
	case '{':
		if (m->depth == GT_JSON_DEPTH) {
			replace(m, list_len(m->in, m->at), GT_STR("null"));
			return;
		}
		m->depth++;
		break;
	case ']':
	case '}':
		m->depth -= m->depth > 0;
		break;
	case 'N':
	case 'I':
	case '-':
		if (mend_word(m))
			return;
		break;
	default:
		break;
	}
	m->at++;
}

bool gt_json_text_mend(struct gt_str text, struct gt_buf *out)
{
	struct mend m = { .in = text, .out = out };
	bool has_begun = false;

	while (m.at < text.len && !out->is_over && (m.depth || !has_begun)) {
		step(&m);
		has_begun |= m.depth > 0;
	}
	if (!m.has_changed)
		return false;
	if (m.at > text.len)
		m.at = text.len;
	if (m.at > m.copied)
		gt_buf_add(out, text.p + m.copied, m.at - m.copied);
	return !out->is_over;
}
