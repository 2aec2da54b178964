#include "shim/rpc_scan.h"

enum wanted { NOTHING, METHOD, NEXT, TRACEPARENT };

/* values of `matched` */
enum { MESSAGE = 1, PARAMS, META };

void gt_rpc_scan_init(struct gt_rpc_scan *s)
{
	*s = (struct gt_rpc_scan){ .wanted = NOTHING };
}

static bool is_on_path(const struct gt_rpc_scan *s)
{
	return s->matched && s->depth == s->matched;
}

static enum wanted wanted_of(int inside, struct gt_str name)
{
	if (inside == MESSAGE && gt_str_eq(name, GT_STR("method")))
		return METHOD;
	if ((inside == MESSAGE && gt_str_eq(name, GT_STR("params"))) || (inside == PARAMS && gt_str_eq(name, GT_STR("_meta"))))
		return NEXT;
	return inside == META && gt_str_eq(name, GT_STR("traceparent")) ? TRACEPARENT : NOTHING;
}

static void end_string(struct gt_rpc_scan *s)
{
	struct gt_str text = gt_str_make(s->text, s->len);

	s->is_in_string = false;
	if (!is_on_path(s))
		return;
	if (s->len > sizeof(s->text))
		text.len = 0;
	if (s->is_name) {
		s->wanted = (uint8_t)wanted_of(s->matched, text);
		return;
	}
	s->has_method |= s->wanted == METHOD && s->len;
	if (s->wanted == TRACEPARENT && !s->has_context)
		s->has_context = gt_traceparent_parse(text, &s->context);
	s->wanted = NOTHING;
}

/* Consumes as much of a string as `p` holds. Returns how much. */
static size_t feed_string(struct gt_rpc_scan *s, const char *p, size_t len)
{
	bool keeps = is_on_path(s);

	for (size_t i = 0; i < len; i++) {
		char c = p[i];

		if (!s->is_escaped && c == '"') {
			end_string(s);
			return i + 1;
		}
		s->is_escaped = !s->is_escaped && c == '\\';
		if (keeps && s->len < sizeof(s->text))
			s->text[s->len++] = c;
		else if (keeps)
			s->len = sizeof(s->text) + 1;
	}
	return len;
}

static void open_value(struct gt_rpc_scan *s, bool is_object)
{
	if (!s->depth) {
		s->is_batch = !is_object;
		s->matched = is_object ? MESSAGE : 0;
	} else if (is_on_path(s) && s->wanted == NEXT && is_object) {
		s->matched++;
	}
	s->depth++;
	s->wanted = NOTHING;
	s->is_name = true;
}

static void close_value(struct gt_rpc_scan *s)
{
	if (!s->depth) {
		s->is_over = true;
		return;
	}
	if (is_on_path(s))
		s->matched--;
	s->depth--;
	s->wanted = NOTHING;
	s->is_name = false;
	s->is_over = !s->depth;
}

static void feed_char(struct gt_rpc_scan *s, char c)
{
	switch (c) {
	case '"':
		s->is_in_string = true;
		s->len = 0;
		break;
	case '{':
	case '[':
		open_value(s, c == '{');
		break;
	case '}':
	case ']':
		close_value(s);
		break;
	case ':':
		s->is_name = false;
		break;
	case ',':
		s->is_name = true;
		s->wanted = NOTHING;
		break;
	default:
		break;
	}
}

void gt_rpc_scan_feed(struct gt_rpc_scan *s, const char *p, size_t len)
{
	while (len && !s->is_over) {
		size_t used = 1;

		if (s->is_in_string)
			used = feed_string(s, p, len);
		else
			feed_char(s, *p);
		p += used;
		len -= used;
	}
}
