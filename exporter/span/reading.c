#include "exporter/span/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "exporter/exchange/vectors.h"
#include "exporter/privacy/mask.h"
#include "exporter/privacy/redact.h"
#include "shim/shared/match.h"

void gt_take_str(struct gt_reading *r, enum gt_attr key, const cJSON *json, const char *path)
{
	struct gt_str s;
	char digits[24];
	int64_t n;

	if (gt_json_str(json, path, &s)) {
		gt_span_set_str(r->span, key, s);
	} else if (key == GT_ATTR_RESPONSE_ID && gt_json_int(json, path, &n)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)n);
		gt_span_set_str(r->span, key, gt_str_of(digits));
	}
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
		cJSON_ArrayForEach (item, v)
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
		case GT_VALUE_JSON: /* only content.h sets these */
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

struct gt_bill_item *gt_bill_add(struct gt_reading *r, struct gt_str model)
{
	struct gt_bill_item *item;

	if (!r->bill) { /* room for all: a stream repeats its bill, and each time it is read anew */
		r->bill = gt_arena_alloc(&r->span->arena, GT_BILL_MAX * sizeof(*r->bill));
		if (r->bill)
			memset(r->bill, 0, GT_BILL_MAX * sizeof(*r->bill));
	}
	if (!r->bill || r->n_bill == GT_BILL_MAX) {
		r->has_fees = true;
		return NULL;
	}
	item = &r->bill[r->n_bill++];
	memset(&item->usage, 0xff, sizeof(item->usage)); /* all GT_TOKENS_NONE */
	item->is_own = false;
	if (!gt_str_eq(item->model, model)) /* else the copy of last time stays */
		item->model = gt_span_text(r->span, model, 128);
	return item;
}

void gt_take_tokens_field(struct gt_reading *r, int64_t *count, const char *name)
{
	uint64_t n;

	if (*count == GT_TOKENS_NONE && gt_str_u64(gt_call_response_field(r->call, name), &n) && n <= GT_JSON_INT_MAX)
		*count = (int64_t)n;
}

