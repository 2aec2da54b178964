/*
 * The output is text, "event:data" in angle brackets: <ping:><:{}>. Every case is fed by gt_every_split.
 */
#include "support/documents.h"
#include "support/every_split.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include "exporter/exchange/stream.h"

#define MAX 200 /* cap of a line and of an event */

struct run {
	bool is_ndjson;
	struct gt_documents got;
	uint64_t lost;
	const char *want;
	uint64_t want_lost;
};

static void feed(struct run *r, const char *const piece[], const size_t len[], int n)
{
	gt_documents_clear(&r->got);
	if (r->is_ndjson) {
		struct gt_ndjson s;

		gt_ndjson_init(&s, MAX);
		for (int i = 0; i < n; i++)
			gt_ndjson_feed(&s, piece[i], len[i], gt_documents_add, &r->got);
		gt_ndjson_end(&s, gt_documents_add, &r->got);
		r->lost = s.lost;
		gt_ndjson_free(&s);
	} else {
		struct gt_sse s;

		gt_sse_init(&s, MAX);
		for (int i = 0; i < n; i++)
			gt_sse_feed(&s, piece[i], len[i], gt_documents_add, &r->got);
		gt_sse_end(&s, gt_documents_add, &r->got);
		r->lost = s.lost;
		gt_sse_free(&s);
	}
}

static void check_pieces(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *r = user;

	feed(r, piece, len, n);
	if (strlen(r->want) != r->got.len || memcmp(r->got.text, r->want, r->got.len) || r->lost != r->want_lost)
		print_error("in %d pieces, the first of %zu bytes, lost %d\n", n, len[0], (int)r->lost);
	assert_int_equal(r->got.len, strlen(r->want));
	assert_memory_equal(r->got.text, r->want, r->got.len);
	assert_int_equal(r->lost, r->want_lost);
}

static void check(bool is_ndjson, struct gt_str in, const char *want, uint64_t lost)
{
	struct run r = { .is_ndjson = is_ndjson, .want = want, .want_lost = lost };

	gt_every_split(in.p, in.len, check_pieces, &r);
}

struct row {
	struct gt_str in;
	const char *want;
};

#define ROW(in, want) { GT_STR(in), want }

static void check_all(bool is_ndjson, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(is_ndjson, rows[i].in, rows[i].want, 0);
}

/* ---------------------------------------------------------------- Server-Sent Events */

static void test_sse_events_of_the_standard(void **state)
{
	static const struct row rows[] = {
		ROW("", ""),
		ROW("\n\n\n", ""),
		ROW("data: one\n\n", "<:one>"),
		ROW("data:one\n\n", "<:one>"),
		ROW("data:  one\n\n", "<: one>"), /* one space only */
		ROW("data: one\n\ndata: two\n\n", "<:one><:two>"),
		ROW("event: ping\ndata: {}\n\n", "<ping:{}>"),
		ROW("data: {}\nevent: ping\n\n", "<ping:{}>"),
		ROW("event: a\nevent: b\ndata: x\n\n", "<b:x>"),
		ROW("event: a\n\ndata: x\n\n", "<:x>"), /* a name without data is dropped */
		ROW("event: a\ndata: x\n\ndata: y\n\n", "<a:x><:y>"),
		ROW("event: long\nevent: x\ndata: y\n\n", "<x:y>"),
		ROW("event:\ndata: x\n\n", "<:x>"),
		/* the examples of WHATWG HTML, 9.2.6 */
		ROW("data: YHOO\ndata: +2\ndata: 10\n\n", "<:YHOO\n+2\n10>"),
		ROW(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
		    "<:first event><:second event><: third event>"),
		ROW("data\n\ndata\ndata\n\n", "<:><:\n>"),
		ROW("data:test\n\ndata: test\n\n", "<:test><:test>"),
		/* other fields are ignored */
		ROW("id: 7\nretry: 1000\ndata: x\n\n", "<:x>"),
		ROW("retry: 1000\nid: a\ndata:\n\n", "<:>"), /* the priming event of MCP */
		ROW("id: 1\n\n", ""),
		ROW("datax: no\ndat: no\n data: no\nDATA: no\ndata: x\n\n", "<:x>"),
		ROW("no colon at all\n\n", ""),
		ROW(":\n:comment\n: OPENROUTER PROCESSING\n\ndata: x\n: in between\ndata: y\n\n", "<:x\ny>"),
		ROW("data: a:b: c\n\n", "<:a:b: c>"),
		ROW("data: [DONE]\n\n", "<:[DONE]>"),
	};

	(void)state;
	check_all(false, rows, GT_ROWS(rows));
}

