#include "shim/http2_head.h"

#include "shim/query_key.h"
#include "shim/shared/read_fields.h"

#define VERSION " HTTP/1.1\r\n" /* the exporter parses heads in this form */
#define HOST	"host: "
#define END	"\r\n"

void gt_http2_head_begin(struct gt_http2_head *h)
{
	h->view = (struct gt_request_view){ .method = GT_STR_NONE };
	h->ends_in_pseudo = h->has_gap = false;
	h->status = 0;
	h->lines = 0;
	h->aside = sizeof(h->text);
}

/* Nothing that ends a line, or a word where `is_word`. */
static bool is_safe(struct gt_str s, bool is_word)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0 || (is_word && (s.p[i] == ' ' || s.p[i] == '\t')))
			return false;
	return true;
}

static size_t room(const struct gt_http2_head *h)
{
	return h->aside - h->lines;
}

/* Keeps a value at the end of the text. .p is NULL without room. */
static struct gt_str put_aside(struct gt_http2_head *h, struct gt_str value)
{
	if (value.len > room(h)) {
		h->has_gap = true;
		return GT_STR_NONE;
	}
	h->aside -= (uint32_t)value.len;
	if (value.len)
		memcpy(h->text + h->aside, value.p, value.len);
	return gt_str_make(h->text + h->aside, value.len);
}

static char *put(char *to, struct gt_str s)
{
	if (s.len)
		memcpy(to, s.p, s.len);
	return to + s.len;
}

/* A line of the head. Gives its value, or nothing when it does not fit. */
static struct gt_str put_line(struct gt_http2_head *h, struct gt_str name, struct gt_str value)
{
	char *to = h->text + h->lines, *kept;

	if (name.len + value.len + 4 > room(h)) {
		h->has_gap = true;
		return GT_STR_NONE;
	}
	kept = to = put(put(to, name), GT_STR(": "));
	to = put(put(to, value), GT_STR(END));
	h->lines = (uint32_t)(to - h->text);
	return gt_str_make(kept, value.len);
}

/* RFC 9113, 8.3 */
static void pseudo(struct gt_http2_head *h, struct gt_str name, struct gt_str value)
{
	uint64_t status;

	if (!is_safe(value, true)) {
		h->has_gap = true;
		return;
	}
	if (gt_str_eq(name, GT_STR(":method")))
		h->view.method = put_aside(h, value);
	else if (gt_str_eq(name, GT_STR(":path")))
		h->view.target = put_aside(h, value);
	else if (gt_str_eq(name, GT_STR(":authority")))
		h->view.host = put_aside(h, value);
	else if (gt_str_eq(name, GT_STR(":status")) && gt_str_u64(value, &status) && status >= 100 && status <= 999)
		h->status = (int)status;
}

void gt_http2_head_field(void *ctx, struct gt_str name, struct gt_str value)
{
	struct gt_http2_head *h = ctx;

	h->ends_in_pseudo = name.len && name.p[0] == ':';
	if (h->ends_in_pseudo) {
		pseudo(h, name, value);
		return;
	}
	if (!is_safe(value, false)) {
		h->has_gap = true;
		return;
	}
	if (gt_str_eq(name, GT_STR("host"))) {
		if (!h->view.host.p)
			h->view.host = put_aside(h, value);
		return;
	}
	if (gt_field_is_read(name))
		value = put_line(h, name, value);
	else if (gt_str_eq(name, GT_STR("accept")) || gt_str_eq(name, GT_STR("tracestate")))
		value = put_aside(h, value);
	if (value.p)
		gt_request_view_field(&h->view, name, value);
}

bool gt_http2_head_is_grpc(const struct gt_http2_head *h)
{
	return gt_str_istarts(h->view.content_type, GT_STR("application/grpc"));
}

size_t gt_http2_head_len(const struct gt_http2_head *h)
{
	size_t lines = h->lines + sizeof(END) - 1;

	if (h->status)
		return sizeof("HTTP/1.1 200 \r\n") - 1 + lines;
	return h->view.method.len + 1 + h->view.target.len + sizeof(VERSION) - 1 + sizeof(HOST) - 1 + h->view.host.len +
	       sizeof(END) - 1 + lines;
}

void gt_http2_head_write(const struct gt_http2_head *h, char *out)
{
	if (h->status) {
		char code[] = { (char)('0' + h->status / 100), (char)('0' + h->status / 10 % 10),
				(char)('0' + h->status % 10) };

		out = put(put(put(out, GT_STR("HTTP/1.1 ")), gt_str_make(code, sizeof(code))), GT_STR(" \r\n"));
	} else {
		char *target = put(put(out, h->view.method), GT_STR(" "));

		out = put(target, h->view.target);
		gt_query_blank_keys(target, h->view.target.len);
		out = put(put(put(out, GT_STR(VERSION HOST)), h->view.host), GT_STR(END));
	}
	put(put(out, gt_str_make(h->text, h->lines)), GT_STR(END));
}
