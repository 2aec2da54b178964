/*
 * Arguments of a call that arrive value by value, each with the path of its place: Gemini's partialArgs.
 *
 * Strings arrive in pieces. The text of the string that is being continued is in the draft's buffer, which grows without a
 * copy for each piece.
 */
#include "exporter/base/utf8.h"
#include "exporter/content/content.h"

#define VALUES_MAX 1024 /* of one call: each is found by a walk over its neighbors */

/* ---------------------------------------------------------------- paths */

/* Cuts one step off the path: a name, or an index, whose digits are in `name`. False at the end, and for any other syntax. */
static bool next_step(struct gt_str *path, struct gt_str *name, bool *is_index)
{
	struct gt_str s = *path;
	char quote;
	size_t end;

	*is_index = false;
	if (s.len > 1 && s.p[0] == '.') {
		end = 1;
		while (end < s.len && s.p[end] != '.' && s.p[end] != '[')
			end++;
		*name = gt_str_make(s.p + 1, end - 1);
		*path = gt_str_skip(s, end);
		return name->len > 0;
	}
	if (s.len < 3 || s.p[0] != '[')
		return false;
	quote = s.p[1];
	if (quote == '\'' || quote == '"') {
		s = gt_str_skip(s, 2);
		end = gt_str_find(s, quote);
		*name = gt_str_make(s.p, end);
		*path = gt_str_skip(s, end + 2);
		return end + 1 < s.len && s.p[end + 1] == ']';
	}
	s = gt_str_skip(s, 1);
	end = gt_str_find(s, ']');
	*name = gt_str_make(s.p, end);
	*path = gt_str_skip(s, end + 1);
	*is_index = true;
	return end < s.len;
}

/* The value at one step below `in`, made when it is missing. NULL: `in` has another type, or no memory. */
static cJSON *step_into(cJSON *in, struct gt_str name, bool is_index)
{
	char text[GT_DRAFT_PATH_MAX];
	cJSON *made, *found;
	uint64_t index;

	if (!(in->type & (cJSON_Array | cJSON_Object))) /* just made */
		in->type = is_index ? cJSON_Array : cJSON_Object;
	if (is_index ? !cJSON_IsArray(in) || !gt_str_u64(name, &index) : !cJSON_IsObject(in))
		return NULL;
	gt_str_copy(name, text, sizeof(text));
	if (is_index) /* an index beyond the end means the next */
		found = index < VALUES_MAX ? cJSON_GetArrayItem(in, (int)index) : NULL;
	else
		found = cJSON_GetObjectItemCaseSensitive(in, text);
	made = found ? NULL : cJSON_CreateNull();
	if (made && !(is_index ? cJSON_AddItemToArray(in, made) : cJSON_AddItemToObject(in, text, made))) {
		cJSON_Delete(made);
		made = NULL;
	}
	return found ? found : made;
}

static cJSON *arguments_of(struct gt_draft *d)
{
	cJSON *arguments = cJSON_GetObjectItemCaseSensitive(d->part, "arguments");

	return arguments ? arguments : cJSON_AddObjectToObject(d->part, "arguments");
}

/* True for steps that can be followed to the end, at least one. */
static bool are_steps(struct gt_str path)
{
	struct gt_str name;
	uint64_t index;
	bool is_index;
	int depth = 0;

	for (; path.len; depth++)
		if (!next_step(&path, &name, &is_index) || (is_index && !gt_str_u64(name, &index)))
			return false;
	return depth > 0 && depth <= GT_CONTENT_DEPTH;
}

/* The place of a value, made when it is missing; NULL: not a path, or no memory. */
static cJSON *place_of(struct gt_draft *d, struct gt_str path)
{
	cJSON *at = arguments_of(d);
	struct gt_str name;
	bool is_index;

	if (!path.len || path.p[0] != '$' || !are_steps(gt_str_skip(path, 1)))
		return NULL;
	path = gt_str_skip(path, 1);
	while (at && path.len && next_step(&path, &name, &is_index))
		at = step_into(at, name, is_index);
	return at;
}

/* ---------------------------------------------------------------- values */

void gt_draft_end_value(struct gt_content *c, struct gt_draft *d)
{
	struct gt_str text = GT_STR("[truncated]");
	cJSON *node;

	if (!d || !d->open)
		return;
	if (!d->is_over) {
		d->text.len = gt_utf8_join_halves(d->text.data, d->text.len); /* a pair may be split over two pieces */
		text = gt_buf_str(&d->text);
	}
	node = gt_content_node(c, text);
	if (node) {
		d->open->type = cJSON_String;
		d->open->valuestring = node->valuestring;
		node->valuestring = NULL;
		cJSON_Delete(node);
	}
	d->open = NULL;
	gt_buf_reset(&d->text);
}

/* Prepares to continue the string at the path. False without such a place, or without room. */
static bool open_value(struct gt_content *c, struct gt_draft *d, struct gt_str path)
{
	cJSON *place;

	if (d->open && gt_str_eq(path, gt_str_of(d->path)))
		return true;
	gt_draft_end_value(c, d);
	if (d->values++ == VALUES_MAX)
		d->is_over = true;
	if (path.len >= sizeof(d->path) || d->is_over)
		return false;
	place = place_of(d, path);
	if (!place || place->child)
		return false;
	if (cJSON_IsString(place))
		gt_draft_add(c, d, gt_str_of(place->valuestring));
	cJSON_free(place->valuestring);
	place->valuestring = NULL;
	place->type = cJSON_NULL;
	d->open = place;
	gt_str_copy(path, d->path, sizeof(d->path));
	return true;
}

void gt_draft_add_value(struct gt_content *c, struct gt_draft *d, struct gt_str path, const cJSON *value)
{
	if (!d || !open_value(c, d, path))
		return;
	if (cJSON_IsString(value)) {
		gt_draft_add(c, d, gt_str_of(value->valuestring));
		return;
	}
	if (cJSON_IsNumber(value))
		cJSON_SetNumberHelper(d->open, value->valuedouble);
	d->open->type = cJSON_IsNumber(value) || cJSON_IsBool(value) ? value->type & 0xff : cJSON_NULL;
	d->open = NULL;
	gt_buf_reset(&d->text);
}
