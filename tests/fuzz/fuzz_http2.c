/*
 * A client's connection in HTTP/2. Both ends send random frames, in turns. The exporter must get the same events whether each
 * turn is one call, or many of which some are refused and repeated. The application must get its own counts, and the wire its
 * bytes: exactly these where gentap only follows.
 */
#include "../unit/support/wire.h"
#include "fuzz.h"
#include "shim/handoff.h"
#include "shim/http2.h"
#include "shim/http2_frames.h"
#include "shim/shared/limits.h"

#define SENT_MAX 3000 /* bytes of one end: the events fit the pool */

/* A frame with one byte of length. */
struct word {
	const char *p;
	size_t len;
};
#define FRAME(len, type, flags, stream) "\0\0" len type flags "\0\0\0" stream
#define WORD(s)				{ s, sizeof(s) - 1 }

#define ASK                                    \
	"\x83\x87\4\xc/v1/messages\xf\x10\x10" \
	"application/json"
#define INDEXED                               \
	"\x83\x87\x44\xc/v1/messages\x5f\x10" \
	"application/json"

static const struct word sent[] = {
	WORD(FRAME("\x22", "\1", "\4", "\1") ASK),
	WORD(FRAME("\x22", "\1", "\5", "\3") ASK),
	WORD(FRAME("\x21", "\1", "\4", "\5") INDEXED),
	WORD(FRAME("\x4", "\1", "\4", "\7") "\x83\x87\xbf\xbe"),
	WORD(FRAME("\2", "\1", "\0", "\x9") "\x83\x87"),
	WORD(FRAME("\x20", "\x9", "\4", "\x9") "\4\xc/v1/messages\xf\x10\x10"
					       "application/json"),
	WORD(FRAME("\2", "\1", "\5", "\xb") "\x82\x84"),
	WORD(FRAME("\2", "\0", "\0", "\1") "{}"),
	WORD(FRAME("\4", "\0", "\x9", "\1") "\1{}\0"),
	WORD(FRAME("\2", "\0", "\1", "\5") "{}"),
	WORD(FRAME("\4", "\3", "\0", "\1") "\0\0\0\x8"),
	WORD(FRAME("\4", "\3", "\0", "\5") "\0\0\0\x8"),
	WORD(FRAME("\6", "\4", "\0", "\0") "\0\3\0\0\0\x64"),
	WORD(FRAME("\4", "\x8", "\0", "\1") "\0\0\1\0"),
	WORD(FRAME("\3", "\1", "\4", "\xd") "\x3f\xe1\x0f"),
};

static const struct word received[] = {
	WORD(FRAME("\1", "\1", "\4", "\1") "\x88"),
	WORD(FRAME("\1", "\1", "\5", "\3") "\x8d"),
	WORD(FRAME("\x12", "\1", "\4", "\5") "\x88\x5f\xf"
					     "text/event-stream"),
	WORD(FRAME("\2", "\1", "\4", "\7") "\x88\xbe"),
	WORD(FRAME("\5", "\1", "\4", "\1") "\x08\x3"
					   "103"),
	WORD(FRAME("\2", "\0", "\0", "\1") "ok"),
	WORD(FRAME("\2", "\0", "\1", "\1") "ok"),
	WORD(FRAME("\5", "\0", "\x9", "\5") "\2ok\0\0"),
	WORD(FRAME("\4", "\3", "\0", "\3") "\0\0\0\2"),
	WORD(FRAME("\x8", "\7", "\0", "\0") "\0\0\0\5\0\0\0\0"),
	WORD(FRAME("\6", "\5", "\4", "\1") "\0\0\0\2\x82\x84"),
	WORD(FRAME("\x8", "\6", "\0", "\0") "12345678"),
};

/* What one end sends in all. */
struct end {
	char bytes[SENT_MAX + 64];
	size_t len, at;
};

static void spell(struct end *e, struct fuzz_input *in, bool is_client)
{
	const struct word *words = is_client ? sent : received;
	size_t n = is_client ? sizeof(sent) / sizeof(*sent) : sizeof(received) / sizeof(*received);
	static const char start[] = GT_HTTP2_PREFACE FRAME("\0", "\4", "\0", "\0");
	size_t skipped = is_client ? 0 : GT_HTTP2_PREFACE_LEN;

	e->at = 0;
	e->len = sizeof(start) - 1 - skipped;
	memcpy(e->bytes, start + skipped, e->len);
	for (size_t i = is_client ? 0 : 1; i < in->len && e->len < SENT_MAX; i += 2) {
		unsigned char c = (unsigned char)in->data[i];
		const struct word *w = &words[(c & 0x7f) % n];

		if (c < 0x80) {
			e->bytes[e->len++] = (char)c;
			continue;
		}
		memcpy(e->bytes + e->len, w->p, w->len);
		e->len += w->len;
	}
}

