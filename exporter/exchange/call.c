#include "exporter/exchange/call.h"

#include "exporter/base/steps.h"
#include "shim/shared/check.h"
#include "shim/shared/compiler.h"
#include "shim/shared/read_fields.h"

#include <stdlib.h>

#define HEAD_MAX (64 * 1024)
#define CUT_KEPT (64 * 1024) /* bytes kept of a request that exceeded the shared allowance: enough to identify it */
/* A coded request may decode to this much more than is kept, so that what is kept does not depend on the decoder's pieces. */
#define REQUEST_OVER (64 * 1024)
/* A stream is parsed and not kept, so it may be long. Against decompression bombs, it may decode to at most
 * GENTAP_BODY_MAX bytes plus STREAM_RATIO times its size on the wire. An event stream that repeats one word compresses
 * to 1/220 of its size, others far less; a bomb to 1/1000. */
#define STREAM_MAX   (1ULL << 32)
#define STREAM_RATIO 256

static struct gt_str take_text(char **at, const char **from, uint16_t len)
{
	struct gt_str s = gt_str_make(*at, len);

	memcpy(*at, *from, len);
	*at += len;
	*from += len;
	return s;
}

/* Gives a call with room for these texts. */
static struct gt_call *make(size_t texts, size_t body_max, gt_call_document *on_document, void *ctx)
{
	struct gt_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->texts = malloc(texts + 1);
	if (!c->texts) {
		free(c);
		return NULL;
	}
	c->body_max = body_max;
	c->on_document = on_document;
	c->ctx = ctx;
	gt_http1_init(&c->request_framing, GT_HTTP1_REQUEST, HEAD_MAX);
	gt_buf_init(&c->request_head, HEAD_MAX);
	gt_buf_init(&c->request_body, body_max);
	gt_buf_init(&c->response_head, HEAD_MAX);
	gt_buf_init(&c->body, body_max);
	gt_sse_init(&c->sse, body_max);
	gt_ndjson_init(&c->ndjson, body_max);
	gt_event_stream_init(&c->event_stream, body_max);
	return c;
}

/* `from`: the texts that BEGIN counts. */
static void begin(struct gt_call *c, const struct gt_begin *b, const char *from, struct gt_mono at)
{
	char *to = c->texts;

	c->begin = *b;
	c->host = take_text(&to, &from, b->host_len);
	c->provider = take_text(&to, &from, b->provider_len);
	c->tracestate = take_text(&to, &from, b->tracestate_len);
	c->began = at;
}

static size_t texts_of(const struct gt_begin *b)
{
	return (size_t)b->host_len + b->provider_len + b->tracestate_len;
}

struct gt_call *gt_call_new(const struct gt_event *e, size_t body_max, gt_call_document *on_document, void *ctx)
{
	const struct gt_begin *b = (const struct gt_begin *)e->data;
	struct gt_call *c;

	if (e->len < sizeof(*b) || texts_of(b) > e->len - sizeof(*b))
		return NULL;
	c = make(texts_of(b), body_max, on_document, ctx);
	if (c)
		begin(c, b, (const char *)(b + 1), e->at);
	return c;
}

struct gt_call *gt_call_like(const struct gt_call *c)
{
	struct gt_call *other = make(texts_of(&c->begin), c->body_max, c->on_document, c->ctx);

	if (!other)
		return NULL;
	begin(other, &c->begin, c->texts, c->began);
	if (c->request.len)
		gt_call_request_head(other, gt_str_make(c->request_head.data, c->request.len));
	if (c->request.len && !other->request.len) { /* no memory */
		gt_call_free(other);
		return NULL;
	}
	return other;
}

void gt_call_begin_below(struct gt_call *c, struct gt_mono at, enum gt_api api)
{
	if (c->begin.is_injected) {
		c->begin.parent = c->begin.context.span_id;
		c->begin.parent_is_remote = false;
	}
	c->is_turn = true;
	c->is_request_seen = false; /* the handshake's was */
	c->begin.context.span_id = gt_ident_span();
	c->begin.is_injected = false;
	c->begin.is_certain = true;
	c->begin.api = (uint8_t)api;
	c->begin.started.unix_ns += (uint64_t)(at.ns - c->began.ns);
	c->began = at;
}

void gt_call_share(struct gt_call *c, size_t *left)
{
	struct gt_buf *const all[] = { &c->request_body, &c->body,	  &c->sse.line,
				       &c->sse.data,	 &c->ndjson.line, &c->event_stream.frame };

	for (size_t i = 0; i < GT_COUNT_OF(all); i++)
		gt_buf_share(all[i], left);
}

