#include "shim/http2_frames.h"

/* RFC 9113, 6 */
enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION, KNOWN };
enum { END_STREAM = 0x1, END_HEADERS = 0x4, PADDED = 0x8, HAS_PRIORITY = 0x20 };

enum { PREFACE, HEAD, PREFIX, CONTENT, PADDING };

/* On which streams a frame may be, and the length of its payload where it is fixed. */
static const struct shape {
	bool is_of_stream, is_of_connection;
	uint8_t len, at_least;
} shapes[KNOWN] = {
	[DATA] = { true, false, 0, 0 },		[HEADERS] = { true, false, 0, 0 },  [PRIORITY] = { true, false, 5, 0 },
	[RST_STREAM] = { true, false, 4, 0 },	[SETTINGS] = { false, true, 0, 0 }, [PUSH_PROMISE] = { true, false, 0, 4 },
	[PING] = { false, true, 8, 0 },		[GOAWAY] = { false, true, 0, 8 },   [WINDOW_UPDATE] = { true, true, 4, 0 },
	[CONTINUATION] = { true, false, 0, 0 },
};

static uint32_t number(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static uint32_t stream_at(const uint8_t *p)
{
	return number(p, 4) & 0x7fffffff;
}

void gt_http2_frames_init(struct gt_http2_frames *f, bool has_preface, char *block)
{
	*f = (struct gt_http2_frames){
		.preface = has_preface ? GT_HTTP2_PREFACE_LEN : 0,
		.is_first = true,
		.state = has_preface ? PREFACE : HEAD,
		.block = block,
	};
}

static bool is_fragment(const struct gt_http2_frames *f)
{
	return f->type == HEADERS || f->type == PUSH_PROMISE || f->type == CONTINUATION;
}

/* May this frame come now? RFC 9113, 3.4 and 6: nothing comes between the frames of a header block. */
static bool may_come(const struct gt_http2_frames *f, uint32_t len)
{
	const struct shape *s = &shapes[f->type < KNOWN ? f->type : 0];

	if (f->is_first && f->type != SETTINGS)
		return false;
	if (f->is_in_block)
		return f->type == CONTINUATION && f->stream == f->block_stream;
	if (f->type >= KNOWN) /* an extension */
		return true;
	return f->type != CONTINUATION && (f->stream ? s->is_of_stream : s->is_of_connection) && len >= s->at_least &&
	       (!s->len || len == s->len) && (f->type != SETTINGS || len % 6 == 0);
}

/* Bytes of the payload before its content. */
static uint8_t prefix_of(const struct gt_http2_frames *f)
{
	uint8_t pad = f->flags & PADDED ? 1 : 0;

	switch (f->type) {
	case DATA:
		return pad;
	case HEADERS:
		return pad + (f->flags & HAS_PRIORITY ? 5 : 0);
	case PUSH_PROMISE:
		return pad + 4;
	case RST_STREAM:
		return 4;
	case GOAWAY:
		return 8;
	default:
		return 0;
	}
}

static bool is_padded(const struct gt_http2_frames *f)
{
	return f->flags & PADDED && (f->type == DATA || f->type == HEADERS || f->type == PUSH_PROMISE);
}

static bool begin_frame(struct gt_http2_frames *f)
{
	uint32_t len = number(f->head, 3);

	f->type = f->head[3];
	f->flags = f->head[4];
	f->stream = stream_at(f->head + 5);
	f->prefix_len = prefix_of(f);
	if (!may_come(f, len) || len < f->prefix_len)
		return false;
	f->is_first = false;
	f->left = len - f->prefix_len;
	f->pad = 0;
	f->n = 0;
	if (f->type == HEADERS || f->type == PUSH_PROMISE) {
		f->is_in_block = true;
		f->is_promise = f->type == PUSH_PROMISE;
		f->is_end = !f->is_promise && f->flags & END_STREAM;
		f->block_stream = f->stream;
		f->block_len = 0;
	}
	f->state = PREFIX;
	return true;
}

/* The bytes before the content are there. False: the padding is longer than the frame. */
static bool end_prefix(struct gt_http2_frames *f, struct gt_http2_event *ev)
{
	if (is_padded(f)) {
		f->pad = f->prefix[0];
		if (f->pad > f->left)
			return false;
		f->left -= f->pad;
	}
	f->content = f->left;
	f->n = 0;
	f->state = CONTENT;
	if (f->type == RST_STREAM)
		*ev = (struct gt_http2_event){ GT_HTTP2_RESET, .stream = f->stream, .code = number(f->prefix, 4) };
	else if (f->type == GOAWAY)
		*ev = (struct gt_http2_event){ GT_HTTP2_GOING, .stream = stream_at(f->prefix),
					       .code = number(f->prefix + 4, 4) };
	return true;
}

static void end_frame(struct gt_http2_frames *f)
{
	f->state = f->pad ? PADDING : HEAD;
	f->left = f->pad;
	f->n = 0;
}

/* A part of a header block. Returns how many bytes it used, or -1. */
static ssize_t feed_block(struct gt_http2_frames *f, const char *p, size_t len, struct gt_http2_event *ev)
{
	uint32_t n = f->left < len ? f->left : (uint32_t)len;
	bool is_last = n == f->left && f->flags & END_HEADERS;

	if (n > GT_HPACK_BLOCK_MAX - f->block_len)
		return -1;
	if (is_last)
		*ev = (struct gt_http2_event){ GT_HTTP2_BLOCK,
					       .stream = f->stream,
					       .is_end = f->is_end,
					       .is_promise = f->is_promise,
					       .bytes = gt_str_make(p, n),
					       .frame = GT_HTTP2_HEAD + f->prefix_len + f->content,
					       .content = f->content,
					       .payload = number(f->head, 3) };
	if (f->block && n && !(is_last && !f->block_len))
		memcpy(f->block + f->block_len, p, n);
	if (is_last && f->block_len)
		ev->bytes = gt_str_make(f->block, f->block ? f->block_len + n : 0);
	f->block_len += n;
	f->left -= n;
	if (!f->left) {
		f->is_in_block = !is_last;
		end_frame(f);
	}
	return (ssize_t)n;
}

static ssize_t feed_data(struct gt_http2_frames *f, const char *p, size_t len, struct gt_http2_event *ev)
{
	uint32_t n = f->left < len ? f->left : (uint32_t)len;

	if (f->left) {
		if (n)
			*ev = (struct gt_http2_event){ GT_HTTP2_DATA, .stream = f->stream, .bytes = gt_str_make(p, n) };
		f->left -= n;
		return (ssize_t)n;
	}
	if (f->flags & END_STREAM)
		*ev = (struct gt_http2_event){ GT_HTTP2_END, .stream = f->stream };
	end_frame(f);
	return 0;
}

static ssize_t skip(struct gt_http2_frames *f, size_t len)
{
	uint32_t n = f->left < len ? f->left : (uint32_t)len;

	f->left -= n;
	if (!f->left) {
		if (f->state == PADDING)
			f->pad = 0;
		end_frame(f);
	}
	return (ssize_t)n;
}

/* Collects into `to` until it has `want` bytes. */
static ssize_t collect(struct gt_http2_frames *f, uint8_t *to, uint8_t want, const char *p, size_t len)
{
	size_t n = (size_t)(want - f->n) < len ? (size_t)(want - f->n) : len;

	if (n)
		memcpy(to + f->n, p, n);
	f->n += (uint8_t)n;
	return (ssize_t)n;
}

static ssize_t feed_preface(struct gt_http2_frames *f, const char *p, size_t len)
{
	size_t n = f->preface < len ? f->preface : len;

	if (memcmp(p, &GT_HTTP2_PREFACE[GT_HTTP2_PREFACE_LEN - f->preface], n) != 0)
		return -1;
	f->preface -= (uint8_t)n;
	if (!f->preface)
		f->state = HEAD;
	return (ssize_t)n;
}

/* One step. It may use no bytes, but then it changes the state or needs more. */
static ssize_t step(struct gt_http2_frames *f, const char *p, size_t len, struct gt_http2_event *ev)
{
	ssize_t n;

	switch (f->state) {
	case PREFACE:
		return feed_preface(f, p, len);
	case HEAD:
		n = collect(f, f->head, GT_HTTP2_HEAD, p, len);
		return f->n == GT_HTTP2_HEAD && !begin_frame(f) ? -1 : n;
	case PREFIX:
		n = collect(f, f->prefix, f->prefix_len, p, len);
		return f->n == f->prefix_len && !end_prefix(f, ev) ? -1 : n;
	case CONTENT:
		return is_fragment(f) ? feed_block(f, p, len, ev) : f->type == DATA ? feed_data(f, p, len, ev) : skip(f, len);
	default:
		return skip(f, len);
	}
}

/* Is there a step left that needs no bytes? */
static bool has_empty_step(const struct gt_http2_frames *f)
{
	return (f->state == PREFIX && !f->prefix_len) || ((f->state == CONTENT || f->state == PADDING) && !f->left);
}

ssize_t gt_http2_feed(struct gt_http2_frames *f, const char *p, size_t len, struct gt_http2_event *ev)
{
	size_t used = 0;

	*ev = (struct gt_http2_event){ GT_HTTP2_MORE };
	while (ev->kind == GT_HTTP2_MORE && (used < len || has_empty_step(f))) {
		ssize_t n = step(f, p + used, len - used, ev);

		if (n < 0)
			return -1;
		used += (size_t)n;
	}
	return (ssize_t)used;
}
