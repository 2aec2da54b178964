#include "exporter/base/utf8.h"

#define REPLACEMENT GT_STR("\xef\xbf\xbd")

size_t gt_utf8_len(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char c = p[0], low = 0x80, high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

/* The half of a surrogate pair that three bytes encode; 0: none. */
static unsigned half_at(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;

	if (left < GT_UTF8_HALF || p[0] != 0xed || p[1] < 0xa0 || p[1] > 0xbf || p[2] < 0x80 || p[2] > 0xbf)
		return 0;
	return 0xd000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

size_t gt_utf8_bad_len(const char *p, size_t left)
{
	return half_at(p, left) ? GT_UTF8_HALF : 1;
}

size_t gt_utf8_join_halves(char *p, size_t len)
{
	size_t out = 0, i = 0;

	while (i < len) {
		unsigned high = half_at(p + i, len - i), low = high ? half_at(p + i + GT_UTF8_HALF, len - i - GT_UTF8_HALF) : 0;
		unsigned c = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));

		if (high < 0xd800 || high > 0xdbff || low < 0xdc00) {
			p[out++] = p[i++];
			continue;
		}
		p[out++] = (char)(0xf0 | c >> 18);
		p[out++] = (char)(0x80 | (c >> 12 & 0x3f));
		p[out++] = (char)(0x80 | (c >> 6 & 0x3f));
		p[out++] = (char)(0x80 | (c & 0x3f));
		i += 2 * GT_UTF8_HALF;
	}
	return out;
}

bool gt_utf8_is_valid(struct gt_str s)
{
	size_t n;

	for (size_t i = 0; i < s.len; i += n) {
		n = gt_utf8_len(s.p + i, s.len - i);
		if (!n)
			return false;
	}
	return true;
}

struct gt_str gt_utf8_text(struct gt_arena *a, struct gt_str raw, uint32_t max_chars)
{
	size_t i, room = 0, out = 0;
	uint32_t chars = 0;
	char *copy;

	for (i = 0; i < raw.len && chars < max_chars; chars++) {
		size_t n = gt_utf8_len(raw.p + i, raw.len - i);

		room += n ? n : REPLACEMENT.len;
		i += n ? n : gt_utf8_bad_len(raw.p + i, raw.len - i);
	}
	copy = gt_arena_alloc(a, room + 1);
	if (!copy)
		return GT_STR_NONE;
	for (i = 0; out < room;) {
		size_t n = gt_utf8_len(raw.p + i, raw.len - i);

		memcpy(copy + out, n ? raw.p + i : REPLACEMENT.p, n ? n : REPLACEMENT.len);
		out += n ? n : REPLACEMENT.len;
		i += n ? n : gt_utf8_bad_len(raw.p + i, raw.len - i);
	}
	return gt_str_make(copy, out);
}