void gt_call_new_parent(struct gt_call *c, const struct gt_event *e)
{
	const struct gt_new_parent *reported = (const struct gt_new_parent *)e->data;

	if (e->len < sizeof(*reported) || c->is_placeholder)
		return;
	if (reported->has_link)
		c->link = (struct gt_trace_context){ c->begin.context.trace_id, c->begin.parent, c->begin.context.flags };
	if (memcmp(&c->begin.context.trace_id, &reported->context.trace_id, sizeof(reported->context.trace_id)) != 0)
		c->tracestate.len = 0; /* it belonged to another trace */
	c->begin.context = reported->context;
	c->begin.parent = reported->parent;
	c->begin.parent_is_remote = true;
	c->has_new_parent = true;
}

struct gt_call *gt_call_placeholder(bool no_body)
{
	struct gt_call *c = calloc(1, sizeof(*c));

	if (c) {
		c->is_placeholder = true;
		c->placeholder_no_body = no_body;
		c->is_request_seen = true;
	}
	return c;
}

void gt_call_free(struct gt_call *c)
{
	if (!c)
		return;
	free(c->texts);
	gt_buf_free(&c->request_head);
	gt_buf_free(&c->request_body);
	gt_buf_free(&c->response_head);
	gt_buf_free(&c->body);
	gt_sse_free(&c->sse);
	gt_ndjson_free(&c->ndjson);
	gt_event_stream_free(&c->event_stream);
	gt_inflate_close(c->inflate);
	gt_inflate_close(c->request_inflate);
	free(c);
}

/* ---------------------------------------------------------------- request */

/* Copies a head into `buf`, which the call owns, and parses it there, so that its slices stay valid. */
static bool keep_head(struct gt_buf *buf, enum gt_http1_side side, struct gt_str raw, struct gt_http1_head *out)
{
	struct gt_http1_head head;

	if (out->len) /* a second head would invalidate the slices of the first */
		return false;
	gt_buf_reset(buf);
	if (!gt_buf_add(buf, raw.p, raw.len) || gt_http1_parse_head(side, buf->data, buf->len, NULL, &head) <= 0)
		return false;
	*out = head;
	return true;
}

void gt_call_request_head(struct gt_call *c, struct gt_str raw)
{
	c->is_request_seen = true;
	keep_head(&c->request_head, GT_HTTP1_REQUEST, raw, &c->request);
}

static void keep_request(struct gt_call *c, struct gt_str bytes)
{
	size_t room = c->request_body.max - c->request_body.len;

	/* keep as much as fits: what is kept must not depend on how the body is split */
	if (bytes.len > room) {
		c->is_request_cut = true;
		bytes.len = room;
	}
	if (!gt_buf_add(&c->request_body, bytes.p, bytes.len)) {
		c->is_request_cut = true;
		gt_buf_cut(&c->request_body, CUT_KEPT);
	}
}

static void on_request_decoded(void *ctx, const char *p, size_t len)
{
	keep_request(ctx, gt_str_make(p, len));
}

/* A coded body that cannot be decoded is not kept: its bytes mean nothing. */
static void give_up_request(struct gt_call *c, int error)
{
	if (error == GT_ENOMEM)
		c->is_request_cut = true;
	else
		c->is_request_undecoded = true;
	gt_buf_cut(&c->request_body, 0);
}

static void open_request(struct gt_call *c)
{
	struct gt_str coding = gt_call_request_field(c, "content-encoding");
	int ret = 0;

	if (coding.len && !gt_str_ieq(gt_str_trim(coding), GT_STR("identity")))
		ret = gt_inflate_open(coding, &c->request_inflate);
	if (ret)
		give_up_request(c, ret);
}

void gt_call_request_body(struct gt_call *c, struct gt_str bytes)
{
	int ret;

	if (!c->has_request_body)
		open_request(c);
	c->is_request_seen = c->has_request_body = true;
	/* against decompression bombs: nothing is decoded that would not be kept */
	if (c->is_request_undecoded || (c->request_inflate && c->is_request_cut))
		return;
	if (!c->request_inflate) {
		keep_request(c, bytes);
		return;
	}
	ret = gt_inflate_feed(c->request_inflate, bytes.p, bytes.len, c->body_max + REQUEST_OVER, on_request_decoded, c);
	if (ret && ret != GT_ETOOBIG)
		give_up_request(c, ret);
}

