#include "shim/shared/http1.h"

#include "shim/shared/check.h"

enum {
	HEAD,
	BODY_LENGTH,
	BODY_CLOSE,
	CHUNK_SIZE,	 /* hex digits */
	CHUNK_EXTENSION, /* up to the line feed */
	CHUNK_DATA,
	CHUNK_DATA_END, /* CR LF after the data */
	TRAILER_START,	/* at the start of a trailer line */
	TRAILER_LINE,
	DONE, /* END is still to be returned */
	REFUSED,
};

/* RFC 9112 sets no limit. A longer chunk-size line or trailer section most likely means that the stream was misread. */
#define CHUNK_LINE_MAX 4096
#define TRAILER_MAX    16384

static bool is_token_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* Methods in use are short and upper case. Rejecting the rest keeps look-alike protocols out. */
static ssize_t method_len(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && ((p[i] >= 'A' && p[i] <= 'Z') || p[i] == '-' || p[i] == '_'))
		i++;
	if (i > 20 || (i < len && (p[i] != ' ' || i < 3)))
		return -1;
	return i < len ? (ssize_t)i : 0;
}

/* Can these bytes still become a first line? */
static bool may_start(enum gt_http1_side side, const char *p, size_t len)
{
	static const char version[] = "HTTP/1.";

	if (side == GT_HTTP1_REQUEST)
		return method_len(p, len) >= 0;
	return memcmp(p, version, len < sizeof(version) - 1 ? len : sizeof(version) - 1) == 0;
}

static bool parse_version(struct gt_str s, int *minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/1.", 7) != 0 || s.p[7] < '0' || s.p[7] > '9')
		return false;
	*minor = s.p[7] - '0';
	return true;
}

static bool parse_request_line(struct gt_str line, struct gt_http1_head *out)
{
	ssize_t m = method_len(line.p, line.len);
	size_t sp;

	if (m <= 0)
		return false;
	out->method = gt_str_make(line.p, (size_t)m);
	line = gt_str_skip(line, (size_t)m + 1);
	sp = gt_str_find(line, ' ');
	out->target = gt_str_make(line.p, sp);
	for (size_t i = 0; i < sp; i++)
		if ((unsigned char)line.p[i] <= 0x20 || line.p[i] == 0x7f)
			return false;
	return sp > 0 && parse_version(gt_str_skip(line, sp + 1), &out->minor);
}

static bool parse_status_line(struct gt_str line, struct gt_http1_head *out)
{
	uint64_t status;

	if (line.len < 12 || !parse_version(gt_str_make(line.p, 8), &out->minor) || line.p[8] != ' ' ||
	    (line.len > 12 && line.p[12] != ' ') || !gt_str_u64(gt_str_make(line.p + 9, 3), &status) || status < 100)
		return false;
	out->status = (int)status;
	return true;
}

bool gt_http1_next_field(struct gt_str *fields, struct gt_str *name, struct gt_str *value)
{
	struct gt_str line;

	while (gt_str_next(fields, '\n', &line)) {
		size_t colon = gt_str_find(line, ':');

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.p[0] == ' ' || line.p[0] == '\t' || colon >= line.len)
			continue;
		*name = gt_str_make(line.p, colon);
		*value = gt_str_trim(gt_str_skip(line, colon + 1));
		return true;
	}
	return false;
}

struct gt_str gt_http1_field(const struct gt_http1_head *head, struct gt_str name)
{
	struct gt_str rest = head->fields, n, v;

	while (gt_http1_next_field(&rest, &n, &v))
		if (gt_str_ieq(n, name))
			return v;
	return GT_STR_NONE;
}

/* Is "chunked" the last coding of the list? The last coding frames the body. */
static bool ends_chunked(struct gt_str list)
{
	struct gt_str item = GT_STR_NONE;

	while (gt_str_next(&list, ',', &item))
		;
	return gt_str_ieq(gt_str_trim(item), GT_STR("chunked"));
}

