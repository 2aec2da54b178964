#include "exchange_case.h"

#include "event_frames.h"
#include "fail_nth.h"
#include "span_text.h"
#include "test.h"

#include <zlib.h>

#define BODY_MAX (1u << 20)
#define STREAM	 9
#define HOST	 "llm.example"

enum framing { LENGTH, CHUNKED, UNTIL_CLOSE };

struct delivery {
	enum gt_source source;
	enum framing framing;
	size_t chunk; /* bytes of one chunk */
	size_t piece; /* bytes of one event */
	size_t cut;   /* the first event's bytes, when not 0 */
	bool kept;    /* the connection stays open after the exchange and carries it once more */
};

struct text {
	char *p;
	size_t len;
};

char *gt_exchange_case_json(const char *text)
{
	char *copy = calloc(1, strlen(text) + 1);

	for (size_t i = 0; text[i]; i++)
		copy[i] = text[i] == '\'' ? '"' : text[i];
	return copy;
}

char *gt_exchange_case_code(const char *coding, const char *p, size_t len, size_t *coded_len)
{
	int bits = !strcmp(coding, "gzip") ? 15 + 16 : !strcmp(coding, "deflate-raw") ? -15 : 15;
	char *out = malloc(len + len / 8 + 1024);
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)p;
	z.avail_in = (unsigned)len;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)(len + len / 8 + 1024);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*coded_len = z.total_out;
	deflateEnd(&z);
	return out;
}

/* ---------------------------------------------------------------- bytes */

static struct text request_body_of(const struct gt_exchange_case *c)
{
	struct text t = { .p = gt_exchange_case_json(c->request ? c->request : "") };

	t.len = strlen(t.p);
	if (c->request_coding) {
		char *plain = t.p;

		t.p = gt_exchange_case_code(c->request_coding, plain, t.len, &t.len);
		free(plain);
	}
	return t;
}

static struct text request_of(const struct gt_exchange_case *c, bool with_body)
{
	struct text body = request_body_of(c), t = { NULL, 0 };
	FILE *out = open_memstream(&t.p, &t.len);

	fprintf(out, "%s %s HTTP/1.1\r\nHost: " HOST "\r\n%s", c->method ? c->method : "POST", c->target ? c->target : "/",
		c->request_fields ? c->request_fields : "");
	if (c->request_coding)
		fprintf(out, "Content-Encoding: %s\r\n", c->request_coding);
	if (body.len)
		fprintf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			c->request_type ? c->request_type : "application/json", body.len);
	fputs("\r\n", out);
	if (with_body)
		fwrite(body.p, 1, body.len, out);
	fclose(out);
	free(body.p);
	return t;
}

static struct text body_of(const struct gt_exchange_case *c, bool coded)
{
	struct text t;

	t.p = gt_exchange_case_json(c->response);
	t.len = strlen(t.p);
	if (c->type && !strcmp(c->type, "application/vnd.amazon.eventstream")) {
		char *lines = t.p;

		t.p = gt_event_frames(lines, &t.len);
		free(lines);
	}
	if (c->coding && coded) {
		char *plain = t.p;

		t.p = gt_exchange_case_code(c->coding, plain, t.len, &t.len);
		free(plain);
	}
	return t;
}

static void put_head(FILE *out, const struct gt_exchange_case *c, bool coded)
{
	fprintf(out, "HTTP/1.1 %d Whatever\r\n", c->status ? c->status : 200);
	if (!c->type || *c->type)
		fprintf(out, "Content-Type: %s\r\n", c->type ? c->type : "application/json");
	if (c->coding && coded)
		fprintf(out, "Content-Encoding: %s\r\n", c->coding);
	fputs(c->fields ? c->fields : "", out);
}

static struct text response_of(const struct gt_exchange_case *c, enum framing framing, size_t chunk)
{
	struct text body = body_of(c, true), t = { NULL, 0 };
	FILE *out = open_memstream(&t.p, &t.len);

	put_head(out, c, true);
	if (framing == LENGTH)
		fprintf(out, "Content-Length: %zu\r\n", body.len + (c->end != GT_CASE_WHOLE));
	else if (framing == CHUNKED)
		fputs("Transfer-Encoding: chunked\r\n", out);
	fputs("\r\n", out);
	if (framing != CHUNKED) {
		fwrite(body.p, 1, body.len, out);
	} else {
		for (size_t i = 0; i < body.len; i += chunk) {
			size_t n = body.len - i < chunk ? body.len - i : chunk;

			fprintf(out, "%zx\r\n", n);
			fwrite(body.p + i, 1, n, out);
			fputs("\r\n", out);
		}
		if (c->end == GT_CASE_WHOLE)
			fputs("0\r\n\r\n", out);
	}
	fclose(out);
	free(body.p);
	return t;
}

/* ---------------------------------------------------------------- a run */

