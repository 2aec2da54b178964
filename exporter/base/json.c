#include "exporter/base/json.h"

#include <locale.h>
#include <math.h>

#include "exporter/base/json_text.h"
#include "exporter/base/steps.h"

bool gt_json_is_too_large(struct gt_str text)
{
	return gt_json_text_look(text).values_max > GT_JSON_VALUES_MAX &&
	       gt_json_text_count(text, GT_JSON_VALUES_MAX) > GT_JSON_VALUES_MAX;
}

static cJSON *parse(struct gt_str text)
{
	locale_t c, before;
	cJSON *json;

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

/* Each byte can become four: [NaN is [null. */
static bool mend(struct gt_str text, struct gt_buf *out)
{
	gt_buf_init(out, text.len < SIZE_MAX / 4 ? 4 * text.len : 0);
	return gt_json_text_mend(text, out);
}

cJSON *gt_json_parse(struct gt_str text)
{
	struct gt_json_look look = gt_json_text_look(text);
	struct gt_buf mended;
	cJSON *json;

	if (!text.p ||
	    (look.values_max > GT_JSON_VALUES_MAX && gt_json_text_count(text, GT_JSON_VALUES_MAX) > GT_JSON_VALUES_MAX))
		return NULL;
	json = look.has_nul ? NULL : parse(text);
	if (json)
		return json;
	if (mend(text, &mended))
		json = parse(gt_buf_str(&mended));
	gt_buf_free(&mended);
	if (!json && look.has_nul) /* after the first value, or in a text that no application would read */
		json = parse(text);
	return json;
}

/* The last member of that name, which Python, JavaScript and Go read too. Compares first letters before it calls strcmp:
 * most names differ there. */
static const cJSON *member(const cJSON *object, const char *name)
{
	const cJSON *found = NULL;

	for (const cJSON *item = object->child; item && item->string; item = item->next) {
		GT_STEPS(1);
		if (item->string[0] == name[0] && !strcmp(item->string, name))
			found = item;
	}
	return found;
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

	if (!cJSON_IsNumber(v) || !isfinite(v->valuedouble))
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