/* Checks every line and extracts the two fields that decide where the body ends. */
static bool parse_fields(struct gt_http1_head *out)
{
	struct gt_str rest = out->fields, line, value;
	bool frames = false; /* the current field is one of the two */

	out->content_length = GT_HTTP1_NO_LENGTH;
	out->is_chunked = false;
	while (rest.p && rest.len && gt_str_next(&rest, '\n', &line)) {
		size_t colon;

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		else
			out->has_crlf = false;
		if (line.len && (line.p[0] == ' ' || line.p[0] == '\t')) {
			/* folded line: RFC 9112, 5.2. The meaning of a folded length or coding is unclear */
			if (frames)
				return false;
			continue;
		}
		colon = gt_str_find(line, ':');
		if (colon == 0 || colon == line.len)
			return false;
		frames = false;
		for (size_t i = 0; i < colon; i++)
			if (!is_token_char(line.p[i]))
				return false;
		value = gt_str_trim(gt_str_skip(line, colon + 1));
		line.len = colon;
		if (gt_str_ieq(line, GT_STR("content-length"))) {
			struct gt_str item;
			uint64_t v;

			frames = true;
			/* "42, 42" and repeated equal fields are one length; anything else is an attack or not HTTP */
			while (gt_str_next(&value, ',', &item)) {
				if (!gt_str_u64(gt_str_trim(item), &v) || v > INT64_MAX ||
				    (out->content_length >= 0 && (uint64_t)out->content_length != v))
					return false;
				out->content_length = (int64_t)v;
			}
		} else if (gt_str_ieq(line, GT_STR("transfer-encoding"))) {
			frames = true;
			out->is_chunked = ends_chunked(value);
		}
	}
	return true;
}

static bool has_coding(const struct gt_http1_head *head)
{
	return gt_http1_field(head, GT_STR("transfer-encoding")).p != NULL;
}

/* A request with both framings looks like request smuggling. A request with another coding has no detectable end. */
static bool has_an_end(const struct gt_http1_head *head)
{
	return !has_coding(head) || (head->is_chunked && head->content_length < 0);
}

ssize_t gt_http1_parse_head(enum gt_http1_side side, const char *p, size_t len, size_t *scanned, struct gt_http1_head *out)
{
	size_t from = scanned && *scanned > 3 && *scanned <= len ? *scanned - 3 : 0;
	const char *q, *end = NULL;
	struct gt_str line;
	size_t eol;

	if (!len)
		return 0; /* `p` may be NULL then */
	if (!may_start(side, p, len))
		return -1;
	q = p + from;
	while (!end && (q = memchr(q, '\n', (size_t)(p + len - q)))) {
		if (q + 1 < p + len && q[1] == '\n')
			end = q + 1;
		else if (q + 2 < p + len && q[1] == '\r' && q[2] == '\n')
			end = q + 1;
		q++;
	}
	if (!end) {
		/* reject early when the first line is complete and is not HTTP */
		eol = gt_str_find(gt_str_make(p, len), '\n');
		if (from < eol && eol < len) {
			struct gt_http1_head probe;

			line = gt_str_make(p, eol && p[eol - 1] == '\r' ? eol - 1 : eol);
			if (!(side == GT_HTTP1_REQUEST ? parse_request_line(line, &probe) : parse_status_line(line, &probe)))
				return -1;
		}
		if (scanned)
			*scanned = len;
		return 0;
	}
	*out = (struct gt_http1_head){ .insert_at = (size_t)(end - p), .has_crlf = *end == '\r' };
	out->len = out->insert_at + (out->has_crlf ? 2 : 1);
	eol = gt_str_find(gt_str_make(p, len), '\n');
	if (!eol || p[eol - 1] != '\r')
		out->has_crlf = false;
	line = gt_str_make(p, eol && p[eol - 1] == '\r' ? eol - 1 : eol);
	if (!(side == GT_HTTP1_REQUEST ? parse_request_line(line, out) : parse_status_line(line, out)))
		return -1;
	out->fields = gt_str_make(p + eol + 1, out->insert_at - eol - 1);
	return parse_fields(out) && (side == GT_HTTP1_RESPONSE || has_an_end(out)) ? (ssize_t)out->len : -1;
}

void gt_http1_init(struct gt_http1 *h, enum gt_http1_side side, uint32_t head_max)
{
	*h = (struct gt_http1){ .side = (uint8_t)side, .head_max = head_max, .state = HEAD };
}

static ssize_t refuse(struct gt_http1 *h)
{
	h->state = REFUSED;
	return -1;
}

/* RFC 9112, 6.3: where the body of the message with this head ends. */
static void choose_body(struct gt_http1 *h, const struct gt_http1_head *head)
{
	h->left = 0;
	h->line = 0;
	if (h->side == GT_HTTP1_REQUEST) {
		h->state = head->is_chunked ? CHUNK_SIZE : head->content_length > 0 ? BODY_LENGTH : DONE;
		h->left = head->content_length > 0 && !head->is_chunked ? (uint64_t)head->content_length : 0;
		return;
	}
	if (h->has_no_body || head->status < 200 || head->status == 204 || head->status == 304) {
		h->state = DONE;
	} else if (head->is_chunked) {
		h->state = CHUNK_SIZE;
	} else if (!has_coding(head) && head->content_length >= 0) {
		h->left = (uint64_t)head->content_length;
		h->state = h->left ? BODY_LENGTH : DONE;
	} else {
		h->state = BODY_CLOSE;
	}
}