void gt_call_request_bytes(struct gt_call *c, struct gt_str raw)
{
	struct gt_http1_event ev;
	ssize_t used;

	c->is_request_seen = true;
	/* the hooks split events where heads begin: the head is complete here, or continues in the next event */
	if (!c->request.len) {
		struct gt_str head;

		if (!gt_buf_add(&c->request_head, raw.p, raw.len)) {
			c->is_request_cut = true;
			return;
		}
		head = gt_buf_str(&c->request_head);
		used = gt_http1_feed(&c->request_framing, head.p, head.len, &ev);
		if (used < 0 || ev.kind != GT_HTTP1_HEAD) {
			gt_buf_drop(&c->request_head, used > 0 ? (size_t)used : 0); /* blank lines before the head */
			return;
		}
		/* bytes after the head are body; they are in request_head now */
		raw = gt_str_skip(head, (size_t)used);
		c->request = ev.head;
	}
	while (raw.len && !c->is_request_over) {
		used = gt_http1_feed(&c->request_framing, raw.p, raw.len, &ev);
		c->is_request_over = used <= 0 || ev.kind == GT_HTTP1_END || ev.kind == GT_HTTP1_HEAD;
		if (ev.kind == GT_HTTP1_DATA)
			gt_call_request_body(c, ev.data);
		raw = gt_str_skip(raw, used > 0 ? (size_t)used : 0);
	}
}

bool gt_call_has_request(struct gt_call *c)
{
	struct gt_http1_event ev;

	if (c->is_placeholder || c->is_request_cut || c->begin.is_bare || c->begin.source == GT_SOURCE_MESSAGE)
		return true;
	if (!c->request.len)
		return false;
	if (!c->is_request_over) /* an end without bytes of its own */
		c->is_request_over = gt_http1_feed(&c->request_framing, "", 0, &ev) < 0 || ev.kind == GT_HTTP1_END;
	return c->is_request_over;
}

struct gt_str gt_call_request_field(const struct gt_call *c, const char *name)
{
	GT_ASSERT(gt_field_is_read(gt_str_of(name))); /* else it is missing in transfers of libcurl */
	return c->request.len ? gt_http1_field(&c->request, gt_str_of(name)) : GT_STR_NONE;
}

struct gt_str gt_call_response_field(const struct gt_call *c, const char *name)
{
	GT_ASSERT(gt_field_is_read(gt_str_of(name)));
	return c->response.status ? gt_http1_field(&c->response, gt_str_of(name)) : GT_STR_NONE;
}

/* ---------------------------------------------------------------- response */

void gt_call_damage(struct gt_call *c, enum gt_damage what)
{
	if (c->damage == GT_DAMAGE_NONE)
		c->damage = what;
}

void gt_call_response_head(struct gt_call *c, struct gt_mono at, struct gt_str raw)
{
	struct gt_str coding, type;
	int ret;

	if (!c->first_byte.ns)
		c->first_byte = at;
	if (!keep_head(&c->response_head, GT_HTTP1_RESPONSE, raw, &c->response)) {
		if (c->response_head.is_over)
			gt_call_damage(c, GT_DAMAGE_MEMORY);
		return;
	}
	type = gt_call_response_field(c, "content-type");
	c->labelled_kind = gt_body_kind_of_type(type);
	c->wants_lines = c->begin.api == GT_API_BATCH_RESULTS && c->response.status < 300;
	if (c->wants_lines && c->labelled_kind != GT_BODY_BINARY)
		c->labelled_kind = GT_BODY_NDJSON;
	c->body_kind = c->labelled_kind == GT_BODY_BINARY ? GT_BODY_BINARY : GT_BODY_UNKNOWN;
	coding = gt_call_response_field(c, "content-encoding");
	ret = gt_inflate_open(coding.p ? coding : GT_STR(""), &c->inflate);
	if (ret)
		gt_call_damage(c, ret == GT_ENOMEM ? GT_DAMAGE_MEMORY : GT_DAMAGE_CODING);
}

static void on_stream_document(void *ctx, struct gt_str event, struct gt_str data)
{
	struct gt_call *c = ctx;

	c->on_document(c->ctx, c, event, data);
}

