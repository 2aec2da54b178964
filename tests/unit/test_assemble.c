/*
 * A case is a script of events and the exchanges that it must give. The events are separated by |. An event may begin with the
 * digit of its stream; the default is 1:
 *
 *	B  BM		BEGIN of a request: on a connection, of libcurl
 *	BB  BG		BEGIN of which no byte is copied; BEGIN after answers that were dropped
 *	Q  Q:bytes	request bytes, or libcurl's request body; QH:head libcurl's request head
 *	C		CUT: the rest of the request is not kept
 *	R:bytes		response bytes, or libcurl's response body; RH:head libcurl's response head
 *	G:n  F  P  PH	a gap, a fence, a placeholder, a placeholder with HEAD
 *	E:why		the end; curl=28, reset=104
 *	A  K		the process ends; it was killed
 *	?		prints the number of open exchanges
 *
 * The output has a line for each exchange: stream, outcome, status, "body" or its documents in angle brackets.
 */
#include "support/event_room.h"
#include "support/fail_nth.h"
#include "support/test.h"

#include <errno.h>

#include "exporter/exchange/assemble.h"

#define OK2	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CLOSE	"HTTP/1.1 200 OK\r\n\r\n"
#define SSE	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

static const char *const plain_request = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";

struct bench {
	struct gt_assemble *a;
	struct gt_event_room room;
	int64_t now_ms; /* time of the next event */
	char out[20000];
	size_t len;
	bool with_times, with_requests;
	int over;

	/* documents by exchange; they arrive before the exchange ends */
	struct {
		const struct gt_call *call;
		char text[2000];
	} docs[8];
};

static void say(struct bench *b, const char *format, ...) GT_PRINTF(2, 3);
static void say(struct bench *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	b->len += (size_t)vsnprintf(b->out + b->len, sizeof(b->out) - b->len, format, args);
	va_end(args);
	assert_true(b->len < sizeof(b->out));
}

static char *docs_of(struct bench *b, const struct gt_call *c)
{
	for (size_t i = 0; i < GT_ROWS(b->docs); i++) {
		if (b->docs[i].call == c || !b->docs[i].call) {
			b->docs[i].call = c;
			return b->docs[i].text;
		}
	}
	fail();
	return NULL;
}

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	char *text = docs_of(ctx, call);

	snprintf(text + strlen(text), 2000 - strlen(text), "<%.*s:%.*s>", GT_STR_ARG(event), GT_STR_ARG(data));
}

static void on_done(void *ctx, struct gt_call *c)
{
	static const char *const outcomes[] = { "complete", "cut", "abandoned", "failed", "unreadable", "killed", "never" };
	static const char *const damages[] = { "", " coding", " gap", " too_big", " memory", " framing" };
	struct bench *b = ctx;
	char *docs = docs_of(b, c);

	b->over++;
	assert_false(c->is_placeholder);
	assert_null(c->next);
	say(b, "%s", outcomes[c->outcome]);
	if (c->failure.len)
		say(b, " %.*s", GT_STR_ARG(c->failure));
	if (c->response.status)
		say(b, " %d", c->response.status);
	if (c->body.len)
		say(b, " \"%.*s\"", GT_STR_ARG(gt_buf_str(&c->body)));
	if (*docs)
		say(b, " %s", docs);
	say(b, "%s%s", damages[c->damage], c->is_request_cut ? " request_cut" : "");
	if (b->with_requests)
		say(b, " %.*s %.*s", GT_STR_ARG(c->request.target), GT_STR_ARG(gt_buf_str(&c->request_body)));
	if (b->with_times)
		say(b, " %d..%d..%d", (int)(c->began.ns / GT_NS_PER_MS), (int)(c->first_data.ns / GT_NS_PER_MS),
		    (int)(c->ended.ns / GT_NS_PER_MS));
	say(b, "\n");
	*docs = 0;
	for (size_t i = 0; i < GT_ROWS(b->docs); i++)
		if (b->docs[i].call == c)
			b->docs[i].call = NULL;
	gt_call_free(c);
}

/* ---------------------------------------------------------------- events */

static void put(struct bench *b, uint64_t stream, enum gt_event_type type, const void *data, size_t len)
{
	struct gt_mono at = { b->now_ms * GT_NS_PER_MS };

	gt_assemble_event(b->a, gt_event_room_make(&b->room, type, stream, at, data, len));
}

static void put_pieces(struct bench *b, uint64_t stream, enum gt_event_type type, struct gt_str s, size_t piece)
{
	for (size_t i = 0; i < s.len; i += piece)
		put(b, stream, type, s.p + i, s.len - i < piece ? s.len - i : piece);
}

static void put_end(struct bench *b, uint64_t stream, struct gt_str why)
{
	static const struct {
		struct gt_str name;
		enum gt_end_why why;
	} names[] = {
		{ { "closed", 6 }, GT_END_CLOSED },   { { "eof", 3 }, GT_END_EOF },	      { { "reset", 5 }, GT_END_RESET },
		{ { "curl", 4 }, GT_END_CURL },	      { { "lost", 4 }, GT_END_LOST },	      { { "never", 5 }, GT_END_NEVER },
		{ { "removed", 7 }, GT_END_REMOVED }, { { "complete", 8 }, GT_END_COMPLETE },
	};
	struct gt_str item;
	struct gt_end end = { 0 };

	assert_true(gt_str_next(&why, '=', &item));
	for (size_t i = 0; i < GT_ROWS(names); i++)
		if (gt_str_eq(names[i].name, item))
			end.why = (uint8_t)names[i].why;
	if (gt_str_next(&why, '=', &item))
		end.code = atoi(item.p);
	if (gt_str_next(&why, '=', &item))
		end.os_errno = atoi(item.p);
	put(b, stream, GT_EVENT_END, &end, sizeof(end));
}