static ssize_t feed_head(struct gt_http1 *h, const char *p, size_t len, struct gt_http1_event *ev)
{
	size_t skip = 0;
	ssize_t n;

	/* RFC 9112, 2.2: ignore empty lines before a request */
	if (h->side == GT_HTTP1_REQUEST && h->scanned == 0)
		while (skip < len && (p[skip] == '\r' || p[skip] == '\n'))
			skip++;
	n = gt_http1_parse_head(h->side, p + skip, len - skip, &h->scanned, &ev->head);
	if (n < 0 || (size_t)n > h->head_max || (n == 0 && len - skip >= h->head_max))
		return refuse(h);
	if (n > 0) {
		h->scanned = 0;
		choose_body(h, &ev->head);
		ev->kind = GT_HTTP1_HEAD;
	}
	return (ssize_t)skip + n;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = gt_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the framing around chunks. `line` counts the size digits first, then all bytes of the line. */
static bool step_chunk_framing(struct gt_http1 *h, char c)
{
	int digit;

	switch (h->state) {
	case CHUNK_SIZE:
		digit = hex_value(c);
		if (digit >= 0) {
			if (h->left >> 60)
				return false;
			h->left = h->left << 4 | (unsigned)digit;
			return ++h->line <= CHUNK_LINE_MAX;
		}
		if (!h->line || (c != '\r' && c != '\n' && c != ';' && c != ' ' && c != '\t'))
			return false;
		h->state = CHUNK_EXTENSION;
		/* fall through */
	case CHUNK_EXTENSION:
		if (c == '\n') {
			h->line = 0;
			h->state = h->left ? CHUNK_DATA : TRAILER_START;
		}
		return ++h->line <= CHUNK_LINE_MAX;
	case CHUNK_DATA_END:
		if (c == '\n') {
			h->state = CHUNK_SIZE;
			h->line = 0;
			h->left = 0;
			return true;
		}
		return c == '\r' && h->line++ == 0;
	case TRAILER_START:
		if (c == '\n')
			h->state = DONE;
		else if (c != '\r')
			h->state = TRAILER_LINE;
		return ++h->line <= TRAILER_MAX;
	default: /* TRAILER_LINE */
		if (c == '\n')
			h->state = TRAILER_START;
		return ++h->line <= TRAILER_MAX;
	}
}

static ssize_t feed_chunked(struct gt_http1 *h, const char *p, size_t len, struct gt_http1_event *ev)
{
	size_t i = 0;

	while (i < len && h->state != CHUNK_DATA && h->state != DONE)
		if (!step_chunk_framing(h, p[i++]))
			return refuse(h);
	if (h->state == CHUNK_DATA && i < len) {
		size_t n = len - i < h->left ? len - i : (size_t)h->left;

		ev->kind = GT_HTTP1_DATA;
		ev->data = gt_str_make(p + i, n);
		h->left -= n;
		if (!h->left) {
			h->state = CHUNK_DATA_END;
			h->line = 0;
		}
		i += n;
	}
	return (ssize_t)i;
}

ssize_t gt_http1_feed(struct gt_http1 *h, const char *p, size_t len, struct gt_http1_event *ev)
{
	ssize_t used;
	size_t n;

	ev->kind = GT_HTTP1_MORE;
	switch (h->state) {
	case HEAD:
		return len ? feed_head(h, p, len, ev) : 0;
	case BODY_LENGTH:
	case BODY_CLOSE:
		if (!len)
			return 0;
		n = h->state == BODY_CLOSE || len < h->left ? len : (size_t)h->left;
		ev->kind = GT_HTTP1_DATA;
		ev->data = gt_str_make(p, n);
		if (h->state == BODY_LENGTH) {
			h->left -= n;
			if (!h->left)
				h->state = DONE;
		}
		return (ssize_t)n;
	case DONE:
		h->state = HEAD;
		ev->kind = GT_HTTP1_END;
		return 0;
	case REFUSED:
		return -1;
	default:
		used = feed_chunked(h, p, len, ev);
		if (used >= 0 && h->state == DONE && ev->kind == GT_HTTP1_MORE) {
			h->state = HEAD;
			ev->kind = GT_HTTP1_END;
		}
		return used;
	}
}

bool gt_http1_wants_head(const struct gt_http1 *h)
{
	return h->state == HEAD;
}

bool gt_http1_skip(struct gt_http1 *h, uint64_t n)
{
	if (h->state == BODY_CLOSE)
		return true;
	if (h->state != BODY_LENGTH || n > h->left)
		return false;
	h->left -= n;
	if (!h->left)
		h->state = DONE;
	return true;
}

bool gt_http1_close(struct gt_http1 *h)
{
	bool whole = h->state == BODY_CLOSE || h->state == DONE;

	h->state = REFUSED;
	return whole;
}