static void test_sse_lines_end_in_lf_crlf_cr_and_any_mix(void **state)
{
	static const struct row rows[] = {
		ROW("data: a\r\n\r\ndata: b\r\n\r\n", "<:a><:b>"),
		ROW("data: a\r\rdata: b\r\r", "<:a><:b>"),
		ROW("data: a\r\n\ndata: b\n\r\n", "<:a><:b>"),
		ROW("data: a\r\ndata: b\rdata: c\ndata: d\r\r\n", "<:a\nb\nc\nd>"),
		ROW("\r\n\r\n\r\ndata: a\r\n\r\n", "<:a>"),
		ROW("\n\r\n\rdata: a\n\r", "<:a>"),
		ROW("event: e\r\ndata: a\r\n\r\n", "<e:a>"),
		ROW("data: a\r", "<:a>"),
		ROW("data: a\r\n\r", "<:a>"),
		ROW("data: a\n\rdata: b\n\r", "<:a><:b>"),
	};

	(void)state;
	check_all(false, rows, GT_ROWS(rows));
}

static void test_sse_last_event_needs_no_blank_line(void **state)
{
	static const struct row rows[] = {
		ROW("data: a", "<:a>"),
		ROW("data: a\n", "<:a>"),
		ROW("data: a\n\ndata: b", "<:a><:b>"),
		ROW("event: e\ndata: b\r", "<e:b>"),
		ROW("data", "<:>"),
		ROW("dat", ""),
		ROW("event: e", ""),
		ROW(": ping", ""),
		ROW("data: a\ndata", "<:a\n>"),
	};

	(void)state;
	check_all(false, rows, GT_ROWS(rows));
}

static void test_sse_a_byte_order_mark_is_skipped_at_the_start_only(void **state)
{
	static const struct row rows[] = {
		ROW("\xef\xbb\xbf"
		    "data: a\n\n",
		    "<:a>"),
		ROW("\xef\xbb\xbf\n\ndata: a\n\n", "<:a>"),
		ROW("\xef\xbb\xbf\xef\xbb\xbf"
		    "data: no\n\ndata: a\n\n",
		    "<:a>"),
		ROW("\n\xef\xbb\xbf"
		    "data: no\n\ndata: a\n\n",
		    "<:a>"),
		ROW("\xef\xbb\xbf", ""),
		ROW("\xef\xbb", ""),
		ROW("\xef\xbb"
		    "data: no\n\n",
		    ""),
	};

	(void)state;
	check_all(false, rows, GT_ROWS(rows));
}

static void test_sse_errors_without_a_data_field_are_documents(void **state)
{
	static const struct row rows[] = {
		/* Gemini */
		ROW("data: a\n\n{\n  \"error\": {\n    \"code\": 503\n  }\n}\n",
		    "<:a><:{\n  \"error\": {\n    \"code\": 503\n  }\n}>"),
		ROW("data: a\r\n\r\n{\"error\":{}}\r\n\r\ndata: b\r\n\r\n", "<:a><:{\"error\":{}}><:b>"),
		ROW("[{\n\"error\":1}\n]\n\n", "<:[{\n\"error\":1}\n]>"),
		ROW("event: error\n{\"a\":1}\n\n", "<error:{\"a\":1}>"),
		ROW("{\"a\":1}", "<:{\"a\":1}>"),
		/* a field ends it */
		ROW("{\"a\":1}\ndata: b\n\n", "<:{\"a\":1}><:b>"),
		ROW("{\"a\":1}\nevent: e\ndata: b\n\n", "<:{\"a\":1}><e:b>"),
		ROW("{\"a\":1}\n: ping\n\n", "<:{\"a\":1}>"),
		ROW("[DONE]\n\n", "<:[DONE]>"),
		/* data comes first: the rest is not a field */
		ROW("data: a\n{\"b\":1}\n\n", "<:a>"),
		ROW(" {\"a\":1}\n\n", ""),
		/* llama.cpp */
		ROW("data: a\n\nerror: {\"code\":500}\n\n", "<:a><error:{\"code\":500}>"),
		ROW("error:{\"code\":500}\n\ndata: a\n\n", "<error:{\"code\":500}><:a>"),
		ROW("error: busy\n\n", ""),
	};

	(void)state;
	check_all(false, rows, GT_ROWS(rows));
}

