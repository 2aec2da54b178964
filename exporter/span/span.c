#include "exporter/span/span.h"

#include <stdlib.h>

#include "exporter/base/utf8.h"

/* characters; a description is for people, and a provider's HTML page is not */
#define STATUS_MESSAGE_MAX 512

struct gt_span *gt_span_new(const struct gt_span_limits *limits)
{
	struct gt_span *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	gt_arena_init(&s->arena, 0);
	s->limits = s->event_limits = *limits;
	s->kind = GT_KIND_CLIENT;
	return s;
}

void gt_span_free(struct gt_span *s)
{
	if (!s)
		return;
	gt_arena_free(&s->arena);
	free(s);
}

struct gt_str gt_span_text(struct gt_span *s, struct gt_str raw, uint32_t max_chars)
{
	return gt_utf8_text(&s->arena, raw, max_chars);
}

static struct gt_value *place(struct gt_span *s, enum gt_attr key)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->attributes[i].key == key)
			return &s->attributes[i].value;
	s->attributes[s->n].key = key; /* the array has room for each key once */
	return &s->attributes[s->n++].value;
}

void gt_span_set_str(struct gt_span *s, enum gt_attr key, struct gt_str value)
{
	const struct gt_value *before = gt_span_get(s, key);
	struct gt_str text;

	/* the documents of a stream repeat values: copies of each would accumulate until the span is sent */
	if (before && before->type == GT_VALUE_STR && gt_str_eq(before->str, value))
		return;
	text = gt_span_text(s, value, UINT32_MAX);
	if (text.p)
		*place(s, key) = (struct gt_value){ .type = GT_VALUE_STR, .str = text };
	else
		s->dropped++;
}

void gt_span_set_json(struct gt_span *s, enum gt_attr key, struct gt_str text)
{
	char *copy = gt_arena_copy(&s->arena, text);

	if (copy)
		*place(s, key) = (struct gt_value){ .type = GT_VALUE_JSON, .str = { copy, text.len } };
	else
		s->dropped++;
}

void gt_span_set_event_json(struct gt_span *s, enum gt_attr key, struct gt_str text)
{
	struct gt_event_text *t = gt_arena_alloc(&s->arena, sizeof(*t));
	char *copy = gt_arena_copy(&s->arena, text);

	if (!t || !copy)
		return;
	*t = (struct gt_event_text){ s->event_texts, key, { copy, text.len } };
	s->event_texts = t;
}

void gt_span_set_int(struct gt_span *s, enum gt_attr key, int64_t value)
{
	*place(s, key) = (struct gt_value){ .type = GT_VALUE_INT, .i = value };
}

void gt_span_set_double(struct gt_span *s, enum gt_attr key, double value)
{
	if (value - value == 0)
		*place(s, key) = (struct gt_value){ .type = GT_VALUE_DOUBLE, .d = value };
}

void gt_span_set_bool(struct gt_span *s, enum gt_attr key, bool value)
{
	*place(s, key) = (struct gt_value){ .type = GT_VALUE_BOOL, .b = value };
}

void gt_span_set_strs(struct gt_span *s, enum gt_attr key, const struct gt_str *items, uint32_t n)
{
	struct gt_str *copies = gt_arena_alloc(&s->arena, n * sizeof(*copies));
	struct gt_value *v;

	for (uint32_t i = 0; copies && i < n; i++) {
		copies[i] = gt_span_text(s, items[i], UINT32_MAX);
		if (!copies[i].p)
			copies = NULL;
	}
	if (!copies) {
		s->dropped++;
		return;
	}
	v = place(s, key);
	*v = (struct gt_value){ .type = GT_VALUE_STRS };
	v->strs.items = copies;
	v->strs.n = n;
}

/* `s` is valid UTF-8. */
static void cut(struct gt_str *s, uint32_t max_chars)
{
	size_t at = 0;

	while (at < s->len && max_chars--)
		at += gt_utf8_len(s->p + at, s->len - at);
	s->len = at;
}

const struct gt_value *gt_span_get(const struct gt_span *s, enum gt_attr key)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->attributes[i].key == key)
			return &s->attributes[i].value;
	return NULL;
}

bool gt_span_has(const struct gt_span *s, enum gt_attr key)
{
	return gt_span_get(s, key) != NULL;
}

struct gt_str gt_span_get_str(const struct gt_span *s, enum gt_attr key)
{
	const struct gt_value *v = gt_span_get(s, key);

	return v && v->type == GT_VALUE_STR ? v->str : GT_STR("");
}

void gt_span_set_name(struct gt_span *s, struct gt_str first, struct gt_str second)
{
	char *joined;

	/* an attribute's text is valid already; a method or a path from the wire may not be */
	first = gt_span_text(s, first, UINT32_MAX);
	second = gt_span_text(s, second, UINT32_MAX);
	joined = first.p && second.p ? gt_arena_alloc(&s->arena, first.len + second.len + 2) : NULL;

	if (!joined)
		return;
	memcpy(joined, first.p, first.len);
	if (second.len) {
		joined[first.len] = ' ';
		memcpy(joined + first.len + 1, second.p, second.len);
	}
	s->name = gt_str_make(joined, second.len ? first.len + 1 + second.len : first.len);
}