static void feed_cut(struct gt_feed *f, enum gt_event_type type, struct text t, const struct delivery *d)
{
	size_t cut = d->cut < t.len ? d->cut : t.len;

	gt_feed_pieces(f, STREAM, type, t.p, cut, 16000);
	gt_feed_pieces(f, STREAM, type, t.p + cut, t.len - cut, d->piece);
}

static void feed_end(struct gt_feed *f, const struct gt_exchange_case *c, const struct delivery *d)
{
	static const enum gt_end_why whys[] = {
		[GT_CASE_EOF] = GT_END_EOF,   [GT_CASE_CLOSED] = GT_END_CLOSED, [GT_CASE_RESET] = GT_END_RESET,
		[GT_CASE_LOST] = GT_END_LOST, [GT_CASE_CURL] = GT_END_CURL,	[GT_CASE_REMOVED] = GT_END_REMOVED,
	};
	enum gt_end_why why = whys[c->end];

	if (c->end == GT_CASE_WHOLE)
		why = d->source == GT_SOURCE_MESSAGE ? GT_END_CURL : d->framing == UNTIL_CLOSE ? GT_END_EOF : GT_END_CLOSED;
	gt_feed_end(f, STREAM, why, c->code);
}

struct wire {
	struct text request, request_body, response, body;
};

static struct wire wire_of(const struct gt_exchange_case *c, const struct delivery *d)
{
	struct wire w = { .request = request_of(c, d->source == GT_SOURCE_STREAM) };

	if (d->source == GT_SOURCE_STREAM) {
		if (c->response)
			w.response = response_of(c, d->framing, d->chunk);
		return w;
	}
	w.request_body = request_body_of(c);
	if (c->response) {
		FILE *out = open_memstream(&w.response.p, &w.response.len);

		put_head(out, c, false); /* libcurl decodes */
		fputs("\r\n", out);
		fclose(out);
		w.body = body_of(c, false);
	}
	return w;
}

static void wire_free(struct wire *w)
{
	free(w->request.p);
	free(w->request_body.p);
	free(w->response.p);
	free(w->body.p);
}

/* False when the very first allocation failed. */
static bool run(struct gt_feed *f, const struct gt_exchange_case *c, const struct delivery *d, const struct wire *w)
{
	struct gt_begin b = gt_feed_plain_begin(c->api);

	if (!gt_feed_init(f, BODY_MAX))
		return false;
	f->run.prices = c->prices;
	f->run.capture = c->capture;
	b.is_certain = !c->candidate;
	b.is_injected = !c->candidate || c->injected;
	b.source = (uint8_t)d->source;
	for (int round = 0; round <= d->kept; round++) {
		gt_feed_begin(f, STREAM, &b, HOST, c->provider);
		if (d->source == GT_SOURCE_STREAM) {
			feed_cut(f, GT_EVENT_REQUEST, w->request, d);
			feed_cut(f, GT_EVENT_RESPONSE, w->response, d);
		} else {
			gt_feed_put(f, STREAM, GT_EVENT_REQUEST_HEAD, w->request.p, w->request.len);
			feed_cut(f, GT_EVENT_REQUEST, w->request_body, d);
			if (w->response.len)
				gt_feed_put(f, STREAM, GT_EVENT_RESPONSE_HEAD, w->response.p, w->response.len);
			feed_cut(f, GT_EVENT_RESPONSE, w->body, d);
		}
	}
	feed_end(f, c, d);
	return true;
}

/* ---------------------------------------------------------------- checks */

static void check_sound(const struct gt_span *s, const struct gt_feed *f, bool answered)
{
	const struct gt_value *first = gt_span_get(s, GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK);
	const struct gt_value *stream = gt_span_get(s, GT_ATTR_REQUEST_STREAM);
	double took;

	assert_int_equal(s->kind, GT_KIND_CLIENT);
	assert_int_equal(s->start_unix_ns, GT_FEED_STARTED);
	assert_true(s->end_unix_ns > s->start_unix_ns);
	took = (double)(s->end_unix_ns - s->start_unix_ns) / 1e9;
	assert_true(took < (double)f->now.ns / 1e9);
	if (first) {
		assert_true(first->d > 0 && first->d <= took);
		assert_true(stream && stream->b && answered);
	}
	assert_str(gt_span_get_str(s, GT_ATTR_SERVER_ADDRESS), HOST);
	assert_int_equal(gt_span_get(s, GT_ATTR_SERVER_PORT)->i, 443);
	assert_int_equal(s->context.span_id.b[7], 7);
	assert_int_equal(s->dropped, 0);
	assert_int_equal(s->is_error, gt_span_has(s, GT_ATTR_ERROR_TYPE));
}

/* libcurl's transfers do not have the version of HTTP. */
static char *want_of(const struct gt_exchange_case *c, const struct delivery *d)
{
	static const char line[] = "network.protocol.version=1.1\n";
	char *want = strdup(c->want ? c->want : "no span\n"), *at;

	at = d->source == GT_SOURCE_MESSAGE ? strstr(want, line) : NULL;
	if (at)
		memmove(at, at + sizeof(line) - 1, strlen(at + sizeof(line) - 1) + 1);
	return want;
}

