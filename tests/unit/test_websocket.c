/*
 * The output is text: a letter for the kind (t, b, c, l) and the data, in angle brackets; ! when the frames are broken. Every
 * input is fed by gt_every_split.
 */
#include "support/every_split.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include <zlib.h>

#include "exporter/exchange/websocket.h"

#define MAX   300 /* cap of a message */
#define FIN   0x80
#define CODED 0x40

struct bytes {
	char p[20000];
	size_t len;
};

struct run {
	const char *want;
	int deflate; /* 0: none, 1: with context takeover, 2: without */
	char got[4000];
	size_t len;
};

static void put(struct bytes *b, const void *p, size_t len)
{
	assert_true(b->len + len <= sizeof(b->p));
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

/* `width`: bytes of the length, 0 for the shortest. */
static void put_frame(struct bytes *b, int first, const char *mask, int width, const char *p, size_t len)
{
	uint8_t head[14] = { (uint8_t)first };
	size_t n = 2;

	if (!width)
		width = len < 126 ? 1 : len < 65536 ? 2 : 8;
	head[1] = (uint8_t)(width == 1 ? len : width == 2 ? 126 : 127);
	for (int i = width == 1 ? 0 : width; i > 0; i--)
		head[n++] = (uint8_t)((uint64_t)len >> (8 * (i - 1)));
	if (mask) {
		head[1] |= 0x80;
		memcpy(head + n, mask, 4);
		n += 4;
	}
	put(b, head, n);
	for (size_t i = 0; i < len; i++) {
		char c = mask ? (char)(p[i] ^ mask[i & 3]) : p[i];

		put(b, &c, 1);
	}
}

static void put_text(struct bytes *b, int first, const char *text)
{
	put_frame(b, first, "\1\xf2\x83\x7f", 0, text, strlen(text));
}

/* One message, compressed. */
static void put_coded(struct bytes *b, z_stream *z, bool resets, bool in_two, const char *text)
{
	char coded[4000];
	size_t n;

	if (!*text) { /* RFC 7692, 7.2.3.6 */
		put_frame(b, FIN | 1 | CODED, NULL, 0, "", 1);
		return;
	}
	if (resets)
		deflateReset(z);
	z->next_in = (unsigned char *)(uintptr_t)text;
	z->avail_in = (unsigned)strlen(text);
	z->next_out = (unsigned char *)coded;
	z->avail_out = sizeof(coded);
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	n = sizeof(coded) - z->avail_out - 4; /* RFC 7692, 7.2.1 */
	if (in_two) {
		put_frame(b, 1 | CODED, NULL, 0, coded, n / 2);
		put_frame(b, FIN | 9, NULL, 0, "x", 1);
		put_frame(b, FIN, NULL, 0, coded + n / 2, n - n / 2);
	} else {
		put_frame(b, FIN | 1 | CODED, NULL, 0, coded, n);
	}
}

static void begin_deflate(z_stream *z)
{
	*z = (z_stream){ 0 };
	assert_int_equal(deflateInit2(z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
}

/* ---------------------------------------------------------------- one run */

static void on_message(void *ctx, enum gt_websocket_kind kind, struct gt_str data)
{
	struct run *r = ctx;

	assert_true(data.len <= MAX);
	r->len += (size_t)snprintf(r->got + r->len, sizeof(r->got) - r->len, "<%c%.*s>", "tbcl"[kind], GT_STR_ARG(data));
	assert_true(r->len < sizeof(r->got));
}

static void run_pieces(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *r = user;
	struct gt_websocket w;

	r->len = 0;
	r->got[0] = 0;
	gt_websocket_init(&w, MAX);
	if (r->deflate)
		assert_true(gt_websocket_deflate(&w, r->deflate == 2));
	for (int i = 0; i < n; i++)
		gt_websocket_feed(&w, piece[i], len[i], on_message, r);
	if (w.is_broken)
		strcat(r->got, "!");
	gt_websocket_free(&w);
	assert_string_equal(r->got, r->want);
}

static void check(const struct bytes *b, int deflate, const char *want)
{
	struct run r = { .want = want, .deflate = deflate };

	gt_every_split(b->p, b->len, run_pieces, &r);
}

/* ---------------------------------------------------------------- frames */

static void test_websocket_masked_and_bare_frames(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_text(&b, FIN | 1, "{\"a\":1}");
	put_frame(&b, FIN | 2, NULL, 0, "two", 3);
	put_frame(&b, FIN | 1, NULL, 0, "", 0);
	put_frame(&b, FIN | 1, NULL, 2, "wide", 4); /* a longer length than it needs */
	put_frame(&b, FIN | 1, NULL, 8, "wider", 5);
	put_text(&b, FIN | 8, "12because");
	check(&b, 0, "<t{\"a\":1}><btwo><t><twide><twider><c12because>");
}

static void test_websocket_fragments_with_control_frames_between(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_text(&b, 1, "one ");
	put_text(&b, FIN | 9, "ping");
	put_text(&b, 0, "two ");
	put_text(&b, FIN | 10, "");
	put_text(&b, 0, "");
	put_text(&b, FIN, "three");
	put_text(&b, FIN | 1, "next");
	check(&b, 0, "<tone two three><tnext>");
}

static void test_websocket_messages_of_all_lengths(void **state)
{
	static const size_t lens[] = { 125, 126, 127, 255, 256, MAX };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(lens); i++) {
		struct bytes b = { .len = 0 };
		char text[MAX + 1], want[MAX + 20];

		memset(text, 'x', lens[i]);
		text[lens[i]] = 0;
		snprintf(want, sizeof(want), "<t%s><tok>", text);
		put_text(&b, FIN | 1, text);
		put_text(&b, FIN | 1, "ok");
		check(&b, 0, want);
	}
}

static void test_websocket_a_message_over_the_cap_is_lost_and_the_next_is_not(void **state)
{
	struct bytes b = { .len = 0 };
	char text[MAX + 2];

	(void)state;
	memset(text, 'x', MAX + 1);
	text[MAX + 1] = 0;
	put_text(&b, FIN | 1, text);
	put_text(&b, 1, text + 2);
	put_text(&b, FIN, "yy");
	put_text(&b, FIN | 1, "ok");
	check(&b, 0, "<l><l><tok>");
}

static void test_websocket_bytes_that_are_no_frames(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {
		{ "\x91\0", 2 }, /* RSV3 */
		{ "\xc1\0", 2 }, /* compressed, without an agreement */
		{ "\x83\0", 2 }, /* opcodes that mean nothing */
		{ "\x8b\0", 2 },
		{ "\x80\0", 2 },	 /* a continuation of nothing */
		{ "\1\0\x81\0", 4 },	 /* a message in a message */
		{ "\x09\0", 2 },	 /* a control frame in fragments */
		{ "\x89\x7e\0\x7e", 4 }, /* and a long control frame */
		{ "\x81\x7f\x80\0\0\0\0\0\0\0", 10 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bytes b = { .len = 0 };

		put_text(&b, FIN | 2, "ok");
		put(&b, rows[i].p, rows[i].len);
		put_text(&b, FIN | 1, "not read");
		check(&b, 0, "<bok>!");
	}
}

/* ---------------------------------------------------------------- permessage-deflate */

static void test_websocket_compressed_messages(void **state)
{
	(void)state;
	for (int takeover = 1; takeover <= 2; takeover++) {
		struct bytes b = { .len = 0 };
		z_stream z;

		begin_deflate(&z);
		put_coded(&b, &z, takeover == 2, false, "{\"type\":\"response.created\"}");
		put_coded(&b, &z, takeover == 2, true, "{\"type\":\"response.output_text.delta\"}");
		put_text(&b, FIN | 1, "not compressed");
		put_coded(&b, &z, takeover == 2, false, "");
		put_coded(&b, &z, takeover == 2, true, "{\"type\":\"response.created\"}");
		deflateEnd(&z);
		check(&b, takeover,
		      "<t{\"type\":\"response.created\"}><t{\"type\":\"response.output_text.delta\"}><tnot compressed><t>"
		      "<t{\"type\":\"response.created\"}>");
	}
}

/* RFC 7692, 7.2.3.4 and 7.2.3.5. */
static void test_websocket_the_examples_of_the_rfc(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put(&b, "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", 9);
	put(&b, "\xc1\x05\xf2\x00\x11\x00\x00", 7);
	put(&b, "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", 11);
	put(&b, "\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 13);
	put(&b, "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 10);
	put(&b, "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 15);
	check(&b, 1, "<tHello><tHello><tHello><tHello><tHello><tHello>");
}

static void test_websocket_a_bomb_is_cut_and_the_context_stays(void **state)
{
	char *bomb = malloc(100001);

	(void)state;
	memset(bomb, 'a', 100000);
	bomb[100000] = 0;
	for (int takeover = 1; takeover <= 2; takeover++) {
		struct bytes b = { .len = 0 };
		z_stream z;

		begin_deflate(&z);
		put_coded(&b, &z, takeover == 2, false, bomb);
		put_coded(&b, &z, takeover == 2, false, "aaaaaaaaaaaaaaaaaaaaaa");
		deflateEnd(&z);
		check(&b, takeover, "<l><taaaaaaaaaaaaaaaaaaaaaa>");
	}
	free(bomb);
}

static void test_websocket_bad_data_loses_what_refers_to_it(void **state)
{
	(void)state;
	for (int takeover = 1; takeover <= 2; takeover++) {
		struct bytes b = { .len = 0 };
		z_stream z;

		begin_deflate(&z);
		put_coded(&b, &z, takeover == 2, false, "first");
		put_frame(&b, FIN | 1 | CODED, NULL, 0, "\xff\xff\xff", 3);
		put_coded(&b, &z, takeover == 2, false, "second");
		put_text(&b, FIN | 1, "plain");
		deflateEnd(&z);
		check(&b, takeover, takeover == 1 ? "<tfirst><l><l><tplain>" : "<tfirst><l><tsecond><tplain>");
	}
}

/* ---------------------------------------------------------------- gaps */

static void test_websocket_a_gap_within_a_payload_loses_that_message(void **state)
{
	struct bytes b = { .len = 0 };
	size_t first;

	(void)state;
	put_text(&b, FIN | 1, "first message");
	first = b.len;
	put_text(&b, FIN | 1, "second");
	for (size_t at = 0; at <= first; at++) {
		for (size_t n = 1; at + n <= b.len; n++) {
			struct run r = { .want = NULL };
			struct gt_websocket w;

			gt_websocket_init(&w, MAX);
			gt_websocket_feed(&w, b.p, at, on_message, &r);
			gt_websocket_skip(&w, n, on_message, &r);
			gt_websocket_feed(&w, b.p + at + n, b.len - at - n, on_message, &r);
			if (at >= 6 && at < first && at + n <= first) /* after the head of the first frame */
				assert_string_equal(r.got, "<l><tsecond>");
			else
				assert_true(w.is_broken);
			gt_websocket_free(&w);
		}
	}
}

static void test_websocket_a_gap_in_compressed_data(void **state)
{
	(void)state;
	for (int takeover = 1; takeover <= 2; takeover++) {
		struct bytes b = { .len = 0 };
		struct run r = { .want = NULL };
		struct gt_websocket w;
		z_stream z;

		begin_deflate(&z);
		put_coded(&b, &z, takeover == 2, false, "first message");
		put_coded(&b, &z, takeover == 2, false, "first message");
		deflateEnd(&z);
		gt_websocket_init(&w, MAX);
		assert_true(gt_websocket_deflate(&w, takeover == 2));
		gt_websocket_feed(&w, b.p, 3, on_message, &r);
		gt_websocket_skip(&w, 1, on_message, &r);
		gt_websocket_feed(&w, b.p + 4, b.len - 4, on_message, &r);
		assert_string_equal(r.got, takeover == 1 ? "<l><l>" : "<l><tfirst message>");
		gt_websocket_free(&w);
	}
}

static void test_websocket_without_memory_a_message_is_lost(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_text(&b, FIN | 1, "one");
	put_text(&b, FIN | 1, "two");
	for (int nth = 1; gt_fail_nth(nth); nth++) {
		struct run r = { .want = NULL };
		struct gt_websocket w;

		gt_websocket_init(&w, MAX);
		gt_websocket_feed(&w, b.p, b.len, on_message, &r);
		gt_websocket_free(&w);
		gt_fail_none();
		assert_string_equal(r.got, nth == 1 ? "<l><ttwo>" : "<tone><ttwo>");
	}
	gt_fail_none();
}

/* ---------------------------------------------------------------- the handshake */

static void test_websocket_extensions(void **state)
{
	static const struct {
		const char *value;
		int read, deflate, client, server;
	} rows[] = {
		{ "", 1, 0, 0, 0 },
		{ "permessage-deflate", 1, 1, 0, 0 },
		{ "Permessage-Deflate; server_no_context_takeover", 1, 1, 0, 1 },
		{ "permessage-deflate;client_no_context_takeover ;server_max_window_bits=12; client_max_window_bits=\"9\"", 1,
		  1, 1, 0 },
		{ "permessage-deflate; server_no_context_takeover; client_no_context_takeover", 1, 1, 1, 1 },
		{ "permessage-deflate; something=1", 0, 1, 0, 0 },
		{ "permessage-deflate, permessage-deflate", 0, 1, 0, 0 },
		{ "x-webkit-deflate-frame", 0, 0, 0, 0 },
		{ "bbf-usp-protocol, permessage-deflate", 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_websocket_terms t = { .has_deflate = false };

		assert_int_equal(gt_websocket_agree(&t, gt_str_of(rows[i].value)), rows[i].read);
		assert_int_equal(t.has_deflate, rows[i].deflate);
		assert_int_equal(t.resets_client, rows[i].client);
		assert_int_equal(t.resets_server, rows[i].server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_websocket_masked_and_bare_frames),
		GT_TEST(test_websocket_fragments_with_control_frames_between),
		GT_TEST(test_websocket_messages_of_all_lengths),
		GT_TEST(test_websocket_a_message_over_the_cap_is_lost_and_the_next_is_not),
		GT_TEST(test_websocket_bytes_that_are_no_frames),
		GT_TEST(test_websocket_compressed_messages),
		GT_TEST(test_websocket_the_examples_of_the_rfc),
		GT_TEST(test_websocket_a_bomb_is_cut_and_the_context_stays),
		GT_TEST(test_websocket_bad_data_loses_what_refers_to_it),
		GT_TEST(test_websocket_a_gap_within_a_payload_loses_that_message),
		GT_TEST(test_websocket_a_gap_in_compressed_data),
		GT_TEST(test_websocket_without_memory_a_message_is_lost),
		GT_TEST(test_websocket_extensions),
	};

	return GT_TESTS(tests);
}