static void test_sse_bytes_of_any_value_go_through(void **state)
{
	struct run r = { .is_ndjson = false };
	static const char in[] = "event: a\0b\ndata: x\0y\xff\x80\n\n";

	(void)state;
	feed(&r, (const char *const[]){ in }, (const size_t[]){ sizeof(in) - 1 }, 1);
	assert_int_equal(r.got.len, 11);
	assert_memory_equal(r.got.text, "<a\0b:x\0y\xff\x80>", 11);
}

static void test_sse_long_event_names_are_cut(void **state)
{
	char in[MAX], want[MAX];
	int n = snprintf(in, sizeof(in), "event: %0100d\ndata: x\n\n", 0);

	(void)state;
	snprintf(want, sizeof(want), "<%0*d:x>", GT_STREAM_EVENT_MAX, 0);
	check(false, gt_str_make(in, (size_t)n), want, 0);
}

/* An event with a line or with data of more than MAX bytes is lost whole and counted once. Its neighbors are not
 * lost. */
static void test_sse_what_is_over_the_cap_is_lost_whole_and_counted(void **state)
{
	static const struct {
		const char *format;
		int width;
		const char *want; /* %s: a text of `width` bytes */
		int lost;
	} rows[] = {
		{ "data: %s\n\n", MAX - 6, "<:%s>", 0 },
		{ "data:%s\n\n", MAX - 5, "<:%s>", 0 },
		{ "data: a\n\ndata: %s\n\ndata: b\n\n", MAX - 5, "<:a><:b>", 1 },
		{ "data: a\n\ndata: %s\n\ndata: b\n\n", 3 * MAX, "<:a><:b>", 1 },
		{ "data: a\ndata: %s\ndata: b\n\ndata: c\n\n", 3 * MAX, "<:c>", 1 },
		{ "data: %s\ndata: b\n\ndata: c\n\n", 3 * MAX, "<:c>", 1 },
		{ "data: a\ndata: %s\n\ndata: c\n\n", MAX - 8,
		  "<:a\n%s>"
		  "<:c>",
		  0 },
		{ "data: aaaaaa\ndata: %s\n\ndata: c\n\n", MAX - 6, "<:c>", 1 }, /* together too long */
		{ "event: e\ndata: %s\n\ndata: c\n\n", MAX, "<:c>", 1 },
		{ "data: a\n\ndata: %s", 3 * MAX, "<:a>", 1 },
		{ "data: a\n\ndata: %s\n", 3 * MAX, "<:a>", 1 },
		{ "data: a\n\n%s\n\ndata: b\n\n", 3 * MAX, "<:a><:b>", 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char text[4 * MAX], in[6 * MAX], want[6 * MAX];

		memset(text, 'x', sizeof(text));
		text[rows[i].width] = 0;
		snprintf(in, sizeof(in), rows[i].format, text);
		snprintf(want, sizeof(want), rows[i].want, text);
		check(false, gt_str_of(in), want, (uint64_t)rows[i].lost);
	}
}

/* ---------------------------------------------------------------- newline-delimited JSON */

static void test_ndjson_every_line_is_a_document(void **state)
{
	static const struct row rows[] = {
		ROW("", ""),
		ROW("\n\r\n \t\n", ""),
		ROW("{\"a\":1}\n{\"b\":2}\n", "<:{\"a\":1}><:{\"b\":2}>"),
		ROW("{\"a\":1}\r\n{\"b\":2}\r\n", "<:{\"a\":1}><:{\"b\":2}>"),
		ROW("{\"a\":1}\n\n\n{\"b\":2}", "<:{\"a\":1}><:{\"b\":2}>"),
		ROW("{\"a\":1}", "<:{\"a\":1}>"),
		ROW(" {\"a\":1} \n", "<: {\"a\":1} >"),
		ROW("a\rb\n", "<:a\rb>"), /* a CR alone does not end a line */
		ROW("a\r", "<:a>"),
		ROW("\r", ""),
	};

	(void)state;
	check_all(true, rows, GT_ROWS(rows));
}

static void test_ndjson_lines_over_the_cap_are_lost_and_counted(void **state)
{
	static const struct {
		const char *format;
		int width;
		const char *want;
		int lost;
	} rows[] = {
		{ "%s\n", MAX, "<:%s>", 0 },
		{ "%s", MAX, "<:%s>", 0 },
		{ "%s\n", MAX + 1, "", 1 },
		{ "%s", MAX + 1, "", 1 },
		{ "a\n%s\nb\n", 3 * MAX, "<:a><:b>", 1 },
		{ "a\n%s", 3 * MAX, "<:a>", 1 },
		{ "a\n%s\n%s\nb", MAX + 1, "<:a><:b>", 2 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char text[4 * MAX], in[6 * MAX], want[6 * MAX];

		memset(text, 'x', sizeof(text));
		text[rows[i].width] = 0;
		snprintf(in, sizeof(in), rows[i].format, text, text);
		snprintf(want, sizeof(want), rows[i].want, text);
		check(true, gt_str_of(in), want, (uint64_t)rows[i].lost);
	}
}

/* ---------------------------------------------------------------- both */

static void compare_with_whole(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *whole = user, now = { .is_ndjson = whole->is_ndjson };

	feed(&now, piece, len, n);
	assert_int_equal(now.got.len, whole->got.len);
	assert_memory_equal(now.got.text, whole->got.text, whole->got.len);
	assert_int_equal(now.lost, whole->lost);
}

static void test_stream_random_text_gives_the_same_whatever_the_pieces(void **state)
{
	static const char *const words[] = { "data:", "data",	  " ", "\n", "\r",	     "\r\n",
					     "\n\n",  "event: x", ":", "{}", "\xef\xbb\xbf", "longer text" };
	struct gt_random r = gt_random_from(11);

	(void)state;
	for (int i = 0; i < 300; i++) {
		char in[600] = "";
		struct run whole = { .is_ndjson = i % 2 };
		size_t len;

		while (strlen(in) < 40 + (i % 7 == 0 ? 300u : 0))
			strcat(in, words[gt_random_below(&r, i % 7 == 0 ? 100 : 30) % GT_ROWS(words)]);
		len = strlen(in);
		feed(&whole, (const char *const[]){ in }, &len, 1);
		gt_every_split(in, len, compare_with_whole, &whole);
	}
}

static void test_stream_without_memory_counts_what_it_loses(void **state)
{
	static const char *const pieces[] = { "data: one\n", "\ndata: tw", "o\n\nda", "ta: three\n\n" };
	int n;

	(void)state;
	for (n = 1; gt_fail_nth(n); n++) {
		for (int kind = 0; kind < 2; kind++) {
			struct run r = { .is_ndjson = kind };
			size_t len[4];

			for (int i = 0; i < 4; i++)
				len[i] = strlen(pieces[i]);
			feed(&r, pieces, len, 4);
			assert_true(r.lost > 0 || strstr(r.got.text, "three"));
			assert_true(r.lost <= 1);
		}
	}
	gt_fail_none();
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_sse_events_of_the_standard),
		GT_TEST(test_sse_lines_end_in_lf_crlf_cr_and_any_mix),
		GT_TEST(test_sse_last_event_needs_no_blank_line),
		GT_TEST(test_sse_a_byte_order_mark_is_skipped_at_the_start_only),
		GT_TEST(test_sse_errors_without_a_data_field_are_documents),
		GT_TEST(test_sse_bytes_of_any_value_go_through),
		GT_TEST(test_sse_long_event_names_are_cut),
		GT_TEST(test_sse_what_is_over_the_cap_is_lost_whole_and_counted),
		GT_TEST(test_ndjson_every_line_is_a_document),
		GT_TEST(test_ndjson_lines_over_the_cap_are_lost_and_counted),
		GT_TEST(test_stream_random_text_gives_the_same_whatever_the_pieces),
		GT_TEST(test_stream_without_memory_counts_what_it_loses),
	};

	return GT_TESTS(tests);
}