static void put_begin(struct bench *b, uint64_t stream, struct gt_begin begin)
{
	struct gt_mono at = { b->now_ms * GT_NS_PER_MS };

	begin.api = GT_API_OPENAI_CHAT;
	begin.is_certain = true;
	gt_assemble_event(b->a, gt_event_room_begin(&b->room, stream, at, &begin, "host", "openai", NULL));
}

static void put_event(struct bench *b, struct gt_str e, size_t piece)
{
	uint64_t stream = 1;
	struct gt_str name, bytes;

	if (e.p[0] >= '0' && e.p[0] <= '9') {
		stream = (uint64_t)(e.p[0] - '0');
		e = gt_str_skip(e, 1);
	}
	name = gt_str_make(e.p, gt_str_find(e, ':'));
	bytes = gt_str_skip(e, name.len + 1);
	if (gt_str_eq(name, GT_STR("B")))
		put_begin(b, stream, (struct gt_begin){ .source = GT_SOURCE_STREAM });
	else if (gt_str_eq(name, GT_STR("BB")))
		put_begin(b, stream, (struct gt_begin){ .is_bare = true });
	else if (gt_str_eq(name, GT_STR("BG")))
		put_begin(b, stream, (struct gt_begin){ .is_after_gap = true });
	else if (gt_str_eq(name, GT_STR("BM")))
		put_begin(b, stream, (struct gt_begin){ .source = GT_SOURCE_MESSAGE });
	else if (gt_str_eq(name, GT_STR("Q")))
		put_pieces(b, stream, GT_EVENT_REQUEST, name.len == e.len ? gt_str_of(plain_request) : bytes, piece);
	else if (gt_str_eq(name, GT_STR("QH")))
		put(b, stream, GT_EVENT_REQUEST_HEAD, bytes.p, bytes.len);
	else if (gt_str_eq(name, GT_STR("C")))
		put(b, stream, GT_EVENT_REQUEST_CUT, NULL, 0);
	else if (gt_str_eq(name, GT_STR("R")))
		put_pieces(b, stream, GT_EVENT_RESPONSE, bytes, piece);
	else if (gt_str_eq(name, GT_STR("RH")))
		put(b, stream, GT_EVENT_RESPONSE_HEAD, bytes.p, bytes.len);
	else if (gt_str_eq(name, GT_STR("G")))
		put(b, stream, GT_EVENT_GAP, &(struct gt_gap){ (uint64_t)atoi(bytes.p) }, sizeof(struct gt_gap));
	else if (gt_str_eq(name, GT_STR("F")))
		put(b, stream, GT_EVENT_FENCE, NULL, 0);
	else if (gt_str_eq(name, GT_STR("P")) || gt_str_eq(name, GT_STR("PH")))
		put(b, stream, GT_EVENT_PLACEHOLDER, &(struct gt_placeholder){ name.len == 2 }, sizeof(struct gt_placeholder));
	else if (gt_str_eq(name, GT_STR("E")))
		put_end(b, stream, bytes);
	else if (gt_str_eq(name, GT_STR("A")))
		gt_assemble_end_all(b->a, (struct gt_mono){ b->now_ms * GT_NS_PER_MS });
	else if (gt_str_eq(name, GT_STR("K")))
		gt_assemble_end_killed(b->a);
	else if (gt_str_eq(name, GT_STR("?")))
		say(b, "%d open\n", (int)gt_assemble_open(b->a));
	else
		fail_msg("no such event: %.*s", GT_STR_ARG(e));
	b->now_ms += 10;
}

static void run(struct bench *b, const char *script, size_t piece)
{
	struct gt_str rest = gt_str_of(script), e;

	b->now_ms = 1000;
	b->len = 0;
	b->out[0] = 0;
	memset(b->docs, 0, sizeof(b->docs));
	gt_event_room_init(&b->room);
	b->a = gt_assemble_new(1000, on_document, on_done, b);
	while (b->a && gt_str_next(&rest, '|', &e))
		put_event(b, e, piece);
	gt_assemble_free(b->a);
	gt_event_room_free(&b->room);
}

struct row {
	const char *script, *want;
};

static void check_all(const struct row *rows, size_t n, bool with_requests)
{
	static const size_t pieces[] = { 16000, 1, 2, 3, 7, 20 };

	for (size_t i = 0; i < n; i++) {
		struct bench b = { .with_requests = with_requests };

		for (size_t k = 0; k < GT_ROWS(pieces); k++) {
			run(&b, rows[i].script, pieces[k]);
			if (strcmp(b.out, rows[i].want))
				print_error("in pieces of %zu: %s\n", pieces[k], rows[i].script);
			assert_string_equal(b.out, rows[i].want);
		}
		for (int f = 1; gt_fail_nth(f); f++)
			run(&b, rows[i].script, 50);
		gt_fail_none();
	}
}

#define CHECK(rows) check_all(rows, GT_ROWS(rows), false)

/* ---------------------------------------------------------------- framing */

