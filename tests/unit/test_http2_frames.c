#include "support/every_split.h"
#include "support/guard_page.h"
#include "support/test.h"

#include "shim/http2_frames.h"

/* A frame: its head is written out, so that tests show the bytes. */
#define FRAME(len, type, flags, stream) "\0" len type flags "\0\0\0" stream
#define SETTINGS			FRAME("\0\0", "\4", "\0", "\0")

static char block[GT_HPACK_BLOCK_MAX];

/* What a run has found. Pieces of one body are joined, whatever the pieces of the input. */
struct story {
	char text[16 * 1024];
	size_t len;
	uint32_t body; /* the stream whose body the text ends in */
};

static void tell(struct story *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	s->len += (size_t)vsnprintf(s->text + s->len, sizeof(s->text) - s->len, format, args);
	va_end(args);
	assert_true(s->len < sizeof(s->text));
}

static void tell_event(struct story *s, const struct gt_http2_event *ev)
{
	uint32_t body = ev->kind == GT_HTTP2_DATA ? ev->stream : 0;

	if (ev->kind == GT_HTTP2_MORE)
		return;
	if (!body || body != s->body)
		tell(s, "%s", s->len ? " " : "");
	switch (ev->kind) {
	case GT_HTTP2_BLOCK:
		tell(s, "%s%u[%.*s]%s", ev->is_promise ? "P" : "H", ev->stream, GT_STR_ARG(ev->bytes), ev->is_end ? "." : "");
		break;
	case GT_HTTP2_DATA:
		if (body != s->body)
			tell(s, "D%u:", ev->stream);
		tell(s, "%.*s", GT_STR_ARG(ev->bytes));
		break;
	case GT_HTTP2_END:
		tell(s, "E%u", ev->stream);
		break;
	case GT_HTTP2_RESET:
		tell(s, "R%u:%u", ev->stream, ev->code);
		break;
	default:
		tell(s, "G%u:%u", ev->stream, ev->code);
	}
	s->body = body;
}

/* False when the bytes are refused. */
static bool feed(struct gt_http2_frames *f, struct story *s, const char *p, size_t len)
{
	struct gt_http2_event ev;

	do {
		ssize_t used = gt_http2_feed(f, p, len, &ev);

		if (used < 0)
			return false;
		assert_true((size_t)used <= len);
		p += used;
		len -= (size_t)used;
		tell_event(s, &ev);
	} while (ev.kind != GT_HTTP2_MORE);
	assert_int_equal(len, 0);
	return true;
}

static void run(void *user, const char *const piece[], const size_t len[], int n)
{
	struct gt_http2_frames f;
	struct story s = { .len = 0 };

	gt_http2_frames_init(&f, true, block);
	for (int i = 0; i < n; i++)
		if (!feed(&f, &s, piece[i], len[i]))
			fail_msg("refused after %s", s.text);
	assert_string_equal(s.text, (const char *)user);
}

static void test_http2_frames_are_the_same_at_every_split(void **state)
{
	static const char sent[] = GT_HTTP2_PREFACE SETTINGS FRAME("\0\6", "\4", "\0", "\0") "\0\3\0\0\0\x64" /* */
		FRAME("\0\3", "\1", "\4", "\1") "abc"							      /* HEADERS */
		FRAME("\0\4", "\0", "\0", "\1") "body"							      /* DATA */
		FRAME("\0\2", "\1", "\0", "\3") "de"			   /* in three pieces */
		FRAME("\0\0", "\x9", "\0", "\3")			   /* */
		FRAME("\0\1", "\x9", "\4", "\3") "f"			   /* */
		FRAME("\0\7", "\0", "\x8", "\1") "\3-on\0\0\0"		   /* padded DATA */
		FRAME("\0\4", "\x8", "\0", "\0") "\0\0\1\0"		   /* WINDOW_UPDATE */
		FRAME("\0\4", "\x8", "\0", "\1") "\0\0\1\0"		   /* */
		FRAME("\0\1", "\0", "\x9", "\1") "\0"			   /* padding of nothing */
		FRAME("\0\3", "\0", "\x9", "\3") "\2\0\0"		   /* padding only */
		FRAME("\0\xb", "\1", "\x2d", "\5") "\2\0\0\0\0\x10ghi\0\0" /* all of HEADERS */
		FRAME("\0\6", "\5", "\4", "\1") "\0\0\0\2jk"		   /* PUSH_PROMISE */
		FRAME("\0\5", "\2", "\0", "\7") "\0\0\0\0\1"		   /* PRIORITY */
		FRAME("\0\x8", "\6", "\0", "\0") "12345678"		   /* PING */
		FRAME("\0\3", "\xee", "\xff", "\x9") "ext"		   /* an extension */
		FRAME("\0\4", "\3", "\0", "\7") "\0\0\0\x8"		   /* RST_STREAM */
		FRAME("\0\xb", "\7", "\0", "\0") "\0\0\0\7\0\0\0\2bye"	   /* GOAWAY */
		FRAME("\0\0", "\0", "\1", "\x9");			   /* the end alone */

	(void)state;
	gt_every_split(sent, sizeof(sent) - 1, run, "H1[abc] D1:body H3[def] D1:-on E1 E3 H5[ghi]. P1[jk] R7:8 G7:2 E9");
}