/* Says the events so far. Exchanges are numbered as they begin; bytes of one kind are joined. */
static void say_events(struct fuzz_text *t, uint64_t *first)
{
	static uint64_t last_stream;
	static uint8_t last_type;

	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		bool is_joined = e->type == GT_EVENT_REQUEST || e->type == GT_EVENT_RESPONSE;

		next = e->next;
		if (!*first) {
			*first = e->stream;
			last_type = 0xff;
		}
		if (!is_joined || e->stream != last_stream || e->type != last_type) {
			fuzz_say_int(t, (long long)(e->stream - *first));
			fuzz_say_int(t, e->type);
		}
		if (is_joined || e->type == GT_EVENT_REQUEST_HEAD || e->type == GT_EVENT_RESPONSE_HEAD)
			fuzz_say(t, e->data, e->len);
		else if (e->type == GT_EVENT_END)
			/* bytes that are refused in the same call count as never sent */
			fuzz_say_int(t, ((struct gt_end *)e->data)->why == GT_END_NEVER ? GT_END_LOST :
											  ((struct gt_end *)e->data)->why);
		last_stream = e->stream;
		last_type = e->type;
		gt_event_free(e);
	}
}

static size_t take(struct gt_wire *w, size_t offered)
{
	return fuzz_below(w->user, 4) ? fuzz_below(w->user, offered + 1) : 0;
}

static void receive(struct gt_conn *c, const char *p, size_t len)
{
	char *copy = fuzz_copy(p, len);

	gt_rx(c, &(struct iovec){ copy, len }, 1, len);
	free(copy);
}

/* `cut`: decisions about pieces; NULL: each turn is one call. */
static void run(struct end *client, struct end *server, struct fuzz_input turns, struct fuzz_input *cut, bool adds,
		struct fuzz_text *out)
{
	struct gt_conn *c = gt_conn_new_http2(true);
	uint64_t first = 0;
	struct gt_wire w;

	FUZZ_CHECK(c);
	gt_wire_open(&w, c);
	w.take = cut ? take : NULL;
	w.user = cut;
	client->at = server->at = 0;
	while (client->at < client->len || server->at < server->len) {
		bool is_client = server->at == server->len || (client->at < client->len && fuzz_below(&turns, 2));
		struct end *e = is_client ? client : server;
		size_t n = 1 + fuzz_below(&turns, 300), step;

		n = n < e->len - e->at ? n : e->len - e->at;
		for (size_t done = 0; done < n; done += step) {
			step = fuzz_piece(cut, n - done);
			if (!is_client)
				receive(c, e->bytes + e->at + done, step);
			else
				FUZZ_CHECK(gt_wire_write_all(&w, e->bytes + e->at + done, step));
		}
		e->at += n;
		say_events(out, &first);
	}
	gt_conn_close(c);
	say_events(out, &first);
	FUZZ_CHECK(!w.odd && w.app_len == client->len && !memcmp(w.app, client->bytes, client->len));
	FUZZ_CHECK(adds ? w.wire_len >= client->len : w.wire_len == client->len && !memcmp(w.wire, client->bytes, client->len));
	gt_wire_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static bool ready;
	static struct end client, server;
	struct fuzz_input in = fuzz_input_of(p, len);
	struct fuzz_text whole = { 0 }, cut = { 0 };
	bool adds;

	if (!ready)
		gt_pool_init(gt_limits.memory_max);
	ready = true;
	spell(&client, &in, true);
	spell(&server, &in, false);
	adds = fuzz_below(&in, 2);
	gt_http2_set(adds ? "insert" : "follow");
	run(&client, &server, in, NULL, adds, &whole);
	run(&client, &server, in, &in, adds, &cut);
	fuzz_same(&whole, &cut);
	fuzz_text_free(&whole);
	fuzz_text_free(&cut);
	fuzz_input_free(&in);
	return 0;
}
