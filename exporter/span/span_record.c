#include "exporter/span/span_record.h"

#include <math.h>

#include "exporter/base/utf8.h"

#define STRINGS_MAX 4096 /* of one list; a longer one is a damaged record */

static bool put(struct gt_buf *out, const void *p, size_t len)
{
	return gt_buf_add(out, p, len);
}

static bool get(struct gt_str *in, void *p, size_t len)
{
	if (in->len < len)
		return false;
	memcpy(p, in->p, len);
	*in = gt_str_skip(*in, len);
	return true;
}

/* ---------------------------------------------------------------- values */

bool gt_record_put_str(struct gt_buf *out, struct gt_str s)
{
	uint64_t len = s.len;

	return put(out, &len, sizeof(len)) && (!s.len || put(out, s.p, s.len));
}

bool gt_record_get_str(struct gt_str *in, struct gt_str *s)
{
	uint64_t len;

	if (!get(in, &len, sizeof(len)) || len > in->len)
		return false;
	*s = gt_str_make(in->p, (size_t)len);
	*in = gt_str_skip(*in, (size_t)len);
	return true;
}

bool gt_record_put_value(struct gt_buf *out, const struct gt_value *v)
{
	uint8_t type = (uint8_t)v->type;
	bool is_good = put(out, &type, sizeof(type));

	switch (v->type) {
	case GT_VALUE_INT:
		return is_good && put(out, &v->i, sizeof(v->i));
	case GT_VALUE_DOUBLE:
		return is_good && put(out, &v->d, sizeof(v->d));
	case GT_VALUE_BOOL:
		return is_good && put(out, &v->b, sizeof(v->b));
	case GT_VALUE_STRS:
		is_good = is_good && put(out, &v->strs.n, sizeof(v->strs.n));
		for (uint32_t i = 0; is_good && i < v->strs.n; i++)
			is_good = gt_record_put_str(out, v->strs.items[i]);
		return is_good;
	default: /* GT_VALUE_STR, GT_VALUE_JSON */
		return is_good && gt_record_put_str(out, v->str);
	}
}

/* A collector refuses a whole batch for one text that is not UTF-8, or a number that is not finite. */
static bool get_text(struct gt_str *in, struct gt_str *s)
{
	return gt_record_get_str(in, s) && gt_utf8_is_valid(*s);
}

static bool get_strings(struct gt_str *in, struct gt_value *v, struct gt_arena *memory)
{
	if (!get(in, &v->strs.n, sizeof(v->strs.n)) || v->strs.n > STRINGS_MAX || v->strs.n > in->len / sizeof(uint64_t))
		return false;
	v->strs.items = gt_arena_alloc(memory, (v->strs.n + 1) * sizeof(*v->strs.items));
	if (!v->strs.items)
		return false;
	for (uint32_t i = 0; i < v->strs.n; i++)
		if (!get_text(in, &v->strs.items[i]))
			return false;
	return true;
}

static bool get_bool(struct gt_str *in, bool *b)
{
	uint8_t byte;

	if (!get(in, &byte, sizeof(byte)))
		return false;
	*b = byte != 0;
	return true;
}

bool gt_record_get_value(struct gt_str *in, struct gt_value *v, struct gt_arena *memory)
{
	uint8_t type;

	if (!get(in, &type, sizeof(type)))
		return false;
	v->type = (enum gt_value_type)type;
	switch (type) {
	case GT_VALUE_INT:
		return get(in, &v->i, sizeof(v->i));
	case GT_VALUE_DOUBLE:
		return get(in, &v->d, sizeof(v->d)) && isfinite(v->d);
	case GT_VALUE_BOOL:
		return get_bool(in, &v->b);
	case GT_VALUE_STRS:
		return get_strings(in, v, memory);
	case GT_VALUE_STR:
	case GT_VALUE_JSON:
		return get_text(in, &v->str);
	default:
		return false;
	}
}

/* ---------------------------------------------------------------- spans */

/* The part of fixed size. The record's length detects a record that lost its end. */
struct fixed {
	uint64_t len; /* of the whole record */
	struct gt_trace_context context;
	struct gt_span_id parent;
	struct gt_trace_context links[GT_SPAN_LINKS_MAX];
	uint64_t start_unix_ns, end_unix_ns;
	uint32_t n_links, n, dropped, content_to;
	struct gt_span_limits limits; /* the writer's */
	uint8_t kind, parent_is_remote, is_error;
};

