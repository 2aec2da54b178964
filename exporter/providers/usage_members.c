#include "exporter/providers/usage_members.h"

#include <math.h>
#include <stdio.h>

#include "shim/shared/compiler.h"

#define DEPTH_MAX 5  /* known counts are at most at the third level */
#define ITEMS_MAX 64 /* of one array: lists of modalities, of inferences */

struct known {
	const struct gt_count *rows;
	size_t n_rows;
	const char *const *others;
	size_t n_others;
};

static bool covers(const char *other, struct gt_str path)
{
	struct gt_str o = gt_str_of(other);

	if (gt_str_ends(o, GT_STR(".*"))) {
		o.len -= 2;
		return gt_str_starts(path, o) && (path.len == o.len || path.p[o.len] == '.');
	}
	return gt_str_eq(path, o);
}

static bool is_known(const struct known *k, struct gt_str path)
{
	for (size_t i = 0; i < k->n_rows; i++)
		if (gt_str_eq(path, gt_str_of(k->rows[i].path)))
			return true;
	for (size_t i = 0; i < k->n_others; i++)
		if (covers(k->others[i], path))
			return true;
	return false;
}

/* Counts of tokens, not their cost, the speed of their arrival, or what else is counted beside them. */
static bool is_count(struct gt_str path, double n)
{
	static const struct gt_str others[] = {
		{ "cost", 4 },	    { "price", 5 },	   { "per_sec", 7 },   { "_time", 5 },
		{ "time_to", 7 },   { "_ms", 3 },	   { "latency", 7 },   { "_seconds", 8 },
		{ "_requests", 9 }, { "image_count", 11 }, { "character", 9 },
	};

	if (n <= 0 || n != floor(n) || !gt_str_icontains(path, GT_STR("token")))
		return false;
	for (size_t i = 0; i < GT_COUNT_OF(others); i++)
		if (gt_str_icontains(path, others[i]))
			return false;
	return true;
}

/* `path` has room for more bytes; `len` of them are used. */
static bool has_unknown(const struct known *k, const cJSON *node, char path[256], size_t len, unsigned depth)
{
	bool is_array = cJSON_IsArray(node);
	unsigned items = 0;
	const cJSON *member;

	if (depth == DEPTH_MAX)
		return false;
	if (cJSON_IsNumber(node))
		return is_count(gt_str_make(path, len), node->valuedouble) && !is_known(k, gt_str_make(path, len));
	if (!is_array && !cJSON_IsObject(node))
		return false;
	cJSON_ArrayForEach (member, node) {
		int n = is_array ? 0 : snprintf(path + len, 256 - len, "%s%s", len ? "." : "", member->string);

		if (n < 0 || (size_t)n >= 256 - len || ++items > ITEMS_MAX)
			return false;
		if (has_unknown(k, member, path, len + (size_t)n, depth + !is_array))
			return true;
	}
	return false;
}

bool gt_usage_has_unknown(const cJSON *usage, const struct gt_count *rows, size_t n_rows, const char *const *others,
			  size_t n_others)
{
	const struct known k = { rows, n_rows, others, n_others };
	char path[256];

	return cJSON_IsObject(usage) && has_unknown(&k, usage, path, 0, 0);
}