static void print_delivery(const struct gt_exchange_case *c, const struct delivery *d)
{
	print_error("in the delivery: source %d framing %d chunk %zu piece %zu cut %zu kept %d, of\n%s\n%s\n", (int)d->source,
		    (int)d->framing, d->chunk, d->piece, d->cut, d->kept, c->request ? c->request : "",
		    c->response ? c->response : "no answer");
}

static void check_delivery(const struct gt_exchange_case *c, const struct delivery *d)
{
	struct wire w = wire_of(c, d);
	char *want = want_of(c, d);
	struct gt_feed f;

	assert_true(run(&f, c, d, &w));
	for (int round = 0; round <= d->kept; round++) {
		struct gt_span *s = gt_feed_take(&f);
		char *text = gt_span_text_of(s);

		if (strcmp(text, want) != 0)
			print_delivery(c, d);
		assert_string_equal(text, want);
		if (s)
			check_sound(s, &f, c->response != NULL);
		gt_span_free(s);
		free(text);
	}
	assert_null(f.first);
	assert_int_equal(gt_assemble_open(f.assemble), 0);
	gt_feed_free(&f);
	free(want);
	wire_free(&w);
}

static void check_without_memory(const struct gt_exchange_case *c, const struct delivery *d)
{
	struct wire w = wire_of(c, d);

	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_feed f;
		struct gt_span *s;

		run(&f, c, d, &w);
		while ((s = gt_feed_take(&f))) {
			assert_true(s->end_unix_ns >= s->start_unix_ns);
			gt_span_free(s);
		}
		gt_feed_free(&f);
	}
	gt_fail_none();
	wire_free(&w);
}

static bool is_of_libcurl(const struct gt_exchange_case *c)
{
	return c->end == GT_CASE_CURL || c->end == GT_CASE_REMOVED;
}

/* A plain delivery. */
static struct delivery plain(const struct gt_exchange_case *c)
{
	return (struct delivery){ .source = is_of_libcurl(c) ? GT_SOURCE_MESSAGE : GT_SOURCE_STREAM,
				  .framing = c->end == GT_CASE_WHOLE ? LENGTH : CHUNKED,
				  .chunk = SIZE_MAX / 2,
				  .piece = 16000 };
}

void gt_exchange_case_check(const struct gt_exchange_case *c)
{
	static const struct delivery ways[] = {
		{ GT_SOURCE_STREAM, LENGTH, 1, 16000, 0, true },       { GT_SOURCE_STREAM, LENGTH, 1, 1, 0, true },
		{ GT_SOURCE_STREAM, CHUNKED, 9999, 16000, 0, true },   { GT_SOURCE_STREAM, CHUNKED, 9999, 1, 0, true },
		{ GT_SOURCE_STREAM, CHUNKED, 1, 7, 0, false },	       { GT_SOURCE_STREAM, CHUNKED, 7, 13, 0, true },
		{ GT_SOURCE_STREAM, UNTIL_CLOSE, 1, 16000, 0, false }, { GT_SOURCE_STREAM, UNTIL_CLOSE, 1, 5, 0, false },
		{ GT_SOURCE_MESSAGE, LENGTH, 1, 16000, 0, false },     { GT_SOURCE_MESSAGE, LENGTH, 1, 1, 0, false },
	};
	struct delivery d = plain(c);
	struct text response;

	for (size_t i = 0; i < GT_ROWS(ways); i++) {
		bool is_odd = c->end != GT_CASE_WHOLE && (ways[i].kept || ways[i].framing == UNTIL_CLOSE);

		if (is_odd || (is_of_libcurl(c) ? ways[i].source == GT_SOURCE_STREAM :
						  c->end != GT_CASE_WHOLE && ways[i].source == GT_SOURCE_MESSAGE))
			continue;
		check_delivery(c, &ways[i]);
	}
	check_delivery(c, &d);
	if (c->response && !is_of_libcurl(c)) {
		response = response_of(c, d.framing, d.chunk);
		for (d.cut = 1; d.cut < response.len; d.cut += response.len > 3000 ? 11 : 1)
			check_delivery(c, &d);
		free(response.p);
		d.cut = 0;
	}
	check_without_memory(c, &d);
}

void gt_exchange_case_check_all(const struct gt_exchange_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gt_exchange_case_check(&cases[i]);
}

struct gt_span *gt_exchange_case_span(const struct gt_exchange_case *c)
{
	struct delivery d = plain(c);
	struct wire w = wire_of(c, &d);
	struct gt_feed f;
	struct gt_span *s;

	assert_true(run(&f, c, &d, &w));
	s = gt_feed_take(&f);
	assert_null(f.first);
	gt_feed_free(&f);
	wire_free(&w);
	return s;
}
