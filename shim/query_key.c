#include "shim/query_key.h"

#include "shim/shared/compiler.h"

static bool is_key(struct gt_str pair)
{
	static const struct gt_str names[] = { { "key=", 4 }, { "api_key=", 8 }, { "apikey=", 7 }, { "access_token=", 13 } };

	for (size_t i = 0; i < GT_COUNT_OF(names); i++)
		if (gt_str_istarts(pair, names[i]))
			return true;
	return false;
}

struct gt_str gt_query_of(struct gt_str target)
{
	size_t at = gt_str_find(target, '?');

	return at < target.len ? gt_str_skip(target, at + 1) : GT_STR_NONE;
}

bool gt_query_next_key(struct gt_str *query, struct gt_str *key)
{
	struct gt_str pair;

	while (query->len && gt_str_next(query, '&', &pair)) {
		if (!is_key(pair))
			continue;
		*key = gt_str_skip(pair, gt_str_find(pair, '=') + 1);
		return true;
	}
	return false;
}

void gt_query_blank_keys(char *target, size_t len)
{
	struct gt_str query = gt_query_of(gt_str_make(target, len)), key;

	while (gt_query_next_key(&query, &key))
		memset(target + (key.p - target), '*', key.len);
}