int64_t gt_tokens_sum(int64_t a, int64_t b)
{
	int64_t sum;

	if (a == GT_TOKENS_NONE)
		return b;
	if (b == GT_TOKENS_NONE)
		return a;
	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* The number of dimensions of one vector; 0: unknown. `bits`: of each in base64. */
static int64_t dimensions_of(const cJSON *vector, unsigned bits)
{
	size_t n;

	if (cJSON_IsArray(vector) && cJSON_IsNumber(vector->child))
		return gt_vector_len(vector);
	if (!cJSON_IsString(vector) || !vector->valuestring)
		return 0;
	n = strlen(vector->valuestring);
	while (n && vector->valuestring[n - 1] == '=')
		n--;
	return (int64_t)(n * 3 / 4 * 8 / bits);
}

void gt_take_dimensions(struct gt_reading *r, const cJSON *json, const char *path)
{
	int64_t n = dimensions_of(gt_json_at(json, path), r->vector_bits ? r->vector_bits : 32);

	if (n > 0 && !r->is_packed && !gt_span_has(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT))
		gt_span_set_int(r->span, GT_ATTR_EMBEDDINGS_DIMENSION_COUNT, n);
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

void gt_see_choice(struct gt_reading *r, int64_t choice)
{
	if (choice >= (int64_t)r->begun && choice < GT_CHOICES_MAX)
		r->begun = (uint32_t)choice + 1;
}

bool gt_choices_are_over(const struct gt_reading *r)
{
	const struct gt_value *asked = gt_span_get(r->span, GT_ATTR_REQUEST_CHOICE_COUNT);
	int64_t n = asked && asked->i > 0 && asked->i <= GT_CHOICES_MAX ? asked->i : 1;

	n = n < r->begun ? r->begun : n;
	for (int64_t i = 0; i < n; i++)
		if (!r->finish[i].len)
			return false;
	return true;
}

void gt_take_finish(struct gt_reading *r, int64_t choice, const cJSON *json, const char *path)
{
	struct gt_str s;

	if (gt_json_str(json, path, &s))
		gt_set_finish(r, choice, s);
}

#define ERROR_TYPE_MAX	  128
#define ERROR_MESSAGE_MAX 512

/* Gives the first `keep` bytes of the text without what GENTAP_REDACT hides, at most `max` characters, in the span's
 * memory. */
static struct gt_str redacted(struct gt_reading *r, struct gt_str text, size_t keep, uint32_t max)
{
	static const struct gt_redact all = { .classes = GT_SECRET_ALL };
	struct gt_str kept = GT_STR("");
	struct gt_text out;

	gt_text_init(&out, SIZE_MAX);
	gt_redact_text(r->run && r->run->redact ? r->run->redact : &all, text, keep, &out);
	if (!out.has_failed)
		kept = gt_span_text(r->span, gt_str_make(out.p, out.len), max);
	gt_text_free(&out);
	return kept;
}

void gt_set_reply_error(struct gt_reading *r, struct gt_str type, struct gt_str message)
{
	char masked[ERROR_MESSAGE_MAX + 2 * GT_SECRET_REACH];

	if (r->has_error)
		return;
	r->has_error = true;
	r->error_type = redacted(r, type, ERROR_TYPE_MAX, ERROR_TYPE_MAX);
	/* providers repeat parts of keys, which have no shape */
	message.len = gt_mask_secrets(message, masked, sizeof(masked));
	r->error_message = redacted(r, gt_str_make(masked, message.len), ERROR_MESSAGE_MAX, ERROR_MESSAGE_MAX);
}

void gt_hide_secrets(struct gt_reading *r, enum gt_attr key)
{
	struct gt_str text = gt_span_get_str(r->span, key), shown = redacted(r, text, SIZE_MAX, UINT32_MAX);

	if (!gt_str_eq(text, shown))
		gt_span_set_str(r->span, key, shown);
}

void gt_drop_usage(struct gt_reading *r)
{
	memset(&r->usage, 0xff, sizeof(r->usage)); /* all GT_TOKENS_NONE */
	r->n_bill = r->billed.n = 0;
}

bool gt_has_usage(const struct gt_reading *r)
{
	return r->usage.input != GT_TOKENS_NONE || r->usage.output != GT_TOKENS_NONE;
}

enum gt_ledger_state gt_note_operation(struct gt_reading *r, const char *kind, struct gt_str id, bool counts)
{
	char key[GT_LEDGER_KEY_MAX];
	int n;

	if (!id.len)
		return GT_LEDGER_NEW;
	n = snprintf(key, sizeof(key), "%s\n%.*s\n%.*s\n%.*s", kind, GT_STR_ARG(id), GT_STR_ARG(r->call->provider),
		     GT_STR_ARG(r->call->host));
	return gt_ledger_note(r->run->ledger, gt_str_make(key, (size_t)n < sizeof(key) ? (size_t)n : sizeof(key) - 1), counts);
}

void gt_count_once(struct gt_reading *r, const char *kind, struct gt_str id, bool is_over)
{
	bool counts = is_over && gt_has_usage(r);

	if (gt_note_operation(r, kind, id, counts) == GT_LEDGER_COUNTED || !counts)
		gt_drop_usage(r);
}

void gt_set_tier(struct gt_reading *r, struct gt_str tier)
{
	if (tier.len && !gt_str_eq(tier, r->tier))
		r->tier = gt_span_text(r->span, tier, 64);
}

void gt_take_tier(struct gt_reading *r, const cJSON *json, const char *path)
{
	struct gt_str tier;

	if (gt_json_str(json, path, &tier))
		gt_set_tier(r, tier);
}

void gt_set_stream(struct gt_reading *r)
{
	r->is_stream = true;
	gt_span_set_bool(r->span, GT_ATTR_REQUEST_STREAM, true);
}

struct gt_str gt_call_path_segment(const struct gt_call *call, const char *before)
{
	struct gt_str path = gt_target_path(call->request.target);
	size_t len = strlen(before);
	const char *at = path.len ? memmem(path.p, path.len, before, len) : NULL;

	if (!at)
		return GT_STR("");
	path = gt_str_skip(path, (size_t)(at - path.p) + len);
	return gt_str_make(path.p, gt_str_find(path, '/'));
}

bool gt_call_query(const struct gt_call *call, const char *name, struct gt_str *value)
{
	struct gt_str target = call->request.target, rest = gt_str_skip(target, gt_str_find(target, '?') + 1), item;

	rest.len = gt_str_find(rest, '#');
	while (rest.len && gt_str_next(&rest, '&', &item)) {
		size_t eq = gt_str_find(item, '=');

		if (gt_str_eq(gt_str_make(item.p, eq), gt_str_of(name))) {
			*value = gt_str_skip(item, eq + 1);
			return true;
		}
	}
	return false;
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