static void test_assemble_a_response_ends_where_its_framing_says(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|R:" OK2 "ok|?|E:closed", "complete 200 \"ok\"\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n|?", "complete 200\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 204 No Content\r\n\r\n|?", "complete 204\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n|?", "complete 202\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n|?", "complete 304\n0 open\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\n1;ext=\"a\"\r\n!\r\n0\r\n\r\n|?", "complete 200 \"ok!\"\n0 open\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n|?", "complete 200 \"ok\"\n0 open\n" },
		{ "B|Q|R:" CHUNKED "0\r\n\r\n|?", "complete 200\n0 open\n" },
		{ "B|Q|R:" CLOSE "ok|?|E:eof", "1 open\ncomplete 200 \"ok\"\n" },
		{ "B|Q|R:" CLOSE "|E:eof", "complete 200\n" },
		{ "B|Q|R:HTTP/1.0 200 OK\n\nok|E:eof", "complete 200 \"ok\"\n" },
		{ "B|Q|R:" SSE "b\r\ndata: one\n\n\r\n0\r\n\r\n|?", "complete 200 <:one>\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		  "complete 200 \"ok\"\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok|E:eof", "complete 200 \"ok\"\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_assemble_interim_responses_are_passed_over(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|R:HTTP/1.1 100 Continue\r\n\r\n|?|R:" OK2 "ok", "1 open\ncomplete 200 \"ok\"\n" },
		{ "B|Q|R:HTTP/1.1 100 Continue\r\n\r\n" OK2 "ok|?", "complete 200 \"ok\"\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" CHUNKED
		  "2\r\nok\r\n0\r\n\r\n",
		  "complete 200 \"ok\"\n" },
		{ "B|Q|R:HTTP/1.1 100 Continue\r\n\r\n|E:eof", "cut\n" },
		/* after 101 the connection carries another protocol */
		{ "B|Q|R:HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x81\x05hello|?|R:\x81|E:eof",
		  "unreadable 101\n0 open\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_assemble_exchanges_follow_each_other_on_one_connection(void **state)
{
	char script[20000] = "", want[5000] = "";
	struct row many = { script, want };
	static const struct row rows[] = {
		{ "B|Q|R:" OK2 "aa|B|Q|R:" OK2 "bb|E:closed", "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|B|Q|?|R:" OK2 "aa" OK2 "bb|?", "2 open\ncomplete 200 \"aa\"\ncomplete 200 \"bb\"\n0 open\n" },
		{ "B|Q|B|Q|B|Q|R:" OK2 "aa" CHUNKED "2\r\nbb\r\n0\r\n\r\n" CLOSE "cc|?|E:eof",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n1 open\ncomplete 200 \"cc\"\n" },
		{ "B|Q|B|Q|R:" OK2 "aa|?|E:eof", "complete 200 \"aa\"\n1 open\ncut\n" },
		{ "B|Q|R:" OK2 "aa|R:left over|B|Q|R:" OK2 "bb", "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "1B|1Q|2B|2Q|2R:" OK2 "22|1R:" OK2 "11", "complete 200 \"22\"\ncomplete 200 \"11\"\n" },
		{ "1B|1Q|2B|2Q|1E:closed|?|2R:" OK2 "22", "abandoned\n1 open\ncomplete 200 \"22\"\n" },
	};

	(void)state;
	CHECK(rows);
	for (int i = 0; i < 100; i++) {
		sprintf(script + strlen(script), "B|Q|R:" OK2 "%02d|", i);
		sprintf(want + strlen(want), "complete 200 \"%02d\"\n", i);
	}
	strcat(script, "?");
	strcat(want, "0 open\n");
	check_all(&many, 1, false);
}

static void test_assemble_what_is_no_response_makes_the_open_ones_unreadable(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|B|Q|R:\x16\x03\x01 no http at all|?", "unreadable\nunreadable\n0 open\n" },
		{ "B|Q|R:" OK2 "aa|B|Q|R:PRI * HTTP/2.0\r\n\r\n|B|Q|R:" OK2 "cc",
		  "complete 200 \"aa\"\nunreadable\ncomplete 200 \"cc\"\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\nzz\r\n|?|R:" OK2 "no", "unreadable 200 \"ok\"\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n|?", "unreadable\n0 open\n" },
	};
	char head[70000] = "B|Q|R:HTTP/1.1 200 OK\r\nX: ";
	struct row too_long = { head, "unreadable\n0 open\n" };
	struct bench b = { 0 };

	(void)state;
	CHECK(rows);
	memset(head + strlen(head), 'x', 66000);
	strcat(head, "\r\n\r\n|?");
	run(&b, too_long.script, 16000);
	assert_string_equal(b.out, too_long.want);
}

/* ---------------------------------------------------------------- requests */

