#include "shim/shared/preload_list.h"

static size_t span(struct gt_str s, bool is_separator)
{
	size_t n = 0;

	while (n < s.len && (s.p[n] == ' ' || s.p[n] == ':') == is_separator)
		n++;
	return n;
}

bool gt_preload_next(struct gt_str *rest, struct gt_str *item)
{
	*rest = gt_str_skip(*rest, span(*rest, true));
	*item = gt_str_make(rest->p, span(*rest, false));
	*rest = gt_str_skip(*rest, item->len);
	return item->len > 0;
}

/* The length of the first item if it is the address sanitizer's runtime: gcc's or clang's. With its separator. */
static size_t asan_len(struct gt_str list)
{
	struct gt_str item = gt_str_make(list.p, span(list, false));

	if (!gt_str_icontains(item, GT_STR("libasan.so")) && !gt_str_icontains(item, GT_STR("libclang_rt.asan")))
		return 0;
	return item.len + span(gt_str_skip(list, item.len), true);
}

size_t gt_preload_room(struct gt_str library, struct gt_str list)
{
	return list.len + 1 + library.len + 1 + 1;
}

static char *put(char *out, struct gt_str s)
{
	if (s.len)
		memcpy(out, s.p, s.len);
	return out + s.len;
}

void gt_preload_put(char *out, struct gt_str library, struct gt_str list)
{
	size_t first = asan_len(list);

	if (first == list.len) {
		struct gt_str item = gt_str_make(list.p, span(list, false));

		out = put(out, item);
		if (item.len)
			*out++ = ':';
		out = put(out, library);
	} else {
		out = put(out, gt_str_make(list.p, first));
		out = put(out, library);
		*out++ = ':';
		out = put(out, gt_str_skip(list, first));
	}
	*out = 0;
}