static void test_http2_frames_that_cannot_be_are_refused(void **state)
{
#define ROW(bytes) { bytes, sizeof(bytes) - 1 }
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {
		ROW("PRI * HTTP/2.0\r\n\r\nSX"),
		ROW(GT_HTTP2_PREFACE FRAME("\0\0", "\0", "\0", "\1")), /* not SETTINGS first */
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\0", "\0", "\0", "\0")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\0", "\1", "\4", "\0")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\0", "\x9", "\4", "\1")), /* CONTINUATION of nothing */
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\1", "\1", "\0", "\1") "a" FRAME("\0\0", "\0", "\0", "\1")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\1", "\1", "\0", "\1") "a" FRAME("\0\0", "\x9", "\4", "\3")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\1", "\1", "\0", "\1") "a" FRAME("\0\0", "\xee", "\0", "\1")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\0", "\0", "\x8", "\1")), /* padded, without its length */
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\2", "\0", "\x8", "\1") "\2"),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\5", "\1", "\x2c", "\1")), /* too short for its priority */
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\3", "\3", "\0", "\1")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\7", "\6", "\0", "\0")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\5", "\4", "\0", "\0")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\0", "\4", "\0", "\1")),
		ROW(GT_HTTP2_PREFACE SETTINGS FRAME("\0\4", "\7", "\0", "\0")),
	};
#undef ROW

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http2_frames f;
		struct story s = { .len = 0 };

		gt_http2_frames_init(&f, true, block);
		if (feed(&f, &s, rows[i].p, rows[i].len))
			fail_msg("row %zu is accepted", i);
	}
}

static void test_http2_frames_of_a_block_beyond_the_bound_are_refused(void **state)
{
	static char part[16384], head[] = FRAME("\x40\0", "\1", "\0", "\1"), more[] = FRAME("\x40\0", "\x9", "\0", "\1");
	struct gt_http2_frames f, dry;
	struct story s = { .len = 0 };

	(void)state;
	gt_http2_frames_init(&f, false, block);
	assert_true(feed(&f, &s, SETTINGS, sizeof(SETTINGS) - 1));
	assert_true(feed(&f, &s, head, sizeof(head) - 1));
	assert_true(feed(&f, &s, part, sizeof(part)));
	assert_true(feed(&f, &s, more, sizeof(more) - 1));
	assert_true(feed(&f, &s, part, sizeof(part)));
	assert_true(feed(&f, &s, more, sizeof(more) - 1));
	dry = f;
	dry.block = NULL;
	assert_false(feed(&f, &s, part, 1));
	assert_false(feed(&dry, &s, part, 1));
}

/* A dry run finds the ends of the same blocks. */
static void test_http2_frames_of_a_dry_run_are_where_they_are(void **state)
{
	static const char sent[] = SETTINGS FRAME("\0\2", "\1", "\0", "\3") "de" FRAME("\0\1", "\x9", "\4", "\3") "f" FRAME(
		"\0\2", "\0", "\0", "\3") "xy" FRAME("\0\3", "\1", "\5", "\5") "ghi";
	struct gt_http2_frames f, dry;
	struct gt_http2_event ev, dry_ev;
	size_t at = 0, len = sizeof(sent) - 1;

	(void)state;
	gt_http2_frames_init(&f, false, block);
	gt_http2_frames_init(&dry, false, NULL);
	do {
		ssize_t n = gt_http2_feed(&f, sent + at, len - at, &ev);

		assert_int_equal(gt_http2_feed(&dry, sent + at, len - at, &dry_ev), n);
		assert_true(n >= 0);
		assert_int_equal(ev.kind, dry_ev.kind);
		assert_int_equal(ev.stream, dry_ev.stream);
		at += (size_t)n;
	} while (ev.kind != GT_HTTP2_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_http2_frames_are_the_same_at_every_split),
		GT_TEST(test_http2_frames_that_cannot_be_are_refused),
		GT_TEST(test_http2_frames_of_a_block_beyond_the_bound_are_refused),
		GT_TEST(test_http2_frames_of_a_dry_run_are_where_they_are),
	};

	return GT_TESTS(tests);
}
