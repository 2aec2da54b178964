#include "base64.h"

#include "errors.h"

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

int gt_base64_decode(struct gt_arena *a, struct gt_str s, struct gt_str *out)
{
	uint32_t bits = 0;
	size_t n = 0;
	char *p;

	for (int i = 0; i < 2 && s.len && s.p[s.len - 1] == '='; i++)
		s.len--;
	if (s.len % 4 == 1)
		return GT_EBAD;
	p = gt_arena_alloc(a, s.len / 4 * 3 + 3);
	if (!p)
		return GT_ENOMEM;
	for (size_t i = 0; i < s.len; i++) {
		int d = digit(s.p[i]);

		if (d < 0)
			return GT_EBAD;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4) /* a byte is whole with each digit but the first of four */
			p[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	*out = gt_str_make(p, n);
	return 0;
}
