#include "exporter/base/pair_list.h"

#include "exporter/base/errors.h"

bool gt_pair_next(struct gt_str *rest, struct gt_pair *pair)
{
	struct gt_str item;

	while (gt_str_next(rest, ',', &item)) {
		size_t eq;

		item = gt_str_trim(item);
		if (!item.len)
			continue;
		eq = gt_str_find(item, '=');
		pair->has_value = eq < item.len;
		pair->key = gt_str_trim(gt_str_make(item.p, eq));
		pair->value = gt_str_trim(gt_str_skip(item, eq + 1));
		return true;
	}
	return false;
}

static int digit(char c)
{
	c = gt_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int gt_percent_decode(struct gt_arena *a, struct gt_str s, struct gt_str *out)
{
	char *p = gt_arena_copy(a, s);
	size_t len = 0;

	if (!p)
		return GT_ENOMEM;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%') {
			p[len++] = s.p[i];
			continue;
		}
		if (s.len - i < 3 || digit(s.p[i + 1]) < 0 || digit(s.p[i + 2]) < 0)
			return GT_EBAD;
		p[len++] = (char)(digit(s.p[i + 1]) * 16 + digit(s.p[i + 2]));
		i += 2;
	}
	p[len] = 0;
	*out = gt_str_make(p, len);
	return 0;
}