/* Bytes of a stream, whose kind is known. */
static void feed(struct gt_call *c, const char *p, size_t len)
{
	if (c->body_kind == GT_BODY_SSE)
		gt_sse_feed(&c->sse, p, len, on_stream_document, c);
	else if (c->body_kind == GT_BODY_NDJSON)
		gt_ndjson_feed(&c->ndjson, p, len, on_stream_document, c);
	else
		gt_event_stream_feed(&c->event_stream, p, len, on_stream_document, c);
}

static void set_kind(struct gt_call *c, enum gt_body_kind kind)
{
	if (c->wants_lines && kind == GT_BODY_NDJSON && !gt_str_starts(gt_buf_str(&c->body), GT_STR("{")))
		kind = GT_BODY_BINARY;
	c->body_kind = kind;
	if (gt_body_is_stream(kind)) {
		feed(c, c->body.data, c->body.len);
		gt_buf_reset(&c->body);
	}
}

static void on_decoded(void *ctx, const char *p, size_t len)
{
	struct gt_call *c = ctx;

	c->body_bytes += len;
	if (gt_body_is_stream(c->body_kind)) {
		feed(c, p, len);
	} else if (c->body_kind == GT_BODY_BINARY) {
		return;
	} else if (!gt_buf_add(&c->body, p, len)) {
		gt_call_damage(c, GT_DAMAGE_TOO_BIG);
		gt_buf_cut(&c->body, 0);
	} else if (c->body_kind == GT_BODY_UNKNOWN) {
		set_kind(c, gt_body_kind_of(c->labelled_kind, gt_buf_str(&c->body), &c->blanks));
	}
}

/* The maximum number of decoded bytes of the whole body. */
static uint64_t most_of_body(const struct gt_call *c)
{
	uint64_t most;

	if (!gt_body_is_stream(c->body_kind) && c->body_kind != GT_BODY_BINARY)
		return (uint64_t)c->body_max + 1;
	most = c->body_max + STREAM_RATIO * c->coded_bytes;
	return most < STREAM_MAX ? most : STREAM_MAX;
}

static void decode(struct gt_call *c, struct gt_str bytes)
{
	int ret;

	c->coded_bytes += bytes.len;
	ret = gt_inflate_feed(c->inflate, bytes.p, bytes.len, most_of_body(c), on_decoded, c);
	if (ret)
		gt_call_damage(c, ret == GT_ETOOBIG ? GT_DAMAGE_TOO_BIG :
				  ret == GT_ENOMEM  ? GT_DAMAGE_MEMORY :
						      GT_DAMAGE_CODING);
}

void gt_call_response_body(struct gt_call *c, struct gt_mono at, struct gt_str bytes)
{
	if (!c->first_data.ns)
		c->first_data = at;
	c->last_data = at;
	c->ended = at;
	c->data_events++;
	if (!c->inflate)
		gt_call_damage(c, GT_DAMAGE_GAP); /* the head was dropped, or did not fit */
	/* the limit depends on the kind, which the first bytes decide: until it is known, decode byte by byte */
	for (; bytes.len && c->body_kind == GT_BODY_UNKNOWN && c->damage == GT_DAMAGE_NONE; bytes = gt_str_skip(bytes, 1))
		decode(c, gt_str_make(bytes.p, 1));
	/* after a gap, a document may have lost its beginning without any sign of it */
	if (bytes.len && c->damage == GT_DAMAGE_NONE)
		decode(c, bytes);
}

void gt_call_end_body(struct gt_call *c)
{
	bool is_whole = c->damage == GT_DAMAGE_NONE;

	/* too short to decide, or empty */
	if (is_whole && c->body_kind == GT_BODY_UNKNOWN && gt_body_is_stream(c->labelled_kind))
		set_kind(c, c->labelled_kind);
	else if (c->body_kind == GT_BODY_UNKNOWN && gt_body_is_stream(c->labelled_kind))
		c->body_kind = c->labelled_kind;
	else if (is_whole && !gt_body_is_stream(c->body_kind) && gt_body_is_ndjson(gt_buf_str(&c->body)))
		set_kind(c, GT_BODY_NDJSON);
	if (is_whole && c->body_kind == GT_BODY_SSE)
		gt_sse_end(&c->sse, on_stream_document, c);
	else if (is_whole && c->body_kind == GT_BODY_NDJSON)
		gt_ndjson_end(&c->ndjson, on_stream_document, c);
	if (c->sse.lost || c->ndjson.lost || c->event_stream.lost)
		gt_call_damage(c, GT_DAMAGE_TOO_BIG);
	if (c->event_stream.is_broken)
		gt_call_damage(c, GT_DAMAGE_FRAMING);
}