static void test_assemble_requests_are_kept_without_their_framing(void **state)
{
	static const struct row rows[] = {
		{ "B|Q:POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody|R:" OK2 "ok", "complete 200 \"ok\" /a body\n" },
		{ "B|Q:POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n|R:" OK2 "ok",
		  "complete 200 \"ok\" /a body\n" },
		{ "B|Q:GET /a HTTP/1.1\r\n\r\n|R:" OK2 "ok", "complete 200 \"ok\" /a \n" },
		{ "B|Q:POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n|Q:bo|C|R:" OK2 "ok",
		  "complete 200 \"ok\" request_cut /a bo\n" },
		{ "B|Q:POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\na|B|Q:POST /b HTTP/1.1\r\nContent-Length: 1\r\n\r\nb|R:" OK2
		  "aa" OK2 "bb",
		  "complete 200 \"aa\" /a a\ncomplete 200 \"bb\" /b b\n" },
		/* an answer to half a request, then the other half */
		{ "B|Q:POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo|R:HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n|Q:dy|?",
		  "complete 413 /a bo\n0 open\n" },
		{ "B|Q:POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo|R:" CHUNKED "2\r\nok\r\n|Q:dy|R:0\r\n\r\n",
		  "complete 200 \"ok\" /a body\n" },
	};
	char big[3000] = "B|Q:POST /a HTTP/1.1\r\nContent-Length: 1001\r\n\r\n";
	struct bench b = { 0 };

	(void)state;
	check_all(rows, GT_ROWS(rows), true);
	memset(big + strlen(big), 'q', 1001);
	strcat(big, "|R:" OK2 "ok");
	run(&b, big, 16000);
	assert_string_equal(b.out, "complete 200 \"ok\" request_cut\n");
}

/* A thread that receives may report before the thread that sent. */
static void test_assemble_an_answer_may_overtake_the_end_of_its_request(void **state)
{
#define AB "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
	static const struct row rows[] = {
		{ "B|R:" OK2 "ok|?|Q:" AB "|?", "1 open\ncomplete 200 \"ok\" /x ab\n0 open\n" },
		{ "B|Q:POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nab|R:" OK2 "ok|?|Q:cde|?",
		  "1 open\ncomplete 200 \"ok\" /x abcde\n0 open\n" },
		{ "B|Q:POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n|R:" OK2 "ok|?|Q:0\r\n\r\n|?",
		  "1 open\ncomplete 200 \"ok\" /x ab\n0 open\n" },
		{ "B|R:" OK2 "ok|Q:GET /x HTTP/1.1\r\nHost: h\r\n\r\n|?", "complete 200 \"ok\" /x \n0 open\n" },
		{ "B|R:" OK2 "okHTTP/1.1 200|R: OK|Q:" AB "|?", "complete 200 \"ok\" /x ab\n0 open\n" },
		/* the rest never comes: the pool had no room for it */
		{ "B|R:" OK2 "ok|C|?", "complete 200 \"ok\" request_cut  \n0 open\n" },
		{ "B|R:" OK2 "ok|E:closed", "complete 200 \"ok\" request_cut  \n" },
		{ "B|R:" OK2 "ok|A", "complete 200 \"ok\" request_cut  \n" },
		{ "B|R:" OK2 "ok|K", "complete 200 \"ok\" request_cut  \n" },
		{ "B|R:" OK2 "ok|B|Q:" AB "|R:" OK2 "no|?",
		  "complete 200 \"ok\" request_cut  \ncomplete 200 \"no\" /x ab\n0 open\n" },
		/* refused before it was sent: what follows belongs to it */
		{ "B|Q:POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nab|R:HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno|?|Q:cde",
		  "complete 413 \"no\" /x ab\n0 open\n" },
	};

	(void)state;
	check_all(rows, GT_ROWS(rows), true);
}

static void test_assemble_what_was_announced_and_not_sent_is_no_exchange(void **state)
{
	static const struct row rows[] = {
		{ "B|?|B|?|Q|R:" OK2 "ok", "1 open\nnever\n1 open\ncomplete 200 \"ok\"\n" },
		{ "B|Q|B|B|Q|R:" OK2 "aa" OK2 "bb", "never\ncomplete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|B|Q|B|B|Q|R:" OK2 "aa" OK2 "bb" OK2 "cc",
		  "never\ncomplete 200 \"aa\"\ncomplete 200 \"bb\"\ncomplete 200 \"cc\"\n" },
		{ "B|E:closed", "never\n" },
		{ "B|E:never", "never\n" },
		{ "B|A", "never\n" },
		{ "B|F|?", "never\n0 open\n" },
		{ "B", "never\n" },
		{ "B|Q|R:" SSE "b\r\ndata: one\n\n\r\n", "never 200 <:one>\n" }, /* freed without an end */
		{ "BM|QH:POST / HTTP/1.1\r\n\r\n|E:never", "never\n" },
		/* another request was sent instead, so the answer belongs to that request */
		{ "B|P|R:" OK2 "pp|B|Q|R:" OK2 "ok|?", "never\ncomplete 200 \"ok\"\n0 open\n" },
	};

	(void)state;
	CHECK(rows);
}

/* Memory was short. Every request that was sent is an exchange, whatever is known of it. */
static void test_assemble_requests_without_bytes_are_exchanges(void **state)
{
	static const struct row rows[] = {
		{ "BB|E:closed", "abandoned request_cut\n" },
		{ "BB|R:" OK2 "ok", "complete 200 \"ok\" request_cut\n" },
		{ "B|C|E:closed", "abandoned request_cut\n" },
		{ "BB|BG|Q|R:" OK2 "ok", "unreadable gap request_cut\ncomplete 200 \"ok\"\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab|BG|Q|R:" OK2 "ok",
		  "unreadable 200 \"ab\" gap\ncomplete 200 \"ok\"\n" },
		{ "BB|BB|R:" OK2 "aa" OK2 "bb", "complete 200 \"aa\" request_cut\ncomplete 200 \"bb\" request_cut\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_assemble_what_a_kill_left_open_is_killed(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|K|?", "killed\n0 open\n" },
		{ "B|K", "never\n" },
		{ "BB|K", "killed request_cut\n" },
		{ "B|Q|R:" OK2 "aa|B|Q|R:" OK2 "b|2B|2Q|K", "complete 200 \"aa\"\nkilled 200 \"b\"\nkilled\n" },
	};

	(void)state;
	CHECK(rows);
}

