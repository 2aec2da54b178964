/*
 * The result of a run is a line of text, so tables can hold the expected results:
 *	GET /x		a request head		200		a response head
 *	"bytes"		its body, in one piece	.		the end of a message
 *	!		rejected for good	~		input ended inside a head
 *	+		input ended inside a body	=	and closing the connection then completes the message
 */
#include "support/test.h"

#include "shim/shared/http1.h"
#include "support/every_split.h"
#include "support/guard_page.h"

#define HEAD_MAX 16000

struct run {
	enum gt_http1_side side;
	bool no_body;
	char text[40000];
	size_t text_len;
	bool in_body;
};

static void say(struct run *r, const char *p, size_t len)
{
	assert_true(r->text_len + len < sizeof(r->text));
	memcpy(r->text + r->text_len, p, len);
	r->text_len += len;
	r->text[r->text_len] = 0;
}

static void word(struct run *r, const char *p, size_t len)
{
	if (r->text_len)
		say(r, " ", 1);
	say(r, p, len);
}

static void close_quote(struct run *r)
{
	if (r->in_body)
		say(r, "\"", 1);
	r->in_body = false;
}

static void on_event(struct run *r, const struct gt_http1_event *ev)
{
	char status[8];

	switch (ev->kind) {
	case GT_HTTP1_HEAD:
		if (r->side == GT_HTTP1_REQUEST) {
			word(r, ev->head.method.p, ev->head.method.len);
			word(r, ev->head.target.p, ev->head.target.len);
		} else {
			word(r, status, (size_t)snprintf(status, sizeof(status), "%d", ev->head.status));
		}
		break;
	case GT_HTTP1_DATA:
		assert_true(ev->data.len > 0);
		if (!r->in_body)
			word(r, "\"", 1);
		r->in_body = true;
		say(r, ev->data.p, ev->data.len);
		break;
	case GT_HTTP1_END:
		close_quote(r);
		word(r, ".", 1);
		break;
	case GT_HTTP1_MORE:
		break;
	}
}

/* Feeds the pieces as conn.c does: the unread part of a head is put before the next piece. */
static void feed_pieces(void *user, const char *const piece[], const size_t len[], int n)
{
	struct run *r = user;
	struct gt_http1_event ev;
	struct gt_http1 h;
	char *left = NULL;
	size_t n_left = 0;
	bool refused = false;

	r->text_len = 0;
	r->text[0] = 0;
	r->in_body = false;
	gt_http1_init(&h, r->side, HEAD_MAX);
	h.has_no_body = r->no_body;
	for (int i = 0; i < n && !refused; i++) {
		size_t all = n_left + len[i], at = 0;
		char *buf;

		left = realloc(left, all + 1);
		if (len[i])
			memcpy(left + n_left, piece[i], len[i]);
		buf = gt_guard_end(left, all);
		do {
			bool wants_head = gt_http1_wants_head(&h);
			ssize_t used = gt_http1_feed(&h, buf + at, all - at, &ev);

			if (used < 0) {
				refused = true;
				break;
			}
			assert_true((size_t)used <= all - at);
			if (ev.kind == GT_HTTP1_HEAD) {
				/* lines may be added after the line feed before the blank line */
				assert_true(wants_head);
				assert_true(ev.head.len <= (size_t)used && ev.head.insert_at < ev.head.len);
				assert_int_equal(buf[at + (size_t)used - (ev.head.len - ev.head.insert_at) - 1], '\n');
			}
			on_event(r, &ev);
			at += (size_t)used;
		} while (ev.kind != GT_HTTP1_MORE);
		n_left = refused ? 0 : all - at;
		if (n_left) {
			assert_true(gt_http1_wants_head(&h)); /* only heads are offered again */
			memmove(left, left + at, n_left);
		}
		gt_guard_free(buf, all);
	}
	close_quote(r);
	free(left);
	if (refused) {
		word(r, "!", 1);
		assert_int_equal(gt_http1_feed(&h, "GET / HTTP/1.1\r\n\r\n", 18, &ev), -1);
		return;
	}
	if (gt_http1_wants_head(&h)) {
		if (n_left)
			word(r, "~", 1);
	} else {
		word(r, "+", 1);
		if (gt_http1_close(&h))
			word(r, "=", 1);
	}
}