static bool is_span(const struct gt_trace_context *c, struct gt_trace_id trace_id, struct gt_span_id span_id)
{
	return memcmp(&c->trace_id, &trace_id, sizeof(trace_id)) == 0 && memcmp(&c->span_id, &span_id, sizeof(span_id)) == 0;
}

void gt_span_link(struct gt_span *s, const struct gt_trace_context *to)
{
	if (s->n_links == GT_SPAN_LINKS_MAX || is_span(to, s->context.trace_id, s->context.span_id) ||
	    is_span(to, s->context.trace_id, s->parent))
		return;
	for (uint32_t i = 0; i < s->n_links; i++)
		if (is_span(to, s->links[i].trace_id, s->links[i].span_id))
			return;
	s->links[s->n_links++] = *to;
}

void gt_span_set_error(struct gt_span *s, struct gt_str type, struct gt_str message)
{
	if (s->is_error)
		return;
	s->is_error = true;
	gt_span_set_str(s, GT_ATTR_ERROR_TYPE, type);
	s->status_message = message.len ? gt_span_text(s, message, STATUS_MESSAGE_MAX) : GT_STR_NONE;
}

/* ---------------------------------------------------------------- as the signals have them */

static const struct gt_span_limits *limits_of(const struct gt_span *s, unsigned to)
{
	return to == GT_CONTENT_TO_EVENT ? &s->event_limits : &s->limits;
}

/* The value as that signal has it, before the limits. False when it has none. */
static bool value_for(const struct gt_span *s, const struct gt_attribute *a, unsigned to, struct gt_value *out)
{
	*out = a->value;
	if (out->type != GT_VALUE_JSON)
		return true;
	for (const struct gt_event_text *t = to == GT_CONTENT_TO_EVENT ? s->event_texts : NULL; t; t = t->next) {
		if (t->key != a->key)
			continue;
		out->str = t->text;
		break;
	}
	return (s->content_to & to) && out->str.len;
}

#define STRS_MAX 128 /* no list is longer: finish reasons of all choices */

/* Cuts strings. `room` holds the list of a cut value. */
static void shorten(struct gt_value *v, uint32_t max_chars, struct gt_str room[STRS_MAX])
{
	if (max_chars == UINT32_MAX)
		return;
	if (v->type == GT_VALUE_STR)
		cut(&v->str, max_chars);
	if (v->type != GT_VALUE_STRS)
		return;
	if (v->strs.n > STRS_MAX)
		v->strs.n = STRS_MAX;
	for (uint32_t i = 0; i < v->strs.n; i++) {
		room[i] = v->strs.items[i];
		cut(&room[i], max_chars);
	}
	v->strs.items = room;
}

/* A backend that adds up the counts of all names would count twice what this kind of tokens repeats. */
static bool repeats_total(const struct gt_span *s, const struct gt_attribute *a, const struct gt_naming *naming)
{
	const struct gt_value *total = NULL;

	if (naming->generation != GT_N2 || (naming->compat & GT_COMPAT_MODALITIES))
		return false;
	if (a->key == GT_ATTR_USAGE_AUDIO_INPUT)
		total = gt_span_get(s, GT_ATTR_USAGE_INPUT_TOKENS);
	else if (a->key == GT_ATTR_USAGE_AUDIO_OUTPUT)
		total = gt_span_get(s, GT_ATTR_USAGE_OUTPUT_TOKENS);
	return total && total->i == a->value.i;
}

static void each_that_goes_to(const struct gt_span *s, unsigned to, const struct gt_naming *naming,
			      void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx)
{
	const struct gt_span_limits *limits = limits_of(s, to);
	struct gt_str room[STRS_MAX];
	const char *names[GT_NAMES_MAX];
	struct gt_value value;

	for (uint32_t i = 0, shown = 0; i < s->n && shown < limits->attributes; i++) {
		int n = gt_attr_names(s->attributes[i].key, naming, names);

		if (!value_for(s, &s->attributes[i], to, &value))
			continue;
		if (repeats_total(s, &s->attributes[i], naming))
			continue;
		shown++;
		shorten(&value, limits->value_length, room);
		for (int k = 0; k < n; k++)
			each(ctx, names[k], &value);
	}
}

static uint32_t dropped_of(const struct gt_span *s, unsigned to)
{
	uint32_t n = 0, most = limits_of(s, to)->attributes;
	struct gt_value value;

	for (uint32_t i = 0; i < s->n; i++)
		n += value_for(s, &s->attributes[i], to, &value);
	return s->dropped + (n > most ? n - most : 0);
}

uint32_t gt_span_dropped(const struct gt_span *s)
{
	return dropped_of(s, GT_CONTENT_TO_SPAN);
}

uint32_t gt_span_dropped_of_event(const struct gt_span *s)
{
	return dropped_of(s, GT_CONTENT_TO_EVENT);
}

void gt_span_each(const struct gt_span *s, const struct gt_naming *naming,
		  void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx)
{
	each_that_goes_to(s, GT_CONTENT_TO_SPAN, naming, each, ctx);
}

void gt_span_each_of_event(const struct gt_span *s, const struct gt_naming *naming,
			   void (*each)(void *ctx, const char *name, const struct gt_value *value), void *ctx)
{
	each_that_goes_to(s, GT_CONTENT_TO_EVENT, naming, each, ctx);
}