/* ---------------------------------------------------------------- events that are kept */

static struct gt_event *back[64];
static unsigned n_back, may_keep;

static bool keep(struct gt_event *e)
{
	(void)e;
	return may_keep-- > 0;
}

static void give_back(struct gt_event *e)
{
	back[n_back++] = e;
}

static void take(struct bench *b, uint64_t stream, enum gt_event_type type, const void *data, size_t len)
{
	static const struct gt_event_owner owner = { keep, give_back };

	struct gt_event *e = test_calloc(1, sizeof(*e) + len);

	e->type = (uint8_t)type;
	e->stream = stream;
	e->at = (struct gt_mono){ 1 };
	e->len = (uint32_t)len;
	memcpy(e->data, data, len);
	gt_assemble_take(b->a, e, &owner);
}

static void free_back(void)
{
	while (n_back)
		test_free(back[--n_back]);
}

static void take_exchange(struct bench *b, uint64_t stream)
{
	struct gt_begin begin = { .api = GT_API_OPENAI_CHAT };

	take(b, stream, GT_EVENT_BEGIN, &begin, sizeof(begin));
	take(b, stream, GT_EVENT_REQUEST, plain_request, strlen(plain_request));
	take(b, stream, GT_EVENT_RESPONSE, OK2 "o", strlen(OK2 "o"));
}

static void test_assemble_events_are_kept_until_their_exchange_is_over(void **state)
{
	struct bench b = { .now_ms = 1 };

	(void)state;
	b.a = gt_assemble_new(1000, on_document, on_done, &b);
	may_keep = 100;
	take_exchange(&b, 1);
	take_exchange(&b, 2);
	assert_int_equal(n_back, 0);
	take(&b, 1, GT_EVENT_RESPONSE, "k", 1);
	assert_int_equal(n_back, 4); /* also the last, and none of the other stream */
	for (unsigned i = 0; i < n_back; i++)
		assert_int_equal(back[i]->stream, 1);
	take(&b, 3, GT_EVENT_RESPONSE, "k", 1); /* of no exchange */
	assert_int_equal(n_back, 5);
	gt_assemble_free(b.a);
	assert_int_equal(n_back, 8);
	free_back();
}

/* What follows cannot be read without the event that is missing. */
static void test_assemble_when_an_event_is_not_kept_the_first_of_its_series_says_so(void **state)
{
	struct bench b = { .now_ms = 1 };

	(void)state;
	b.a = gt_assemble_new(1000, on_document, on_done, &b);
	may_keep = 2;
	take_exchange(&b, 1);
	assert_int_equal(n_back, 1);
	may_keep = 100;
	take(&b, 1, GT_EVENT_GAP, &(struct gt_gap){ 0 }, sizeof(struct gt_gap));
	assert_int_equal(n_back, 2);
	gt_assemble_free(b.a);
	assert_int_equal(n_back, 4);
	assert_int_equal(back[2]->type, GT_EVENT_BEGIN);
	assert_true(back[2]->is_partial);
	assert_false(back[3]->is_partial);
	free_back();
}

/* ---------------------------------------------------------------- other requests on the connection */

static void test_assemble_placeholders_take_their_answers_with_them(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|P|B|Q|?|R:" OK2 "aa" OK2 "pp" OK2 "bb|?", "3 open\ncomplete 200 \"aa\"\ncomplete 200 \"bb\"\n0 open\n" },
		{ "B|Q|P|B|Q|R:" OK2 "aa" CHUNKED "2\r\npp\r\n0\r\n\r\n" OK2 "bb",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|PH|B|Q|R:" OK2 "aa" OK2 OK2 "bb", "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|P|B|Q|R:" OK2 "aaHTTP/1.1 100 Continue\r\n\r\n" OK2 "pp" OK2 "bb",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|P|P|B|Q|R:" OK2 "aaHTTP/1.1 204 No\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 304 Same\r\n\r\n" OK2 "bb",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|P|R:" OK2 "aa|?|E:closed", "complete 200 \"aa\"\n1 open\n" },
		{ "B|Q|P|B|Q|R:" OK2 "aa" CLOSE "pp|E:eof", "complete 200 \"aa\"\ncut\n" },
		{ "B|Q|P|Q:not for us|R:" OK2 "aa" OK2 "pp|?", "complete 200 \"aa\"\n0 open\n" },
		{ "B|Q|P", "never\n" },
		/* also after bytes that are not an answer, and after an abandoned answer */
		{ "B|Q|R:" OK2 "aaHTTP/1.1|P|B|Q|R:" OK2 "pp" OK2 "bb|?",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n0 open\n" },
		{ "B|Q|R:" OK2 "a|F|P|B|Q|R:" OK2 "pp" OK2 "bb|?", "cut 200 \"a\"\ncomplete 200 \"bb\"\n0 open\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_assemble_a_fence_ends_what_is_open(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|R:" OK2 "aa|F|R:not for us|B|Q|R:" OK2 "bb", "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|R:" OK2 "a|F|?|R:whatever comes|B|Q|R:" OK2 "bb", "cut 200 \"a\"\n0 open\ncomplete 200 \"bb\"\n" },
		{ "B|Q|B|Q|F|?", "cut\ncut\n0 open\n" },
		{ "F|?", "0 open\n" },
	};

	(void)state;
	CHECK(rows);
}

