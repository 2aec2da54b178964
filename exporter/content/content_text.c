#include "exporter/content/content_text.h"

#include <math.h>
#include <stdlib.h>

#include "exporter/base/steps.h"
#include "exporter/content/content.h"
#include "exporter/privacy/secret_member.h"

#define PUT(t, literal) gt_text_add(t, GT_STR(literal))

#define STRING_FLOOR 1024 /* strings are cut to this before messages are dropped */
#define STRING_LEAST 32
#define MARK_ROOM    96 /* the longest mark */

/* ---------------------------------------------------------------- one text */

struct form {
	const struct gt_redact *redact;
	size_t keep;	  /* maximum bytes of one string */
	bool only_shells; /* write messages without their parts */
};

/* Redacts into a buffer before it escapes, because an escape must not split a secret. */
static void put_string(struct gt_text *t, struct gt_str s, const struct form *f)
{
	struct gt_text plain;

	gt_text_init(&plain, SIZE_MAX);
	gt_redact_text(f->redact, s, f->keep, &plain);
	if (s.len > f->keep)
		PUT(&plain, "[truncated]");
	if (plain.has_failed)
		gt_text_json(t, GT_STR("[redacted:no_memory]"));
	else
		gt_text_json(t, plain.len ? gt_str_make(plain.p, plain.len) : GT_STR(""));
	gt_text_free(&plain);
}

/* A number can be a secret too: up to 2^53 a double holds all digits of a card number. */
static void put_number(struct gt_text *t, double v, const struct form *f)
{
	struct gt_text number, reported;
	bool is_same;

	if (v - v != 0) { /* not finite: JSON has no such number */
		PUT(t, "null");
		return;
	}
	if (fabs(v) > 9007199254740992.0) { /* 2^53: digits are lost and cannot be checked */
		if (fabs(v) < 1e19 && f->redact->classes & 1u << GT_SECRET_CARD)
			PUT(t, "\"[redacted:card]\"");
		else
			gt_text_double(t, v);
		return;
	}
	gt_text_init(&number, 64);
	gt_text_init(&reported, SIZE_MAX);
	if (v == (double)(int64_t)v)
		gt_text_int(&number, (int64_t)v);
	else
		gt_text_double(&number, v);
	gt_redact_text(f->redact, gt_str_make(number.p, number.len), SIZE_MAX, &reported);
	is_same = gt_str_eq(gt_str_make(reported.p, reported.len), gt_str_make(number.p, number.len));
	if (is_same && !reported.has_failed)
		gt_text_add(t, gt_str_make(number.p, number.len));
	else
		gt_text_json(t, reported.has_failed ? GT_STR("[redacted:no_memory]") : gt_str_make(reported.p, reported.len));
	gt_text_free(&number);
	gt_text_free(&reported);
}

static void put(struct gt_text *t, const cJSON *v, const struct form *f);

static bool hides_named(const struct form *f)
{
	return f->redact->classes & 1u << GT_SECRET_PASSWORD;
}

static void put_object(struct gt_text *t, const cJSON *v, enum gt_object_kind kind, const struct form *f)
{
	PUT(t, "{");
	for (const cJSON *item = v->child; item && !t->has_failed; item = item->next) {
		enum gt_member_kind member = hides_named(f) ? gt_secret_member_kind(item, kind) : GT_MEMBER_PLAIN;

		put_string(t, gt_str_of(item->string), f);
		PUT(t, ":");
		if (f->only_shells && !strcmp(item->string, "parts"))
			PUT(t, "[{\"type\":\"gentap.truncated\"}]");
		else if (member == GT_MEMBER_SECRET)
			PUT(t, "\"[redacted:password]\"");
		else if (member == GT_MEMBER_SCHEMA)
			put_object(t, item, GT_OBJECT_TELLING_PAIR, f);
		else
			put(t, item, f);
		if (item->next)
			PUT(t, ",");
	}
	PUT(t, "}");
}

static void put_array(struct gt_text *t, const cJSON *v, const struct form *f)
{
	PUT(t, "[");
	for (const cJSON *item = v->child; item && !t->has_failed; item = item->next) {
		if (hides_named(f) && gt_secret_is_item(item))
			PUT(t, "\"[redacted:password]\"");
		else
			put(t, item, f);
		if (item->next)
			PUT(t, ",");
	}
	PUT(t, "]");
}

static void put(struct gt_text *t, const cJSON *v, const struct form *f)
{
	GT_STEPS(1);
	if (cJSON_IsObject(v))
		put_object(t, v, hides_named(f) ? gt_secret_object_kind(v) : GT_OBJECT_PLAIN, f);
	else if (cJSON_IsArray(v))
		put_array(t, v, f);
	else if (cJSON_IsString(v))
		put_string(t, gt_str_of(v->valuestring), f);
	else if (cJSON_IsNumber(v))
		put_number(t, v->valuedouble, f);
	else
		gt_text_add(t, cJSON_IsTrue(v) ? GT_STR("true") : cJSON_IsFalse(v) ? GT_STR("false") : GT_STR("null"));
}

/* ---------------------------------------------------------------- size before writing */

/* Size in JSON, not redacted, with strings cut at `keep`. Counting stops beyond `max`. */
static size_t string_size(const char *s, size_t keep, size_t max)
{
	size_t n = 2, i = 0;

	for (; s[i] && i < keep && n <= max; i++)
		n += (unsigned char)s[i] < 0x20 ? 6 : s[i] == '"' || s[i] == '\\' ? 2 : 1;
	GT_STEPS(i + 1);
	return n + (s[i] ? sizeof("[truncated]") : 0);
}

