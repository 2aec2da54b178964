#include "reading.h"

#include <stdlib.h>

#include "mask.h"

void gt_take_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	struct gt_str s;

	if (gt_json_str(json, path, &s))
		gt_span_set_str(r->span, key, s);
}

void gt_take_first_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	if (!gt_span_has(r->span, key))
		gt_take_str(r, key, json, path);
}

void gt_take_int(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	int64_t v;

	if (gt_json_int(json, path, &v))
		gt_span_set_int(r->span, key, v);
}

void gt_take_double(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	double v;

	if (gt_json_double(json, path, &v))
		gt_span_set_double(r->span, key, v);
}

static void take_bool(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	bool v;

	if (gt_json_bool(json, path, &v))
		gt_span_set_bool(r->span, key, v);
}

#define STRS_MAX 64

void gt_take_strs(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	const cJSON *v = gt_json_at(json, path), *item;
	struct gt_str items[STRS_MAX];
	uint32_t n = 0;

	if (cJSON_IsString(v) && v->valuestring)
		items[n++] = gt_str_of(v->valuestring);
	else if (cJSON_IsArray(v))
		cJSON_ArrayForEach(item, v)
			if (cJSON_IsString(item) && item->valuestring && n < STRS_MAX)
				items[n++] = gt_str_of(item->valuestring);
	if (n)
		gt_span_set_strs(r->span, key, items, n);
}

void gt_take_all(struct gt_reading *r, const cJSON *json, const struct gt_take *rows, size_t n)
{
	for (size_t i = 0; json && i < n; i++) {
		switch (gt_attr_type(rows[i].key)) {
		case GT_VALUE_STR:
			gt_take_str(r, rows[i].key, json, rows[i].path);
			break;
		case GT_VALUE_INT:
			gt_take_int(r, rows[i].key, json, rows[i].path);
			break;
		case GT_VALUE_DOUBLE:
			gt_take_double(r, rows[i].key, json, rows[i].path);
			break;
		case GT_VALUE_BOOL:
			take_bool(r, rows[i].key, json, rows[i].path);
			break;
		case GT_VALUE_STRS:
			gt_take_strs(r, rows[i].key, json, rows[i].path);
			break;
		}
	}
}

void gt_take_tokens(int64_t *count, const cJSON *json, const char *path)
{
	int64_t v;

	if (gt_json_int(json, path, &v) && v >= 0)
		*count = v;
}

int64_t gt_tokens_sum(int64_t a, int64_t b)
{
	if (a == GT_TOKENS_NONE)
		return b;
	return b == GT_TOKENS_NONE ? a : a + b;
}

void gt_set_finish(struct gt_reading *r, int64_t choice, struct gt_str reason)
{
	if (choice < 0 || choice >= GT_CHOICES_MAX || !reason.len)
		return;
	if (!gt_str_eq(r->finish[choice], reason))
		r->finish[choice] = gt_span_text(r->span, reason, 64);
	if (choice >= (int64_t)r->choices)
		r->choices = (uint32_t)choice + 1;
}

void gt_take_finish(struct gt_reading *r, int64_t choice, const cJSON *json, const char *path)
{
	struct gt_str s;

	if (gt_json_str(json, path, &s))
		gt_set_finish(r, choice, s);
}

void gt_set_reply_error(struct gt_reading *r, struct gt_str type, struct gt_str message)
{
	char masked[2048];

	if (r->has_error)
		return;
	r->has_error = true;
	r->error_type = gt_span_text(r->span, type, 128);
	message.len = gt_mask_secrets(message, masked, sizeof(masked));
	r->error_message = gt_span_text(r->span, gt_str_make(masked, message.len), 512);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = gt_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void gt_set_decoded(struct gt_reading *r, enum gt_attr key, struct gt_str segment)
{
	char *out = malloc(segment.len + 1);
	size_t n = 0;

	if (!out)
		return;
	for (size_t i = 0; i < segment.len; i++) {
		if (segment.p[i] == '%' && i + 2 < segment.len && hex(segment.p[i + 1]) >= 0 && hex(segment.p[i + 2]) >= 0) {
			out[n++] = (char)(hex(segment.p[i + 1]) << 4 | hex(segment.p[i + 2]));
			i += 2;
		} else {
			out[n++] = segment.p[i];
		}
	}
	if (n)
		gt_span_set_str(r->span, key, gt_str_make(out, n));
	free(out);
}