/* ---------------------------------------------------------------- gaps */

static void test_assemble_gaps_are_bridged_where_the_framing_allows(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|G:3|R:ghi|?", "complete 200 \"abc\" gap\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n|G:3|R:defghi" OK2 "|?", "complete 200 gap\n0 open\n" },
		/* a gap up to the end of the message: the exchange is complete without further bytes */
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|G:6|?|B|Q|R:" OK2 "bb",
		  "complete 200 \"abc\" gap\n0 open\ncomplete 200 \"bb\"\n" },
		{ "B|Q|B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|G:6|R:" OK2 "bb",
		  "complete 200 \"abc\" gap\ncomplete 200 \"bb\"\n" },
		{ "B|Q|P|B|Q|R:" OK2 "aaHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|G:6|R:" OK2 "bb",
		  "complete 200 \"aa\"\ncomplete 200 \"bb\"\n" },
		{ "B|Q|R:" CLOSE "abc|G:1000000|R:def|E:eof", "complete 200 \"abc\" gap\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\ndata: t|G:3|R:data: three\n\n|E:eof",
		  "complete 200 <:one> gap\n" },
		/* a gap past the end, in a head, or in chunks: the connection is lost */
		{ "B|Q|B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|G:7|R:b|?",
		  "unreadable 200 \"abc\" gap\nunreadable\n0 open\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nCont|G:7|R:x|?", "unreadable gap\n0 open\n" },
		{ "B|Q|G:7|?", "unreadable gap\n0 open\n" },
		{ "B|Q|R:" CHUNKED "3\r\nabc\r\n|G:7|R:3\r\nghi\r\n0\r\n\r\n|?", "unreadable 200 \"abc\" gap\n0 open\n" },
		{ "B|Q|R:" SSE "b\r\ndata: one\n\n\r\n|G:7|?", "unreadable 200 <:one> gap\n0 open\n" },
		/* the next exchange is read again */
		{ "B|Q|R:" CHUNKED "3\r\nabc\r\n|G:7|R:0\r\n\r\n|B|Q|R:" OK2 "bb",
		  "unreadable 200 \"abc\" gap\ncomplete 200 \"bb\"\n" },
		{ "G:7|B|Q|R:" OK2 "ok|G:7|?", "complete 200 \"ok\"\n0 open\n" },
		{ "BM|QH:POST / HTTP/1.1\r\n\r\n|RH:HTTP/1.1 200 \r\n\r\n|R:abc|G:3|R:ghi|E:curl=0",
		  "complete 200 \"abc\" gap\n" },
	};

	(void)state;
	CHECK(rows);
}

/* ---------------------------------------------------------------- ends */

static void test_assemble_every_end_has_its_outcome(void **state)
{
	static const struct row rows[] = {
		/* no answer */
		{ "B|Q|E:closed", "abandoned\n" },
		{ "B|Q|E:eof", "cut\n" },
		{ "B|Q|E:reset=104", "failed connection_reset\n" },
		{ "B|Q|E:reset=110", "failed timeout\n" },
		{ "B|Q|E:reset=111", "failed connection_refused\n" },
		{ "B|Q|E:reset=113", "failed unreachable\n" },
		{ "B|Q|E:reset=32", "failed connection_reset\n" },
		{ "B|Q|E:lost", "unreadable\n" },
		{ "B|Q|A|?", "abandoned\n0 open\n" },
		/* half an answer */
		{ "B|Q|R:" OK2 "o|E:closed", "abandoned 200 \"o\"\n" },
		{ "B|Q|R:" OK2 "o|E:eof", "cut 200 \"o\"\n" },
		{ "B|Q|R:" OK2 "o|E:reset=104", "failed connection_reset 200 \"o\"\n" },
		{ "B|Q|R:" OK2 "o|E:lost", "unreadable 200 \"o\"\n" },
		{ "B|Q|R:" OK2 "o|A", "abandoned 200 \"o\"\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\n|E:eof", "cut 200 \"ok\"\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\n0\r\n|E:eof", "cut 200 \"ok\"\n" },
		{ "B|Q|R:" CLOSE "ok|E:closed", "abandoned 200 \"ok\"\n" },
		{ "B|Q|R:" CLOSE "ok|E:reset=104", "failed connection_reset 200 \"ok\"\n" },
		{ "B|Q|R:HTTP/1.1 20|E:eof", "cut\n" },
		{ "B|Q|R:" SSE "b\r\ndata: one\n\n\r\n9\r\ndata: two\r\n|E:closed", "abandoned 200 <:one><:two>\n" },
		/* several open exchanges */
		{ "B|Q|B|Q|R:" CLOSE "ok|E:eof", "complete 200 \"ok\"\ncut\n" },
		{ "B|Q|B|Q|R:" OK2 "o|E:reset=104", "failed connection_reset 200 \"o\"\nfailed connection_reset\n" },
	};

	(void)state;
	CHECK(rows);
}

#define M   "BM|QH:POST / HTTP/1.1\r\nhost: h\r\n\r\n|Q:{}|"
#define MOK M "RH:HTTP/1.1 200 \r\ncontent-type: application/json\r\n\r\n|"