struct row {
	const char *in;
	size_t len;
	const char *expected;
	bool no_body;
};

#define ROW(in, expected)	  { in, sizeof(in) - 1, expected, false }
#define ROW_NO_BODY(in, expected) { in, sizeof(in) - 1, expected, true }

struct expectation {
	struct run run;
	const struct row *row;
};

static void check_pieces(void *user, const char *const piece[], const size_t len[], int n)
{
	struct expectation *e = user;

	feed_pieces(&e->run, piece, len, n);
	if (strcmp(e->run.text, e->row->expected)) {
		print_error("input: %s\n%d pieces, the first of %zu bytes\n", e->row->in, n, len[0]);
		assert_string_equal(e->run.text, e->row->expected);
	}
}

static void check_rows(enum gt_http1_side side, const struct row *rows, size_t n)
{
	static struct expectation e;

	for (size_t i = 0; i < n; i++) {
		e.row = &rows[i];
		e.run.side = side;
		e.run.no_body = rows[i].no_body;
		gt_every_split(rows[i].in, rows[i].len, check_pieces, &e);
	}
}

#define CHECK(side, rows) check_rows(side, rows, GT_ROWS(rows))

/* ---------------------------------------------------------------- requests */

static void test_http1_request_heads(void **state)
{
	static const struct row rows[] = {
		ROW("", ""),
		ROW("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.1\r\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.0\r\n\r\n", "GET / ."),
		ROW("\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / ."),
		ROW("\nGET / HTTP/1.1\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "GET / . GET /b ."),
		ROW("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS * ."),
		ROW("CONNECT a:443 HTTP/1.1\r\n\r\n", "CONNECT a:443 ."),
		ROW("GET http://a/b?c=d HTTP/1.1\r\n\r\n", "GET http://a/b?c=d ."),
		ROW("M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n", "M-SEARCH * ."),
		ROW("GET /\xc3\xa4\xff HTTP/1.1\r\n\r\n", "GET /\xc3\xa4\xff ."),
		ROW("GET / HTTP/1.1\r\nx:\r\ny: \r\nz:a:b\r\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.1\r\nx: a\0b\xff\r\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.1\r\nHos", "~"),
		ROW("GET / HTTP/1.1\r\nHost: a\r\n", "~"),
		ROW("GET / HTTP/1.1\r\nHost: a\r\n\r", "~"),
		ROW("GE", "~"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_bare_line_feeds_end_lines_too(void **state)
{
	static const struct row rows[] = {
		ROW("GET / HTTP/1.1\nHost: a\n\n", "GET / ."),
		ROW("GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.1\nHost: a\r\n\n", "GET / ."),
		ROW("POST / HTTP/1.1\ncontent-length: 2\n\nab\n\nGET / HTTP/1.1\n\n", "POST / \"ab\" . GET / ."),
		ROW("POST / HTTP/1.1\ntransfer-encoding: chunked\n\n2\nab\n0\n\n", "POST / \"ab\" ."),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_folded_lines_belong_to_the_field_before(void **state)
{
	static const struct row rows[] = {
		ROW("GET / HTTP/1.1\r\nx: a\r\n b\r\n\tc: d\r\n\r\n", "GET / ."),
		ROW("GET / HTTP/1.1\r\nx: a\r\n content-length: 5\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "GET / . GET /b ."),
		/* such a length is ambiguous, and the next request would begin at the wrong byte */
		ROW("POST / HTTP/1.1\r\ncontent-length: 1\r\n 2\r\n\r\nabcdefghijkl", "!"),
		ROW("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n , gzip\r\n\r\n0\r\n\r\n", "!"),
		ROW("POST / HTTP/1.1\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_pipelined_requests_are_distinguished(void **state)
{
	static const struct row rows[] = {
		ROW("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n", "GET /1 . GET /2 . GET /3 ."),
		ROW("POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /3 HTTP/1.1\r\n\r\n",
		    "POST /1 \"abc\" . POST /2 . GET /3 ."),
		ROW("POST /1 HTTP/1.1\r\nContent-Length: 37\r\n\r\nPOST /evil HTTP/1.1\r\nHost: evil\r\n\r\nabGET /2 HTTP/1.1\r\n\r\n",
		    "POST /1 \"POST /evil HTTP/1.1\r\nHost: evil\r\n\r\nab\" . GET /2 ."),
		ROW("POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbodyGET /2 HTTP/1.1\r\n\r\n",
		    "POST /1 \"body\" . GET /2 ."),
		ROW("POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", "POST /1 \"abc\" +"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_chunk_framing_is_removed(void **state)
{
#define POST "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	static const struct row rows[] = {
		ROW(POST "5\r\nhello\r\n0\r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "POST / \"hello world\" . GET /2 ."),
		ROW(POST "0\r\n\r\n", "POST / ."),
		ROW(POST "00000000000000000005\r\nhello\r\n000\r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "A\r\n0123456789\r\n1b\r\nabcdefghijklmnopqrstuvwxyz!\r\n0\r\n\r\n",
		    "POST / \"0123456789abcdefghijklmnopqrstuvwxyz!\" ."),
		ROW(POST "5;name=value\r\nhello\r\n0;last\r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "5;name=\"a;b\"\r\nhello\r\n0\r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "5 \t;x\r\nhello\r\n0\r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "5 \r\nhello\r\n0 \r\n\r\n", "POST / \"hello\" ."),
		ROW(POST "0\r\nTrailer: a\r\nB: c\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "POST / . GET /2 ."),
		ROW(POST "5\r\nhe\r\no\r\n0\r\n\r\n", "POST / \"he\r\no\" ."),
		ROW(POST "13\r\n0\r\n\r\nGET /evil HTTP\r\n0\r\n\r\n", "POST / \"0\r\n\r\nGET /evil HTTP\" ."),
		ROW(POST "5\r\nhel", "POST / \"hel\" +"),
		ROW(POST "5\r\nhello", "POST / \"hello\" +"),
		ROW(POST "5\r\nhello\r\n", "POST / \"hello\" +"),
		ROW(POST "5\r\nhello\r\n0\r\n", "POST / \"hello\" +"),
		ROW(POST "5\r\nhello\r\n0\r\n\r", "POST / \"hello\" +"),
		ROW(POST "fffffffffffffff\r\nabc", "POST / \"abc\" +"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_chunk_size_split_across_reads_is_joined(void **state)
{
	static struct expectation e;
	static const struct row row = ROW(POST "1\r\nx\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", "");
	const char *size = strstr(row.in, "1a\r\n");
	size_t at = (size_t)(size - row.in) + 1;

	(void)state;
	e.run.side = GT_HTTP1_REQUEST;
	feed_pieces(&e.run, (const char *const[]){ row.in, row.in + at }, (size_t[]){ at, row.len - at }, 2);
	assert_string_equal(e.run.text, "POST / \"xabcdefghijklmnopqrstuvwxyz\" .");
}

static void test_http1_bad_chunks_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW(POST "g\r\n", "POST / !"),
		ROW(POST "\r\n", "POST / !"),
		ROW(POST ";x\r\n", "POST / !"),
		ROW(POST " 5\r\nhello", "POST / !"),
		ROW(POST "-5\r\nhello", "POST / !"),
		ROW(POST "+5\r\nhello", "POST / !"),
		ROW(POST "0x5\r\nhello", "POST / !"),
		ROW(POST "5\0\r\nhello", "POST / !"),
		ROW(POST "10000000000000000\r\nabc", "POST / !"),
		ROW(POST "ffffffffffffffffffff\r\nabc", "POST / !"),
		ROW(POST "5\r\nhelloX\r\n", "POST / \"hello\" !"),
		ROW(POST "5\r\nhello\rX", "POST / \"hello\" !"),
		ROW(POST "5\r\nhello\r\r\n", "POST / \"hello\" !"),
		ROW(POST "5\r\nhello5\r\nhello", "POST / \"hello\" !"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_other_protocols_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW("*1\r\n$4\r\nPING\r\n", "!"), /* redis */
		ROW("PING\r\n", "!"),		  /* redis, inline */
		ROW("GET key\r\n", "!"),	  /* redis or memcached */
		ROW("SET key value\r\n", "!"),
		ROW("set key 0 0 5\r\nhello\r\n", "!"),			  /* memcached */
		ROW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "!"), /* TLS ClientHello */
		ROW("EHLO host\r\n", "!"),				  /* SMTP */
		ROW("MAIL FROM:<a@b>\r\n", "!"),
		ROW("USER anonymous\r\n", "!"), /* FTP */
		ROW("SSH-2.0-OpenSSH_9.2\r\n", "!"),
		ROW("\x00\x00\x00\x08\x04\xd2\x16\x2f", "!"),		      /* postgres SSLRequest */
		ROW("\x00\x00\x00\x52\x00\x03\x00\x00user\0me\0", "!"),	      /* postgres startup */
		ROW("\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00", "!"), /* yamux */
		ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!"),		      /* h2 preface */
		ROW("\x05\x01\x00", "!"),				      /* SOCKS5 */
		ROW("OPTIONS rtsp://a RTSP/1.0\r\n\r\n", "!"),
		ROW("INVITE sip:a@b SIP/2.0\r\n\r\n", "!"),
		ROW("{\"jsonrpc\":\"2.0\"}\n", "!"),
		ROW("HTTP/1.1 200 OK\r\n\r\n", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_bad_request_lines_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW("get / HTTP/1.1\r\n\r\n", "!"),
		ROW("Get / HTTP/1.1\r\n\r\n", "!"),
		ROW(" GET / HTTP/1.1\r\n\r\n", "!"),
		ROW("GET  / HTTP/1.1\r\n\r\n", "!"),
		ROW("GET /  HTTP/1.1\r\n\r\n", "!"),
		ROW("GET / HTTP/1.1 \r\n\r\n", "!"),
		ROW("GET / HTTP/1.10\r\n\r\n", "!"),
		ROW("GET / HTTP/2.0\r\n\r\n", "!"),
		ROW("GET / HTTP/1.\r\n\r\n", "!"),
		ROW("GET / HTTP/1.x\r\n\r\n", "!"),
		ROW("GET / http/1.1\r\n\r\n", "!"),
		ROW("GET /\r\n\r\n", "!"),
		ROW("GET\r\n\r\n", "!"),
		ROW("GET / \r\n\r\n", "!"),
		ROW("GET /a\tb HTTP/1.1\r\n\r\n", "!"),
		ROW("GET /a\0b HTTP/1.1\r\n\r\n", "!"),
		ROW("GET /a\x7f HTTP/1.1\r\n\r\n", "!"),
		ROW("GET\t/ HTTP/1.1\r\n\r\n", "!"),
		ROW("AB / HTTP/1.1\r\n\r\n", "!"),
		ROW("ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\r\n\r\n", "!"),
		ROW("ABCDEFGHIJKLMNOPQRSTUVW", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_bad_fields_are_refused(void **state)
{
#define GET "GET / HTTP/1.1\r\n"
	static const struct row rows[] = {
		ROW(GET "no colon\r\n\r\n", "!"),    ROW(GET ": no name\r\n\r\n", "!"),
		ROW(GET "a b: c\r\n\r\n", "!"),	     ROW(GET "Content-Length : 5\r\n\r\n", "!"),
		ROW(GET "a\0b: c\r\n\r\n", "!"),     ROW(GET "a(b: c\r\n\r\n", "!"),
		ROW(GET "\xc3\xa4: c\r\n\r\n", "!"), ROW(GET "a: b\r\n\rc: d\r\n\r\n", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_lengths_that_disagree_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW(GET "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "GET / \"ab\" ."),
		ROW(GET "Content-Length: 2, 2\r\n\r\nab", "GET / \"ab\" ."),
		ROW(GET "Content-Length: 02\r\n\r\nab", "GET / \"ab\" ."),
		ROW(GET "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab", "!"),
		ROW(GET "Content-Length: 0\r\nContent-Length: 3\r\n\r\nab", "!"),
		ROW(GET "Content-Length: 2, 3\r\n\r\nab", "!"),
		ROW(GET "Content-Length: 2,\r\n\r\nab", "!"),
		ROW(GET "Content-Length:\r\n\r\n", "!"),
		ROW(GET "Content-Length: -1\r\n\r\n", "!"),
		ROW(GET "Content-Length: +1\r\n\r\na", "!"),
		ROW(GET "Content-Length: 1a\r\n\r\na", "!"),
		ROW(GET "Content-Length: 0x1\r\n\r\na", "!"),
		ROW(GET "Content-Length: 1 1\r\n\r\na", "!"),
		ROW(GET "Content-Length: 9223372036854775807\r\n\r\nabc", "GET / \"abc\" +"),
		ROW(GET "Content-Length: 9223372036854775808\r\n\r\nabc", "!"),
		ROW(GET "Content-Length: 99999999999999999999999\r\n\r\nabc", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

static void test_http1_requests_with_odd_codings_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW(GET "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "GET / \"a\" ."),
		ROW(GET "Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "GET / \"a\" ."),
		ROW(GET "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding: gzip\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na", "!"),
		ROW(GET "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding: x, not-chunked\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", "!"),
		ROW(GET "Transfer-Encoding:\r\n\r\n", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_REQUEST, rows);
}

/* ---------------------------------------------------------------- responses */

static void test_http1_response_bodies(void **state)
{
#define OK "HTTP/1.1 200 OK\r\n"
	static const struct row rows[] = {
		ROW(OK "Content-Length: 5\r\n\r\nhello", "200 \"hello\" ."),
		ROW(OK "Content-Length: 5\r\n\r\nhelloHTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", "200 \"hello\" . 404 ."),
		ROW(OK "Content-Length: 0\r\n\r\n", "200 ."),
		ROW(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 \"hello\" ."),
		/* RFC 9112, 6.3: transfer coding beats length */
		ROW(OK "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "200 \"ab\" ."),
		ROW(OK "\r\nuntil the end", "200 \"until the end\" + ="),
		ROW(OK "\r\n", "200 + ="),
		ROW("HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 500 no\r\n\r\n", "200 \"HTTP/1.1 500 no\r\n\r\n\" + ="),
		ROW(OK "Transfer-Encoding: gzip\r\n\r\nxyz", "200 \"xyz\" + ="),
		ROW(OK "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nxyz", "200 \"xyz\" + ="),
		ROW(OK "Content-Length: 5\r\n\r\nhel", "200 \"hel\" +"),
		ROW(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "200 \"hello\" +"),
		ROW("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 ."),
		ROW("HTTP/1.1 999 What Is This\r\nContent-Length: 0\r\n\r\n", "999 ."),
		ROW("HTTP/1.1 20", "~"),
	};

	(void)state;
	CHECK(GT_HTTP1_RESPONSE, rows);
}

static void test_http1_responses_without_body(void **state)
{
	static const struct row rows[] = {
		ROW("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
		    "204 . 200 \"a\" ."),
		ROW("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
		    "304 . 200 \"a\" ."),
		ROW("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
		    "100 . 103 . 200 \"a\" ."),
		ROW("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello", "101 . !"),
		ROW_NO_BODY(OK "Content-Length: 5\r\n\r\n" OK "Transfer-Encoding: chunked\r\n\r\n", "200 . 200 ."),
		ROW_NO_BODY(OK "\r\n" OK "\r\n", "200 . 200 ."),
	};

	(void)state;
	CHECK(GT_HTTP1_RESPONSE, rows);
}

static void test_http1_bad_responses_are_refused(void **state)
{
	static const struct row rows[] = {
		ROW("ICY 200 OK\r\n\r\n", "!"),
		ROW("RTSP/1.0 200 OK\r\n\r\n", "!"),
		ROW("HTTP/2.0 200 OK\r\n\r\n", "!"),
		ROW("HTTP/1.1 099 X\r\n\r\n", "!"),
		ROW("HTTP/1.1 20 X\r\n\r\n", "!"),
		ROW("HTTP/1.1 2000 X\r\n\r\n", "!"),
		ROW("HTTP/1.1  200 X\r\n\r\n", "!"),
		ROW("HTTP/1.1 2x0 X\r\n\r\n", "!"),
		ROW("HTTP/1.1\r\n\r\n", "!"),
		ROW("\r\nHTTP/1.1 200 OK\r\n\r\n", "!"),
		ROW("220 smtp.example.com ESMTP\r\n", "!"),
		ROW(OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "!"),
		ROW(OK "bad field\r\n\r\n", "!"),
	};

	(void)state;
	CHECK(GT_HTTP1_RESPONSE, rows);
}

/* ---------------------------------------------------------------- limits */

static char *long_head(size_t len)
{
	char *p = malloc(len + 1);
	int n = sprintf(p, "GET / HTTP/1.1\r\nx: ");

	memset(p + n, 'a', len - (size_t)n);
	memcpy(p + len - 4, "\r\n\r\n", 5);
	return p;
}

static void test_http1_a_head_of_just_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
	static struct expectation e;
	struct row row;

	(void)state;
	for (size_t len = HEAD_MAX - 1; len <= HEAD_MAX + 1; len++) {
		char *p = long_head(len);

		row = (struct row){ p, len, len <= HEAD_MAX ? "GET / ." : "!", false };
		e.row = &row;
		e.run.side = GT_HTTP1_REQUEST;
		gt_every_split(p, len, check_pieces, &e);
		free(p);
	}
}

static void test_http1_a_head_that_never_ends_is_refused_at_the_limit(void **state)
{
	struct gt_http1_event ev;
	struct gt_http1 h;
	char *p = long_head(2 * HEAD_MAX);

	(void)state;
	gt_http1_init(&h, GT_HTTP1_REQUEST, HEAD_MAX);
	for (size_t len = 1; len < HEAD_MAX; len++)
		assert_int_equal(gt_http1_feed(&h, p, len, &ev), 0);
	assert_int_equal(gt_http1_feed(&h, p, HEAD_MAX, &ev), -1);
	free(p);
}

static void test_http1_endless_chunk_lines_and_trailers_are_refused(void **state)
{
	static const struct {
		const char *start, *filler;
	} rows[] = {
		{ POST, "0" },	    /* digits */
		{ POST "5;", "x" }, /* an extension */
		{ POST "0\r\n", "trailer: field\r\n" },
		{ POST "0\r\n", "trailer" },
		{ POST "0\r\n", "\r" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct gt_http1_event ev;
		struct gt_http1 h;
		size_t fed = 0, n = strlen(rows[i].filler);
		const char *p = rows[i].start;
		size_t len = strlen(p);

		gt_http1_init(&h, GT_HTTP1_REQUEST, HEAD_MAX);
		while (len) {
			ssize_t used = gt_http1_feed(&h, p, len, &ev);

			assert_true(used > 0);
			p += used;
			len -= (size_t)used;
		}
		while (gt_http1_feed(&h, rows[i].filler, n, &ev) == (ssize_t)n && fed < 1 << 20)
			fed += n;
		assert_in_range(fed, 1000, 20000);
	}
}

/* ---------------------------------------------------------------- fields of a head */

static ssize_t parse(enum gt_http1_side side, const char *z, struct gt_http1_head *out)
{
	return gt_http1_parse_head(side, z, strlen(z), NULL, out);
}

static void test_http1_lines_may_be_added_just_before_the_blank_line(void **state)
{
	static const struct {
		const char *head;
		bool crlf;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", true },
		{ "GET / HTTP/1.1\nHost: a\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: a\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: a\n b\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: a\r\n b\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\n", false },
		{ "GET / HTTP/1.1\n\n", false },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char text[256];
		struct gt_http1_head h, again;
		size_t at;

		assert_int_equal(parse(GT_HTTP1_REQUEST, rows[i].head, &h), strlen(rows[i].head));
		assert_int_equal(h.len, strlen(rows[i].head));
		assert_int_equal(h.has_crlf, rows[i].crlf);
		at = h.insert_at;
		sprintf(text, "%.*sadded: line\r\n%s", (int)at, rows[i].head, rows[i].head + at);
		assert_int_equal(parse(GT_HTTP1_REQUEST, text, &again), strlen(text));
		assert_str(gt_http1_field(&again, GT_STR("Added")), "line");
		assert_int_equal(again.insert_at, at + strlen("added: line\r\n"));
	}
}

static void test_http1_fields_are_trimmed_and_found_in_any_case(void **state)
{
	struct gt_http1_head h;
	struct gt_str rest, name, value;
	int n = 0;

	(void)state;
	assert_true(parse(GT_HTTP1_REQUEST,
			  "GET / HTTP/1.1\r\nA: 1\r\nb:\t two \t\r\n folded\r\nC:\r\na: 3\nContent-Length: 7\r\n\r\n", &h) > 0);
	assert_str(gt_http1_field(&h, GT_STR("a")), "1");
	assert_str(gt_http1_field(&h, GT_STR("B")), "two");
	assert_str(gt_http1_field(&h, GT_STR("c")), "");
	assert_non_null(gt_http1_field(&h, GT_STR("c")).p);
	assert_null(gt_http1_field(&h, GT_STR("d")).p);
	assert_null(gt_http1_field(&h, GT_STR("folded")).p);
	assert_int_equal(h.content_length, 7);
	rest = h.fields;
	while (gt_http1_next_field(&rest, &name, &value))
		n++;
	assert_int_equal(n, 5);
	assert_true(parse(GT_HTTP1_REQUEST, "GET / HTTP/1.1\r\n\r\n", &h) > 0);
	assert_null(gt_http1_field(&h, GT_STR("a")).p);
	assert_int_equal(h.content_length, GT_HTTP1_NO_LENGTH);
	assert_int_equal(h.minor, 1);
	assert_true(parse(GT_HTTP1_RESPONSE, "HTTP/1.0 200 OK\r\nX: y\r\n\r\n", &h) > 0);
	assert_int_equal(h.minor, 0);
	assert_int_equal(h.status, 200);
}

static void test_http1_head_parser_never_reads_outside(void **state)
{
	static const char head[] = "POST /v1/x HTTP/1.1\r\nHost: a\r\n b\r\nContent-Length: 5\r\n\r\n";

	(void)state;
	for (int side = 0; side < 2; side++) {
		for (size_t len = 0; len < sizeof(head); len++) {
			char *end = gt_guard_end(head, len), *begin = gt_guard_begin(head, len);
			struct gt_http1_head h;

			for (size_t scanned = 0; scanned <= len; scanned++) {
				size_t s = scanned;

				gt_http1_parse_head((enum gt_http1_side)side, end, len, &s, &h);
				s = scanned;
				gt_http1_parse_head((enum gt_http1_side)side, begin, len, &s, &h);
			}
			gt_guard_free(end, len);
			gt_guard_free(begin, len);
		}
	}
}

static void test_http1_a_binary_protocol_is_refused_at_its_first_byte(void **state)
{
	struct gt_http1_head h;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c, *p = gt_guard_end(&byte, 1);
		bool may = (c >= 'A' && c <= 'Z') || c == '-' || c == '_';

		assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, p, 1, NULL, &h), may ? 0 : -1);
		assert_int_equal(gt_http1_parse_head(GT_HTTP1_RESPONSE, p, 1, NULL, &h), c == 'H' ? 0 : -1);
		gt_guard_free(p, 1);
	}
	assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, "GET key\r\n", 9, NULL, &h), -1);
}

static void test_http1_a_head_of_no_bytes_or_of_fewer_than_before_has_no_end(void **state)
{
	struct gt_http1_head h;
	size_t scanned = 0;
	char *p = gt_guard_end("POST", 4);

	(void)state;
	assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, NULL, 0, NULL, &h), 0);
	assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, "POST / HTTP/1.1\r\n", 17, &scanned, &h), 0);
	assert_int_equal(scanned, 17);
	assert_int_equal(gt_http1_parse_head(GT_HTTP1_REQUEST, p, 4, &scanned, &h), 0);
	gt_guard_free(p, 4);
}

/* ---------------------------------------------------------------- gaps and ends */

static struct gt_http1 after_head(const char *head)
{
	struct gt_http1_event ev;
	struct gt_http1 h;

	gt_http1_init(&h, GT_HTTP1_RESPONSE, HEAD_MAX);
	assert_int_equal(gt_http1_feed(&h, head, strlen(head), &ev), strlen(head));
	assert_int_equal(ev.kind, GT_HTTP1_HEAD);
	return h;
}

static void test_http1_a_gap_is_passed_over_only_where_the_end_is_known(void **state)
{
	struct gt_http1_event ev;
	struct gt_http1 h;

	(void)state;
	h = after_head(OK "Content-Length: 10\r\n\r\n");
	assert_false(gt_http1_skip(&h, 11));
	assert_true(gt_http1_skip(&h, 9));
	assert_int_equal(gt_http1_feed(&h, "x", 1, &ev), 1);
	assert_int_equal(ev.kind, GT_HTTP1_DATA);
	assert_int_equal(gt_http1_feed(&h, "", 0, &ev), 0);
	assert_int_equal(ev.kind, GT_HTTP1_END);

	h = after_head(OK "Content-Length: 10\r\n\r\n");
	assert_true(gt_http1_skip(&h, 10));
	assert_int_equal(gt_http1_feed(&h, "", 0, &ev), 0);
	assert_int_equal(ev.kind, GT_HTTP1_END);
	assert_true(gt_http1_wants_head(&h));
	assert_false(gt_http1_skip(&h, 1));

	h = after_head(OK "\r\n");
	assert_true(gt_http1_skip(&h, UINT64_MAX));
	h = after_head(OK "Transfer-Encoding: chunked\r\n\r\n");
	assert_false(gt_http1_skip(&h, 1));
}

static void test_http1_closing_completes_only_what_has_no_other_end(void **state)
{
	struct gt_http1 h;
	struct gt_http1_event ev;

	(void)state;
	h = after_head(OK "\r\n");
	assert_true(gt_http1_close(&h));
	assert_int_equal(gt_http1_feed(&h, "HTTP/1.1", 8, &ev), -1);
	h = after_head(OK "Content-Length: 1\r\n\r\n");
	assert_false(gt_http1_close(&h));
	h = after_head(OK "Content-Length: 0\r\n\r\n");
	assert_true(gt_http1_close(&h));
	h = after_head(OK "Transfer-Encoding: chunked\r\n\r\n");
	assert_false(gt_http1_close(&h));
	gt_http1_init(&h, GT_HTTP1_RESPONSE, HEAD_MAX);
	assert_false(gt_http1_close(&h));
}

static void test_http1_no_body_concerns_the_next_response_only_while_it_is_set(void **state)
{
	struct gt_http1_event ev;
	struct gt_http1 h;
	static const char head[] = OK "Content-Length: 2\r\n\r\n";

	(void)state;
	gt_http1_init(&h, GT_HTTP1_RESPONSE, HEAD_MAX);
	h.has_no_body = true;
	assert_int_equal(gt_http1_feed(&h, head, sizeof(head) - 1, &ev), sizeof(head) - 1);
	assert_int_equal(gt_http1_feed(&h, NULL, 0, &ev), 0);
	assert_int_equal(ev.kind, GT_HTTP1_END);
	h.has_no_body = false;
	assert_int_equal(gt_http1_feed(&h, head, sizeof(head) - 1, &ev), sizeof(head) - 1);
	assert_int_equal(gt_http1_feed(&h, "ab", 2, &ev), 2);
	assert_int_equal(ev.kind, GT_HTTP1_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_http1_request_heads),
		GT_TEST(test_http1_bare_line_feeds_end_lines_too),
		GT_TEST(test_http1_folded_lines_belong_to_the_field_before),
		GT_TEST(test_http1_pipelined_requests_are_distinguished),
		GT_TEST(test_http1_chunk_framing_is_removed),
		GT_TEST(test_http1_chunk_size_split_across_reads_is_joined),
		GT_TEST(test_http1_bad_chunks_are_refused),
		GT_TEST(test_http1_other_protocols_are_refused),
		GT_TEST(test_http1_bad_request_lines_are_refused),
		GT_TEST(test_http1_bad_fields_are_refused),
		GT_TEST(test_http1_lengths_that_disagree_are_refused),
		GT_TEST(test_http1_requests_with_odd_codings_are_refused),
		GT_TEST(test_http1_response_bodies),
		GT_TEST(test_http1_responses_without_body),
		GT_TEST(test_http1_bad_responses_are_refused),
		GT_TEST(test_http1_a_head_of_just_the_limit_is_taken_and_one_byte_more_is_not),
		GT_TEST(test_http1_a_head_that_never_ends_is_refused_at_the_limit),
		GT_TEST(test_http1_endless_chunk_lines_and_trailers_are_refused),
		GT_TEST(test_http1_lines_may_be_added_just_before_the_blank_line),
		GT_TEST(test_http1_fields_are_trimmed_and_found_in_any_case),
		GT_TEST(test_http1_head_parser_never_reads_outside),
		GT_TEST(test_http1_a_binary_protocol_is_refused_at_its_first_byte),
		GT_TEST(test_http1_a_head_of_no_bytes_or_of_fewer_than_before_has_no_end),
		GT_TEST(test_http1_a_gap_is_passed_over_only_where_the_end_is_known),
		GT_TEST(test_http1_closing_completes_only_what_has_no_other_end),
		GT_TEST(test_http1_no_body_concerns_the_next_response_only_while_it_is_set),
	};

	return GT_TESTS(tests);
}
