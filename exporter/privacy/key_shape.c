#include "exporter/privacy/key_shape.h"

#include "exporter/base/steps.h"
#include "exporter/base/token_char.h"

static bool is_of(char alphabet, char c)
{
	switch (alphabet) {
	case 'd':
		return gt_is_digit(c);
	case 'x':
		return gt_is_digit(c) || (gt_lower(c) >= 'a' && gt_lower(c) <= 'f');
	case 'u':
		return gt_is_digit(c) || (c >= 'A' && c <= 'Z');
	case 'w':
		return gt_is_alnum(c);
	case 'b':
		return gt_is_key_char(c);
	case 'k':
		return gt_is_key_char(c) || c == '=';
	case 'e':
		return gt_is_key_char(c) || c == '=' || c == '.';
	default: /* t */
		return gt_is_token_char(c);
	}
}

static size_t number(const char **at)
{
	size_t n = 0;

	for (; gt_is_digit(**at); ++*at)
		n = n * 10 + (size_t)(**at - '0');
	return n;
}

size_t gt_key_shape_len(const char *shape, struct gt_str text, bool *is_open)
{
	size_t at = 0;

	*is_open = false;
	while (*shape) {
		size_t least, most, n = 0;
		char alphabet;

		if (*shape != '%') {
			if (at == text.len || text.p[at] != *shape)
				return 0;
			GT_STEPS(1);
			at++;
			shape++;
			continue;
		}
		alphabet = shape[1];
		shape += 2;
		least = most = number(&shape);
		if (*shape == '-' && (gt_is_digit(shape[1]) || !shape[1])) {
			shape++;
			*is_open = !*shape;
			most = *is_open ? GT_KEY_SHAPE_MAX : number(&shape);
		}
		/* also a run without an upper limit ends, so that many keys in one text cannot each search all of it */
		while (n < most && at + n < text.len && is_of(alphabet, text.p[at + n]))
			n++;
		GT_STEPS(n + 1);
		if (n < least)
			return 0;
		at += n;
	}
	if (!*is_open && at < text.len && (gt_is_alnum(text.p[at]) || text.p[at] == '_'))
		return 0;
	return at;
}