static void test_assemble_a_transfer_of_libcurl_is_an_exchange(void **state)
{
	static const struct row rows[] = {
		{ MOK "R:ok|?|E:curl=0", "1 open\ncomplete 200 \"ok\"\n" },
		{ MOK "E:curl=0", "complete 200\n" },
		{ MOK "R:ok|?|E:complete", "1 open\ncomplete 200 \"ok\"\n" },
		{ M "RH:HTTP/1.1 200 \r\ncontent-type: text/event-stream\r\n\r\n|R:data: one\n\ndata: two|E:curl=0",
		  "complete 200 <:one><:two>\n" },
		{ MOK "R:o|E:removed", "abandoned 200 \"o\"\n" },
		{ M "E:curl=6", "failed dns_error\n" },
		{ M "E:curl=5", "failed dns_error\n" },
		{ M "E:curl=7", "failed connection_refused\n" },
		{ M "E:curl=7=111", "failed connection_refused\n" },
		{ M "E:curl=7=110", "failed timeout\n" },
		{ M "E:curl=7=101", "failed unreachable\n" },
		{ M "E:curl=28", "failed timeout\n" },
		{ M "E:curl=35", "failed tls_error\n" },
		{ M "E:curl=60", "failed tls_error\n" },
		{ MOK "R:o|E:curl=18", "failed connection_reset 200 \"o\"\n" },
		{ M "E:curl=52", "failed connection_reset\n" },
		{ M "E:curl=55", "failed connection_reset\n" },
		{ MOK "E:curl=56", "failed connection_reset 200\n" },
		{ MOK "R:o|E:curl=23", "abandoned cancelled 200 \"o\"\n" },
		{ MOK "E:curl=42", "abandoned cancelled 200\n" },
		{ M "E:curl=92", "failed _OTHER\n" },
		{ M "A", "abandoned\n" },
		/* the head had no room, or came too late */
		{ M "R:ok|E:curl=0", "complete gap\n" },
		{ M "R:{\"a\"|RH:HTTP/1.1 200 \r\n\r\n|R:1}|E:curl=0", "complete 200 gap\n" },
		/* a second head or end, which no source sends, changes nothing */
		{ MOK "R:o|RH:HTTP/1.1 500 \r\ncontent-type: text/event-stream\r\n\r\n|R:k|E:curl=0", "complete 200 \"ok\"\n" },
		{ M "RH:no head|R:x|E:curl=0", "complete gap\n" },
	};
	static const struct row heads[] = {
		{ "BM|QH:POST /a HTTP/1.1\r\nhost: h\r\n\r\n|Q:{|Q:}|RH:HTTP/1.1 200 \r\n\r\n|E:curl=0",
		  "complete 200 /a {}\n" },
		{ "BM|QH:POST /a HTTP/1.1\r\n\r\n|QH:POST /b HTTP/1.1\r\nlonger: head than before\r\n\r\n|Q:{}|E:curl=0",
		  "complete /a {}\n" },
		{ "BM|Q:{}|E:curl=0", "complete  {}\n" },
	};

	(void)state;
	CHECK(rows);
	check_all(heads, GT_ROWS(heads), true);
}

static void test_assemble_events_of_no_exchange_are_nothing(void **state)
{
	static const struct row rows[] = {
		{ "R:" OK2 "ok|Q|C|G:1|F|P|E:eof|QH:x|RH:HTTP/1.1 200 \r\n\r\n|A|?", "0 open\n" },
		{ "B|Q|R:" OK2 "ok|E:eof|R:" OK2 "no|Q|F|G:9|P|E:eof|?", "complete 200 \"ok\"\n0 open\n" },
		{ "B|Q|E:eof|B|Q|R:" OK2 "ok", "cut\ncomplete 200 \"ok\"\n" }, /* the number of a stream may be reused */
		{ "B|Q|A|R:" OK2 "no|E:closed|A", "abandoned\n" },
	};

	(void)state;
	CHECK(rows);
}

static void test_assemble_a_begin_that_says_more_than_it_holds_is_ignored(void **state)
{
	struct gt_begin begin = { .api = GT_API_OPENAI_CHAT, .is_certain = true };
	struct bench b = { 0 };

	(void)state;
	gt_event_room_init(&b.room);
	b.a = gt_assemble_new(1000, on_document, on_done, &b);
	put(&b, 1, GT_EVENT_BEGIN, &begin, sizeof(begin) - 1);
	begin.host_len = 1;
	put(&b, 1, GT_EVENT_BEGIN, &begin, sizeof(begin));
	begin = (struct gt_begin){ .host_len = UINT16_MAX, .provider_len = UINT16_MAX, .tracestate_len = UINT16_MAX };
	put(&b, 1, GT_EVENT_BEGIN, &begin, sizeof(begin));
	assert_int_equal(gt_assemble_open(b.a), 0);
	gt_assemble_free(b.a);
	gt_event_room_free(&b.room);
	gt_assemble_free(NULL);
}

/* ---------------------------------------------------------------- times */