static size_t size_of(const cJSON *v, size_t keep, size_t max)
{
	size_t n = 2;

	GT_STEPS(1);
	if (cJSON_IsString(v))
		return string_size(v->valuestring, keep, max);
	if (cJSON_IsNumber(v))
		return 24;
	if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
		return 5;
	for (const cJSON *item = v->child; item && n <= max; item = item->next)
		n += size_of(item, keep, max - n) + 1 + (item->string ? string_size(item->string, keep, max) + 1 : 0);
	return n;
}

/* ---------------------------------------------------------------- lists */

struct range {
	int n;		 /* items in the list */
	int first, last; /* items first to last - 1 are written */
};

/* Chooses as many items as fit, at least one: the newest messages, or the first of other lists. */
static struct range choose(const cJSON *list, bool newest, size_t keep, size_t max)
{
	struct range r = { .n = cJSON_GetArraySize(list) };
	size_t used = 2 + MARK_ROOM;
	const cJSON *item;

	/* in cJSON, prev of the first item is the last item */
	for (item = newest && list->child ? list->child->prev : list->child; item && r.last < r.n; r.last++) {
		used += 1 + size_of(item, keep, max);
		if (used > max && r.last)
			break;
		item = newest ? item->prev : item->next;
	}
	if (newest) {
		r.first = r.n - r.last;
		r.last = r.n;
	}
	return r;
}

static void put_left_out(struct gt_text *t, enum gt_content_kind kind, int n)
{
	gt_text_add(t, kind == GT_CONTENT_INPUT ?
			       GT_STR("{\"role\":\"other\",\"parts\":[{\"type\":\"gentap.truncated\",\"messages\":") :
		       kind == GT_CONTENT_TOOLS ? GT_STR("{\"type\":\"gentap.truncated\",\"name\":\"") :
						  GT_STR("{\"type\":\"text\",\"content\":\"[truncated: "));
	gt_text_int(t, n);
	gt_text_add(t, kind == GT_CONTENT_INPUT ? GT_STR("}]}") :
		       kind == GT_CONTENT_TOOLS ? GT_STR(" more\"}") :
						  GT_STR(" more]\"}"));
}

static void put_range(struct gt_text *t, const cJSON *list, enum gt_content_kind kind, struct range r, const struct form *f)
{
	int i = 0;
	bool some = false;

	PUT(t, "[");
	if (r.first) {
		put_left_out(t, kind, r.first);
		some = true;
	}
	for (const cJSON *item = list->child; item && !t->has_failed; item = item->next, i++) {
		if (i < r.first || i >= r.last)
			continue;
		if (some)
			PUT(t, ",");
		put(t, item, f);
		some = true;
	}
	if (r.last < r.n) {
		if (some)
			PUT(t, ",");
		put_left_out(t, kind, r.n - r.last);
	}
	PUT(t, "]");
}

/* ---------------------------------------------------------------- the whole */

static void restart(struct gt_text *t)
{
	size_t max = t->max;

	gt_text_free(t);
	gt_text_init(t, max);
}

static bool write_list(const cJSON *json, enum gt_content_kind kind, struct form *f, size_t max, struct gt_text *out)
{
	size_t room = max;

	for (f->keep = max;;) {
		bool goes = kind != GT_CONTENT_OUTPUT;
		struct range r;

		while (f->keep > STRING_FLOOR && size_of(json, f->keep, max) > room)
			f->keep /= 2;
		r = goes && f->keep <= STRING_FLOOR && size_of(json, f->keep, max) > room ?
			    choose(json, kind == GT_CONTENT_INPUT, f->keep, room) :
			    (struct range){ cJSON_GetArraySize(json), 0, cJSON_GetArraySize(json) };
		restart(out);
		put_range(out, json, kind, r, f);
		if (!out->has_failed)
			return true;
		if (!out->is_too_long)
			return false;
		/* a redaction mark may be longer than the secret, and a single item may be too long */
		if (f->keep <= STRING_LEAST)
			return false;
		f->keep /= 2;
		room = room > 4 * MARK_ROOM ? room - room / 8 : room;
	}
}

static bool write_value(const cJSON *json, struct form *f, size_t max, struct gt_text *out)
{
	for (f->keep = max; f->keep >= STRING_LEAST; f->keep /= 2) {
		if (size_of(json, f->keep, max) > max)
			continue;
		restart(out);
		put(out, json, f);
		if (!out->has_failed)
			return true;
		if (!out->is_too_long)
			return false;
	}
	return false;
}

bool gt_content_text(const cJSON *json, enum gt_content_kind kind, const struct gt_redact *redact, size_t max,
		     struct gt_text *out)
{
	struct form f = { .redact = redact };
	struct range all = { cJSON_GetArraySize(json), 0, cJSON_GetArraySize(json) };

	if (kind == GT_CONTENT_VALUE ? write_value(json, &f, max, out) : write_list(json, kind, &f, max, out))
		return true;
	restart(out);
	f.keep = STRING_LEAST;
	f.only_shells = true;
	if (kind == GT_CONTENT_VALUE)
		PUT(out, "{\"gentap.truncated\":true}");
	else if (kind == GT_CONTENT_OUTPUT)
		put_range(out, json, kind, all, &f);
	else
		put_range(out, json, kind,
			  (struct range){ all.n, kind == GT_CONTENT_INPUT ? all.n : 0, kind == GT_CONTENT_INPUT ? all.n : 0 },
			  &f);
	return !out->has_failed;
}
