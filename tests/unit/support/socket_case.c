#include "socket_case.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "exchange_case.h"
#include "fail_nth.h"
#include "span_text.h"
#include "test.h"

#define FIN   0x80
#define CODED 0x40

/* One step: an event, or several of one direction. */
struct step {
	char kind; /* C: sent, S: received, G: gap, X: cut, E: end */
	char *p;
	size_t len;
	uint64_t gap;
};

struct delivery {
	int deflate; /* 0: none, 1: with context takeover, 2: without */
	bool in_fragments, is_joined;
	size_t piece;
};

struct wire {
	struct step steps[64];
	size_t n;
	z_stream client, server;
};

static void put(struct step *s, const void *p, size_t len)
{
	s->p = realloc(s->p, s->len + len + 1);
	if (len)
		memcpy(s->p + s->len, p, len);
	s->len += len;
}

static void put_frame(struct step *s, int first, bool is_masked, const char *p, size_t len)
{
	static const char mask[] = "\x5a\1\xff\x33";
	uint8_t head[14] = { (uint8_t)first };
	size_t n = 2;

	head[1] = (uint8_t)((len < 126 ? len : len < 65536 ? 126 : 127) | (is_masked ? 0x80 : 0));
	for (int i = len < 126 ? 0 : len < 65536 ? 2 : 8; i > 0; i--)
		head[n++] = (uint8_t)((uint64_t)len >> (8 * (i - 1)));
	if (is_masked) {
		memcpy(head + n, mask, 4);
		n += 4;
	}
	put(s, head, n);
	for (size_t i = 0; i < len; i++) {
		char c = is_masked ? (char)(p[i] ^ mask[i & 3]) : p[i];

		put(s, &c, 1);
	}
}

static char *code(z_stream *z, bool resets, const char *text, size_t *len)
{
	size_t room = deflateBound(z, strlen(text)) + 64;
	char *coded = malloc(room);

	if (resets)
		deflateReset(z);
	z->next_in = (unsigned char *)(uintptr_t)text;
	z->avail_in = (unsigned)strlen(text);
	z->next_out = (unsigned char *)coded;
	z->avail_out = (unsigned)room;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	*len = room - z->avail_out - 4;
	return coded;
}

static void put_message(struct wire *w, struct step *s, const struct delivery *d, bool is_sent, int opcode, const char *text)
{
	char *json = gt_exchange_case_json(text), *p = json;
	size_t len = strlen(json);

	if (d->deflate) {
		p = code(is_sent ? &w->client : &w->server, d->deflate == 2, json, &len);
		opcode |= CODED;
	}
	if (d->in_fragments) {
		put_frame(s, opcode, is_sent, p, len / 3);
		put_frame(s, FIN | 9, is_sent, "ping", 4);
		put_frame(s, 0, is_sent, p + len / 3, 0);
		put_frame(s, FIN, is_sent, p + len / 3, len - len / 3);
	} else {
		put_frame(s, FIN | opcode, is_sent, p, len);
	}
	if (p != json)
		free(p);
	free(json);
}

static void put_close(struct step *s, bool is_sent, const char *text)
{
	char payload[125];
	char *reason;
	long status = strtol(text, &reason, 10);
	size_t len;

	reason += *reason == ' ';
	len = strlen(reason);
	payload[0] = (char)(status >> 8);
	payload[1] = (char)status;
	memcpy(payload + 2, reason, len);
	put_frame(s, FIN | 8, is_sent, payload, status ? 2 + len : 0);
}

static void add_line(struct wire *w, const struct delivery *d, const char *line)
{
	const char *rest = line[1] ? line + 2 : "";
	struct step *s = &w->steps[w->n++];
	bool is_sent = strchr("CKc", line[0]) != NULL;

	assert_true(w->n < GT_ROWS(w->steps));
	*s = (struct step){ .kind = is_sent ? 'C' : 'S' };
	if (strchr("CS", line[0]))
		put_message(w, s, d, is_sent, 1, rest);
	else if (strchr("KB", line[0]))
		put_message(w, s, d, is_sent, 2, rest);
	else if (strchr("cs", line[0]))
		put_close(s, is_sent, rest);
	else if (line[0] == 'G')
		s->gap = strtoull(rest, NULL, 10);
	else
		put(s, rest, strlen(rest));
	if (strchr("GXE", line[0]))
		s->kind = line[0];
}

static void wire_init(struct wire *w, const struct gt_socket_case *c, const struct delivery *d)
{
	char *script = strdup(c->script), *rest = script, *line;

	memset(w, 0, sizeof(*w));
	deflateInit2(&w->client, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	deflateInit2(&w->server, 6, Z_DEFLATED, -12, 8, Z_DEFAULT_STRATEGY);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			add_line(w, d, line);
	free(script);
}

static void wire_free(struct wire *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->steps[i].p);
	deflateEnd(&w->client);
	deflateEnd(&w->server);
}

/* ---------------------------------------------------------------- one run */

static const char *answer(const struct delivery *d)
{
	static const char *const extensions[] = {
		"",
		"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n",
	};
	static char text[400];

	snprintf(text, sizeof(text),
		 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"
		 "Sec-WebSocket-Accept: x\r\n\r\n",
		 extensions[d->deflate]);
	return text;
}