bool gt_span_record_write(struct gt_buf *out, const struct gt_span *s)
{
	struct fixed f;
	size_t at = out->len;
	uint64_t len;
	bool is_good;

	memset(&f, 0, sizeof(f)); /* padding too: memory of the process must not leave it */
	f.context = s->context;
	f.parent = s->parent;
	memcpy(f.links, s->links, sizeof(f.links));
	f.start_unix_ns = s->start_unix_ns;
	f.end_unix_ns = s->end_unix_ns;
	f.n_links = s->n_links;
	f.n = s->n;
	f.dropped = s->dropped;
	f.limits = s->limits;
	f.content_to = s->content_to;
	f.kind = (uint8_t)s->kind;
	f.parent_is_remote = s->parent_is_remote;
	f.is_error = s->is_error;
	is_good = put(out, &f, sizeof(f)) && gt_record_put_str(out, s->name) && gt_record_put_str(out, s->tracestate) &&
		  gt_record_put_str(out, s->status_message);
	for (uint32_t i = 0; is_good && i < s->n; i++) {
		uint32_t key = (uint32_t)s->attributes[i].key;

		is_good = put(out, &key, sizeof(key)) && gt_record_put_value(out, &s->attributes[i].value);
	}
	if (!is_good)
		return false;
	len = out->len - at;
	memcpy(out->data + at, &len, sizeof(len));
	return true;
}

static bool get_attribute(struct gt_str *in, struct gt_span *s)
{
	struct gt_attribute *a = &s->attributes[s->n];
	uint32_t key;

	if (!get(in, &key, sizeof(key)) || key >= GT_ATTR_COUNT || gt_span_has(s, (enum gt_attr)key) ||
	    !gt_record_get_value(in, &a->value, &s->arena) || a->value.type != gt_attr_type((enum gt_attr)key))
		return false;
	a->key = (enum gt_attr)key;
	s->n++;
	return true;
}

static bool get_span(struct gt_str in, struct gt_span *s)
{
	struct fixed f;
	size_t len = in.len;

	if (!get(&in, &f, sizeof(f)) || f.len != len || f.n > GT_ATTR_COUNT || f.n_links > GT_SPAN_LINKS_MAX ||
	    f.kind < GT_KIND_INTERNAL || f.kind > GT_KIND_CLIENT || f.start_unix_ns > f.end_unix_ns ||
	    f.end_unix_ns > INT64_MAX || gt_is_all_zero(f.context.trace_id.b, sizeof(f.context.trace_id.b)) ||
	    gt_is_all_zero(f.context.span_id.b, sizeof(f.context.span_id.b)))
		return false;
	s->context = f.context;
	s->parent = f.parent;
	memcpy(s->links, f.links, sizeof(s->links));
	s->start_unix_ns = f.start_unix_ns;
	s->end_unix_ns = f.end_unix_ns;
	s->n_links = f.n_links;
	s->dropped = f.dropped;
	s->limits = f.limits;
	s->content_to = f.content_to;
	s->kind = (enum gt_span_kind)f.kind;
	s->parent_is_remote = f.parent_is_remote != 0;
	s->is_error = f.is_error != 0;
	if (!get_text(&in, &s->name) || !s->name.len || !get_text(&in, &s->tracestate) || !get_text(&in, &s->status_message))
		return false;
	for (uint32_t i = 0; i < f.n; i++)
		if (!get_attribute(&in, s))
			return false;
	return in.len == 0 && (s->is_error || !gt_span_has(s, GT_ATTR_ERROR_TYPE));
}

struct gt_span *gt_span_record_read(struct gt_str in)
{
	static const struct gt_span_limits none = { GT_ATTR_COUNT, UINT32_MAX };
	struct gt_span *s = gt_span_new(&none);
	char *own;

	if (!s)
		return NULL;
	own = gt_arena_copy(&s->arena, in);
	if (!own || !get_span(gt_str_make(own, in.len), s)) {
		gt_span_free(s);
		return NULL;
	}
	return s;
}