/* Events are 10 ms apart, the first at 1000. The three times: beginning, first data, end. */
static void test_assemble_times_are_those_of_the_events(void **state)
{
	static const struct row rows[] = {
		{ "B|Q|R:" OK2 "|R:o|R:k|E:closed", "complete 200 \"ok\" 1000..1030..1040\n" },
		{ "B|Q|R:" OK2 "ok|E:closed", "complete 200 \"ok\" 1000..1020..1020\n" },
		{ "B|Q|R:HTTP/1.1 204 No\r\n|R:\r\n", "complete 204 1000..0..1030\n" },
		{ "B|Q|R:" CHUNKED "2\r\nok\r\n|R:0\r\n\r\n", "complete 200 \"ok\" 1000..1020..1020\n" },
		{ "B|Q|R:HTTP/1.1 100 Continue\r\n\r\n|R:" OK2 "ok", "complete 200 \"ok\" 1000..1030..1030\n" },
		{ "B|Q|R:" CLOSE "ok|?|E:eof", "1 open\ncomplete 200 \"ok\" 1000..1020..1020\n" },
		{ "B|Q|R:" OK2 "o|?|E:eof", "1 open\ncut 200 \"o\" 1000..1020..1040\n" },
		{ "B|Q|R:" OK2 "o|?|E:closed", "1 open\nabandoned 200 \"o\" 1000..1020..1040\n" },
		{ "B|Q|E:reset=104", "failed connection_reset 1000..0..1020\n" },
		{ "B|Q|R:" OK2 "o|?|?|F",
		  "1 open\n1 open\ncut 200 \"o\" 1000..1020..1020\n" }, /* a fence ends it at its last bytes */
		{ "B|Q|?|F", "1 open\ncut 1000..0..1030\n" },
		{ "B|Q|A", "abandoned 1000..0..1020\n" },
		{ "B|Q|B|Q|R:" OK2 "aa|R:" OK2 "bb",
		  "complete 200 \"aa\" 1000..1040..1040\ncomplete 200 \"bb\" 1020..1050..1050\n" },
		{ "B|Q|R:HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc|?|G:6",
		  "1 open\ncomplete 200 \"abc\" gap 1000..1020..1040\n" },
		{ MOK "R:o|R:k|?|E:curl=0", "1 open\ncomplete 200 \"ok\" 1000..1040..1070\n" },
		{ M "E:curl=28", "failed timeout 1000..0..1030\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bench b = { .with_times = true };

		run(&b, rows[i].script, 16000);
		assert_string_equal(b.out, rows[i].want);
	}
}

/* ---------------------------------------------------------------- anything */

static void test_assemble_any_series_of_events_ends_clean(void **state)
{
	static const char *const words[] = { "B",
					     "Q",
					     "BM",
					     "QH:POST / HTTP/1.1\r\n\r\n",
					     "C",
					     "R:" OK2 "ok",
					     "R:" CHUNKED,
					     "R:2\r\nok\r\n",
					     "R:0\r\n\r\n",
					     "R:" CLOSE,
					     "R:" SSE,
					     "R:b\r\ndata: one\n\n\r\n",
					     "RH:HTTP/1.1 200 \r\n\r\n",
					     "R:HTTP/1.1 100 C\r\n\r\n",
					     "G:2",
					     "G:100",
					     "F",
					     "P",
					     "PH",
					     "E:eof",
					     "E:closed",
					     "E:reset=104",
					     "E:curl=0",
					     "E:never",
					     "E:lost",
					     "A",
					     "R:garbage",
					     "R:HT",
					     "?" };
	struct gt_random r = gt_random_from(1234);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char script[2000] = "";
		struct bench b = { 0 };
		int begun = 0;

		for (int k = 0; k < 30; k++) {
			const char *w = words[gt_random_below(&r, gt_random_below(&r, 2) ? 2 : GT_ROWS(words))];

			begun += w[0] == 'B';
			sprintf(script + strlen(script), "%s%d%s", k ? "|" : "", 1 + (int)gt_random_below(&r, 3), w);
		}
		run(&b, script, 1 + gt_random_below(&r, 30));
		assert_int_equal(b.over, begun); /* every BEGIN ends exactly once */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_assemble_a_response_ends_where_its_framing_says),
		GT_TEST(test_assemble_interim_responses_are_passed_over),
		GT_TEST(test_assemble_exchanges_follow_each_other_on_one_connection),
		GT_TEST(test_assemble_what_is_no_response_makes_the_open_ones_unreadable),
		GT_TEST(test_assemble_requests_are_kept_without_their_framing),
		GT_TEST(test_assemble_an_answer_may_overtake_the_end_of_its_request),
		GT_TEST(test_assemble_what_was_announced_and_not_sent_is_no_exchange),
		GT_TEST(test_assemble_requests_without_bytes_are_exchanges),
		GT_TEST(test_assemble_what_a_kill_left_open_is_killed),
		GT_TEST(test_assemble_events_are_kept_until_their_exchange_is_over),
		GT_TEST(test_assemble_when_an_event_is_not_kept_the_first_of_its_series_says_so),
		GT_TEST(test_assemble_placeholders_take_their_answers_with_them),
		GT_TEST(test_assemble_a_fence_ends_what_is_open),
		GT_TEST(test_assemble_gaps_are_bridged_where_the_framing_allows),
		GT_TEST(test_assemble_every_end_has_its_outcome),
		GT_TEST(test_assemble_a_transfer_of_libcurl_is_an_exchange),
		GT_TEST(test_assemble_events_of_no_exchange_are_nothing),
		GT_TEST(test_assemble_a_begin_that_says_more_than_it_holds_is_ignored),
		GT_TEST(test_assemble_times_are_those_of_the_events),
		GT_TEST(test_assemble_any_series_of_events_ends_clean),
	};

	return GT_TESTS(tests);
}
