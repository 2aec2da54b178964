#include "exporter/exchange/stream.h"

#include "exporter/base/steps.h"

/* Applies to lines that need no buffer too: what is lost must not depend on how the input is cut. */
static bool is_too_long(const struct gt_buf *begun, struct gt_str rest)
{
	return rest.len > begun->max - begun->len;
}

/* ---------------------------------------------------------------- Server-Sent Events */

void gt_sse_init(struct gt_sse *s, size_t max)
{
	*s = (struct gt_sse){ .has_data = false };
	gt_buf_init(&s->line, max);
	gt_buf_init(&s->data, max);
}

void gt_sse_free(struct gt_sse *s)
{
	gt_buf_free(&s->line);
	gt_buf_free(&s->data);
}

static void dispatch(struct gt_sse *s, gt_stream_out *out, void *ctx)
{
	if (s->data.is_over)
		s->lost++;
	else if (s->has_data)
		out(ctx, gt_str_make(s->event, s->event_len), gt_str_make(s->data.data ? s->data.data : "", s->data.len));
	gt_buf_reset(&s->data);
	s->has_data = s->is_bare = false;
	s->event_len = 0;
}

static void add_data(struct gt_sse *s, struct gt_str value)
{
	if (s->has_data)
		gt_buf_add(&s->data, "\n", 1);
	gt_buf_add(&s->data, value.p, value.len);
	s->has_data = true;
}

static void set_event(struct gt_sse *s, struct gt_str name)
{
	s->event_len = name.len < sizeof(s->event) ? name.len : sizeof(s->event);
	memcpy(s->event, name.p, s->event_len);
}

static bool begins_json(struct gt_str s)
{
	return s.len && (s.p[0] == '{' || s.p[0] == '[');
}

