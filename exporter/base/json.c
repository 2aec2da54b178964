#include "exporter/base/json.h"

#include <locale.h>

size_t gt_json_behind_string(struct gt_str s, size_t at)
{
	for (at++; at < s.len && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return at + 1;
}

bool gt_json_is_too_large(struct gt_str text)
{
	size_t n = 1, at = 0;

	if (text.len / 2 < GT_JSON_VALUES_MAX)
		return false;
	while (at < text.len && n <= GT_JSON_VALUES_MAX) {
		char c = text.p[at];

		n += c == ',' || c == '[' || c == '{'; /* an empty list counts as one value */
		at = c == '"' ? gt_json_behind_string(text, at) : at + 1;
	}
	return n > GT_JSON_VALUES_MAX;
}

cJSON *gt_json_parse(struct gt_str text)
{
	locale_t c, before;
	cJSON *json;

	if (!text.p || gt_json_is_too_large(text))
		return NULL;
	/* cJSON reads numbers with strtod, which would stop at the point of 0.7 when the application's locale has a
	 * decimal comma. The C locale is constant in libc, so nothing is allocated for it. */
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	before = uselocale(c);
	json = cJSON_ParseWithLengthOpts(text.p, text.len, NULL, false);
	uselocale(before);
	if (c)
		freelocale(c);
	return json;
}

/* Like cJSON_GetObjectItemCaseSensitive, but compares first letters before it calls strcmp: most names differ there. */
static const cJSON *member(const cJSON *object, const char *name)
{
	const cJSON *item = object->child;

	while (item && item->string && (item->string[0] != name[0] || strcmp(item->string, name) != 0))
		item = item->next;
	return item && item->string ? item : NULL;
}

const cJSON *gt_json_at(const cJSON *root, const char *path)
{
	struct gt_str rest = gt_str_of(path), part;
	char name[64];

	while (root && gt_str_next(&rest, '.', &part)) {
		uint64_t index;

		if (cJSON_IsArray(root)) {
			root = gt_str_u64(part, &index) && index < INT32_MAX ? cJSON_GetArrayItem(root, (int)index) : NULL;
			continue;
		}
		gt_str_copy(part, name, sizeof(name));
		root = cJSON_IsObject(root) ? member(root, name) : NULL;
	}
	return root;
}

bool gt_json_double(const cJSON *root, const char *path, double *out)
{
	const cJSON *v = gt_json_at(root, path);

	if (!cJSON_IsNumber(v))
		return false;
	*out = v->valuedouble;
	return true;
}

bool gt_json_int(const cJSON *root, const char *path, int64_t *out)
{
	double d;

	if (!gt_json_double(root, path, &d) || d > (double)GT_JSON_INT_MAX || d < -(double)GT_JSON_INT_MAX ||
	    (double)(int64_t)d != d)
		return false;
	*out = (int64_t)d;
	return true;
}

bool gt_json_bool(const cJSON *root, const char *path, bool *out)
{
	const cJSON *v = gt_json_at(root, path);

	if (!cJSON_IsBool(v))
		return false;
	*out = cJSON_IsTrue(v);
	return true;
}

bool gt_json_str(const cJSON *root, const char *path, struct gt_str *out)
{
	const cJSON *v = gt_json_at(root, path);

	if (!cJSON_IsString(v) || !v->valuestring || !v->valuestring[0])
		return false;
	*out = gt_str_of(v->valuestring);
	return true;
}

bool gt_json_is_array(const cJSON *root, const char *path)
{
	return cJSON_IsArray(gt_json_at(root, path));
}

bool gt_json_is_object(const cJSON *root, const char *path)
{
	return cJSON_IsObject(gt_json_at(root, path));
}

bool gt_json_has(const cJSON *root, const char *path)
{
	const cJSON *v = gt_json_at(root, path);

	return v && !cJSON_IsNull(v);
}