static void feed_end(struct gt_feed *f, const char *why)
{
	if (!strcmp(why, "exit"))
		gt_assemble_end_all(f->assemble, f->now);
	else if (!strcmp(why, "killed"))
		gt_assemble_end_killed(f->assemble);
	else
		gt_feed_end(f, 1,
			    !strcmp(why, "closed") ? GT_END_CLOSED :
			    !strcmp(why, "eof")	   ? GT_END_EOF :
			    !strcmp(why, "reset")  ? GT_END_RESET :
						     GT_END_LOST,
			    !strcmp(why, "reset") ? 104 : 0);
}

static void feed_step(struct gt_feed *f, const struct delivery *d, struct wire *w, size_t i)
{
	struct step *s = &w->steps[i];
	size_t head = s->len && (s->p[1] & 0x7f) > 125 ? 4 : 2, before = i ? (size_t)w->steps[i - 1].gap : 0;
	struct gt_gap gap = { before };

	if (s->kind == 'C') {
		gt_feed_pieces(f, 1, GT_EVENT_REQUEST, s->p, s->len, d->piece);
	} else if (s->kind == 'S' && before) {
		gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, s->p, head, d->piece);
		gt_feed_put(f, 1, GT_EVENT_GAP, &gap, sizeof(gap));
		gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, s->p + head + before, s->len - head - before, d->piece);
	} else if (s->kind == 'S') {
		gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, s->p, s->len, d->piece);
	} else if (s->kind == 'X') {
		gt_feed_put(f, 1, GT_EVENT_REQUEST_CUT, "", 0);
	} else if (s->kind == 'E') {
		s->p[s->len] = 0;
		feed_end(f, s->p);
	}
}

/* False without memory. Free `f` also then. */
static bool run(struct gt_feed *f, const struct gt_socket_case *c, const struct delivery *d, struct wire *w, const char *head)
{
	struct gt_begin b = gt_feed_plain_begin(c->api);
	char both[20000];
	size_t n = strlen(answer(d)), first = 0;

	b.is_certain = !c->candidate;
	b.is_injected = !c->bare;
	if (!gt_feed_init(f, 100000))
		return false;
	gt_feed_begin(f, 1, &b, "api.example", c->provider);
	gt_feed_text(f, 1, GT_EVENT_REQUEST, head);
	memcpy(both, answer(d), n);
	if (d->is_joined && w->steps[0].kind == 'S') {
		memcpy(both + n, w->steps[0].p, w->steps[0].len);
		n += w->steps[0].len;
		first = 1;
	}
	gt_feed_pieces(f, 1, GT_EVENT_RESPONSE, both, n, d->piece);
	for (size_t i = first; i < w->n; i++)
		feed_step(f, d, w, i);
	return true;
}

static struct gt_socket_case with_defaults(struct gt_socket_case c)
{
	bool is_live = c.api == GT_API_GEMINI_LIVE;

	if (!c.provider)
		c.provider = is_live ? "gcp.gemini" : "openai";
	if (!c.target)
		c.target = is_live ? "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k" :
			   c.api == GT_API_OPENAI_REALTIME ? "/v1/realtime?model=gpt-realtime" :
							     "/v1/responses";
	return c;
}

static void check_delivery(const struct gt_socket_case *c, const struct delivery *d)
{
	char got[20000] = "", head[1000], *text;
	struct gt_span *s;
	struct wire w;
	struct gt_feed f;
	size_t n = 0;

	snprintf(head, sizeof(head),
		 "GET %s HTTP/1.1\r\nHost: api.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", c->target);
	wire_init(&w, c, d);
	assert_true(run(&f, c, d, &w, head));
	for (; (s = gt_feed_take(&f)); n++) {
		if (n == 0 && !c->bare) {
			assert_str(s->name, "GET");
			assert_false(s->is_error);
			assert_int_equal(s->context.span_id.b[7], 7);
		} else {
			text = gt_span_text_of(s);
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", *got ? "--\n" : "", text);
			free(text);
			assert_int_equal(s->parent.b[7], c->bare ? 0 : 7);
			assert_true(s->end_unix_ns >= s->start_unix_ns && s->start_unix_ns >= GT_FEED_STARTED);
		}
		gt_span_free(s);
	}
	assert_string_equal(got, c->want);
	assert_int_equal(gt_assemble_open(f.assemble), 0);
	gt_feed_free(&f);
	wire_free(&w);
}

static void check_without_memory(const struct gt_socket_case *c, const struct delivery *d)
{
	struct wire w;

	wire_init(&w, c, d);
	for (int n = 1; gt_fail_nth(n); n++) {
		struct gt_feed f;
		struct gt_span *s;

		run(&f, c, d, &w, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
		while ((s = gt_feed_take(&f))) {
			assert_true(s->end_unix_ns >= s->start_unix_ns);
			gt_span_free(s);
		}
		gt_feed_free(&f);
	}
	gt_fail_none();
	wire_free(&w);
}

void gt_socket_case_check(const struct gt_socket_case *row)
{
	const struct gt_socket_case with = with_defaults(*row), *c = &with;
	static const struct delivery ways[] = {
		{ 0, false, false, 16000 }, { 0, true, false, 16000 }, { 0, true, true, 16000 },
		{ 0, false, true, 1 },	    { 0, true, false, 7 },     { 1, false, true, 16000 },
		{ 1, true, false, 5 },	    { 2, false, true, 16000 }, { 2, true, true, 1 },
	};

	for (size_t i = 0; i < GT_ROWS(ways); i++)
		if (!c->plain_only || (!ways[i].deflate && !ways[i].in_fragments))
			check_delivery(c, &ways[i]);
	check_without_memory(c, &ways[0]);
	check_without_memory(c, &ways[5]);
}

void gt_socket_case_check_all(const struct gt_socket_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gt_socket_case_check(&cases[i]);
}