static bool is_known_field(struct gt_str line)
{
	static const struct gt_str names[] = { { ":", 1 }, { "data:", 5 }, { "event:", 6 }, { "id:", 3 }, { "retry:", 6 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (gt_str_starts(line, names[i]))
			return true;
	return false;
}

static void field(struct gt_sse *s, struct gt_str line)
{
	size_t colon = gt_str_find(line, ':');
	struct gt_str name = gt_str_make(line.p, colon), value = gt_str_skip(line, colon + 1);

	if (colon == 0)
		return; /* a comment */
	if (value.len && value.p[0] == ' ')
		value = gt_str_skip(value, 1);
	if (gt_str_eq(name, GT_STR("data"))) {
		add_data(s, value);
	} else if (gt_str_eq(name, GT_STR("event"))) {
		set_event(s, value);
	} else if (gt_str_eq(name, GT_STR("id"))) {
		s->has_id |= value.len > 0;
	} else if (gt_str_eq(name, GT_STR("error")) && begins_json(value)) {
		set_event(s, name);
		add_data(s, value);
	}
}

static void line(struct gt_sse *s, struct gt_str text, gt_stream_out *out, void *ctx)
{
	if (!s->has_started) {
		s->has_started = true;
		if (gt_str_starts(text, GT_STR("\xef\xbb\xbf"))) /* a byte order mark */
			text = gt_str_skip(text, 3);
	}
	if (s->is_bare && is_known_field(text))
		dispatch(s, out, ctx);
	s->is_bare |= !s->has_data && begins_json(text);
	if (!text.len)
		dispatch(s, out, ctx);
	else if (s->is_bare)
		add_data(s, text);
	else
		field(s, text);
}

/* Ends a line with `rest`, which is a whole line when none has begun. */
static void end_line(struct gt_sse *s, struct gt_str rest, gt_stream_out *out, void *ctx)
{
	if (s->is_skipping || is_too_long(&s->line, rest) || (s->line.len && !gt_buf_add(&s->line, rest.p, rest.len))) {
		s->data.is_over = true; /* the event is incomplete: dispatch drops it */
		s->has_started = true;
		s->is_skipping = false;
		gt_buf_reset(&s->line);
		return;
	}
	line(s, s->line.len ? gt_buf_str(&s->line) : rest, out, ctx);
	gt_buf_reset(&s->line);
}

/* Index of the first CR or LF. `*lf` is the first LF at or after `p`, or the end of the input: a piece with many lines that
 * end in CR is not searched for its LF once a line. */
static size_t line_end(const char *p, size_t len, const char **lf)
{
	const char *cr;

	if (!*lf || *lf < p) {
		*lf = memchr(p, '\n', len);
		GT_STEPS(*lf ? (size_t)(*lf - p) + 1 : len);
		if (!*lf)
			*lf = p + len;
	}
	len = (size_t)(*lf - p);
	cr = memchr(p, '\r', len);
	GT_STEPS(cr ? (size_t)(cr - p) + 1 : len);
	return cr ? (size_t)(cr - p) : len;
}

void gt_sse_feed(struct gt_sse *s, const char *p, size_t len, gt_stream_out *out, void *ctx)
{
	const char *lf = NULL;

	while (len) {
		size_t n;

		if (s->is_after_cr && *p == '\n') {
			s->is_after_cr = false;
			p++;
			len--;
			continue;
		}
		s->is_after_cr = false;
		n = line_end(p, len, &lf);
		if (n == len) {
			if (!s->is_skipping && !gt_buf_add(&s->line, p, len))
				s->is_skipping = true;
			return;
		}
		end_line(s, gt_str_make(p, n), out, ctx);
		s->is_after_cr = p[n] == '\r';
		p += n + 1;
		len -= n + 1;
	}
}

void gt_sse_end(struct gt_sse *s, gt_stream_out *out, void *ctx)
{
	if (s->line.len || s->is_skipping)
		end_line(s, GT_STR(""), out, ctx);
	dispatch(s, out, ctx);
}

/* ---------------------------------------------------------------- newline-delimited JSON */

void gt_ndjson_init(struct gt_ndjson *s, size_t max)
{
	*s = (struct gt_ndjson){ .is_skipping = false };
	gt_buf_init(&s->line, max);
}

void gt_ndjson_free(struct gt_ndjson *s)
{
	gt_buf_free(&s->line);
}

static void give_line(struct gt_ndjson *s, struct gt_str rest, gt_stream_out *out, void *ctx)
{
	struct gt_str text = rest;

	if (s->is_skipping || is_too_long(&s->line, rest) || (s->line.len && !gt_buf_add(&s->line, rest.p, rest.len))) {
		s->lost++;
		s->is_skipping = false;
		gt_buf_reset(&s->line);
		return;
	}
	if (s->line.len)
		text = gt_buf_str(&s->line);
	if (text.len && text.p[text.len - 1] == '\r')
		text.len--;
	if (gt_str_trim(text).len)
		out(ctx, GT_STR(""), text);
	gt_buf_reset(&s->line);
}

void gt_ndjson_feed(struct gt_ndjson *s, const char *p, size_t len, gt_stream_out *out, void *ctx)
{
	const char *lf;

	while (len && (lf = memchr(p, '\n', len))) {
		GT_STEPS((size_t)(lf - p) + 1);
		give_line(s, gt_str_make(p, (size_t)(lf - p)), out, ctx);
		len -= (size_t)(lf + 1 - p);
		p = lf + 1;
	}
	if (len && !s->is_skipping && !gt_buf_add(&s->line, p, len))
		s->is_skipping = true;
}

void gt_ndjson_end(struct gt_ndjson *s, gt_stream_out *out, void *ctx)
{
	if (s->line.len || s->is_skipping)
		give_line(s, GT_STR(""), out, ctx);
}

/* ---------------------------------------------------------------- one JSON array */

/* Length of the object at the beginning of `s`, or 0 when it is incomplete. */
static size_t object_len(struct gt_str s)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{') {
			depth++;
		} else if (c == '}' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

void gt_array_split(struct gt_str text, gt_stream_out *out, void *ctx)
{
	while (text.len && strchr("[, \t\r\n", text.p[0]))
		text = gt_str_skip(text, 1);
	while (text.len && text.p[0] == '{') {
		size_t n = object_len(text);

		if (!n)
			return;
		out(ctx, GT_STR(""), gt_str_make(text.p, n));
		text = gt_str_skip(text, n);
		while (text.len && strchr(", \t\r\n", text.p[0]))
			text = gt_str_skip(text, 1);
	}
}
