/*
 * Events of several streams, in any order, with any content. The same bytes in other pieces must give the same spans.
 *
 * The data is a list of events separated by `|`. An event is the digit of its stream, a letter, and what the letter
 * needs. Streams 1 to 4 are connections, 5 to 9 are libcurl transfers.
 *
 *	B  BEGIN: the number of the API; a `c` after it: not certain; an `i`: this process is the server
 *	N  PARENT (connections)
 *	Q  REQUEST: bytes of the stream, or of a transfer's body	H  a transfer's request head
 *	R  RESPONSE: bytes of the stream, or of a transfer's body	h  a transfer's response head
 *	C  REQUEST_CUT							G  GAP: the number of dropped bytes
 *	F  FENCE (connections)						P  PLACEHOLDER; p: of a HEAD request (connections)
 *	E  END: the number of the reason, modulo 8, a `,` and the code	A  the process ends: all streams end
 */
#include "../unit/support/feed.h"
#include "../unit/support/span_text.h"
#include "exporter/mcp/mcp_memory.h"
#include "span_check.h"

#define LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n"
#define CHAT	  "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"

/* Each byte above 0x7f is replaced with one of these. */
static const char *const words[] = {
	"|1B1|1Q",
	"|1R",
	"|5B1|5H" CHAT "\r\n|5Q",
	"|5h" LENGTH("2") "|5R",
	CHAT "Content-Length: 36\r\n\r\n{\"model\":\"gpt-4o\",\"messages\":[\"x\"]}\n",
	CHAT "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	LENGTH("2") "{}",
	LENGTH("0"),
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 101 X\r\n\r\n",
	"HTTP/1.1 429 X\r\nContent-Length: 33\r\n\r\n{\"error\":{\"type\":\"a\",\"code\":\"b\"}}",
	"Content-Encoding: gzip\r\n",
	"\r\n\r\n",
	"\r\n",
	"data: {\"id\":\"i\",\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n",
	"data: [DONE]\n\n",
	"{\"model\":\"m\",\"done\":true,\"eval_count\":5}\n",
	"[{\"candidates\":[{\"finishReason\":\"STOP\"}]},\n{",
	"event: message_delta\ndata: {\"usage\":{\"output_tokens\":7}}\n\n",
	"5\r\ndata:\r\n",
	"0\r\n\r\n",
	"|1F",
	"|1P",
	"|1p",
	"|1G5",
	"|1E",
	"|2B5|2Q",
	"|2R",
	"|1B11i|1QPOST /mcp HTTP/1.1\r\nMcp-Session-Id: s\r\nTransfer-Encoding: chunked\r\n\r\n",
	"|1B11|1QPOST /mcp HTTP/1.1\r\nMcp-Session-Id: s\r\nContent-Length: 36\r\n\r\n",
	"|1N",
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"_meta\":{\"traceparent\":\"00-ee02030405060708090a0b0c0d0e0f10-00000000000000aa-01\"}}}",
	"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}\n\n",
	"|1B11|1QDELETE /mcp HTTP/1.1\r\nMcp-Session-Id: s\r\n\r\n",
	"\xc3\xa9",
	"\xff",
	"id: e1\nretry: 5\ndata: \n\n",
	"|2B11|2QGET /mcp HTTP/1.1\r\nMcp-Session-Id: s\r\nLast-Event-ID: e1\r\n\r\n|2R",
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
	"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true}}\n\n",
	"|1E0,0",
};

#define DATA_MAX (128u << 10) /* a longer text has thousands of spans, and each is encoded nine times */

struct run {
	struct gt_feed feed;
	struct fuzz_input *cut; /* NULL: pieces are as long as an event allows */
};

/* Cuts the number at the start of `*s` off, and a comma that follows it. Returns the number, or 0 without digits. */
static int number(struct gt_str *s)
{
	int v = 0;

	while (s->len && s->p[0] >= '0' && s->p[0] <= '9' && v < 100000) {
		v = v * 10 + (s->p[0] - '0');
		*s = gt_str_skip(*s, 1);
	}
	if (s->len && s->p[0] == ',')
		*s = gt_str_skip(*s, 1);
	return v;
}

static void put_pieces(struct run *r, uint64_t stream, enum gt_event_type type, struct gt_str s)
{
	while (s.len) {
		size_t n = fuzz_piece(r->cut, s.len);

		n = n < 16000 ? n : 16000;
		gt_feed_put(&r->feed, stream, type, s.p, n);
		s = gt_str_skip(s, n);
	}
}

static void put_begin(struct run *r, uint64_t stream, struct gt_str s)
{
	struct gt_begin b = gt_feed_plain_begin((enum gt_api)(number(&s) % GT_API_COUNT));

	b.source = stream < 5 ? GT_SOURCE_STREAM : GT_SOURCE_MESSAGE;
	b.is_certain = !s.len || s.p[0] != 'c';
	b.is_inbound = s.len && s.p[0] == 'i';
	gt_feed_begin(&r->feed, stream, &b, "h", "openai");
}

static void put_on_connection(struct run *r, uint64_t stream, char what)
{
	struct gt_placeholder placeholder = { .has_no_body = what == 'p' };

	struct gt_new_parent parent = { .context = gt_feed_plain_begin(GT_API_MCP).context,
					.parent = { { 8 } },
					.has_link = true };

	if (what == 'N')
		gt_feed_put(&r->feed, stream, GT_EVENT_PARENT, &parent, sizeof(parent));
	else if (what == 'F')
		gt_feed_put(&r->feed, stream, GT_EVENT_FENCE, NULL, 0);
	else if (what == 'P' || what == 'p')
		gt_feed_put(&r->feed, stream, GT_EVENT_PLACEHOLDER, &placeholder, sizeof(placeholder));
}

static void put_on_transfer(struct run *r, uint64_t stream, char what, struct gt_str s)
{
	s.len = s.len < 16000 ? s.len : 16000;
	if (what == 'H')
		gt_feed_put(&r->feed, stream, GT_EVENT_REQUEST_HEAD, s.p, s.len);
	else if (what == 'h')
		gt_feed_put(&r->feed, stream, GT_EVENT_RESPONSE_HEAD, s.p, s.len);
}

static void put(struct run *r, uint64_t stream, char what, struct gt_str s)
{
	struct gt_gap gap;
	int why;

	switch (what) {
	case 'B':
		put_begin(r, stream, s);
		break;
	case 'Q':
		put_pieces(r, stream, GT_EVENT_REQUEST, s);
		break;
	case 'R':
		put_pieces(r, stream, GT_EVENT_RESPONSE, s);
		break;
	case 'C':
		gt_feed_put(&r->feed, stream, GT_EVENT_REQUEST_CUT, NULL, 0);
		break;
	case 'G':
		gap.bytes = (uint64_t)number(&s);
		gt_feed_put(&r->feed, stream, GT_EVENT_GAP, &gap, sizeof(gap));
		break;
	case 'E':
		why = number(&s);
		gt_feed_end(&r->feed, stream, (enum gt_end_why)(why % 8), number(&s));
		break;
	case 'A':
		gt_assemble_end_all(r->feed.assemble, r->feed.now);
		FUZZ_CHECK(gt_assemble_open(r->feed.assemble) == 0);
		break;
	default:
		if (stream < 5)
			put_on_connection(r, stream, what);
		else
			put_on_transfer(r, stream, what, s);
	}
}

static void tell_spans(struct gt_feed *f, struct fuzz_text *out)
{
	static const struct gt_naming naming;
	struct gt_span *s;

	while ((s = gt_feed_take(f))) {
		char *text = gt_span_text_of(s);

		span_check(s);
		span_check_encodings(s, &naming);
		fuzz_say(out, text, strlen(text));
		fuzz_say(out, "\n", 1);
		free(text);
		gt_span_free(s);
	}
	fuzz_say_int(out, f->over);
	fuzz_say_int(out, f->documents);
}

static struct fuzz_text run(const struct fuzz_input *in, size_t body_max, struct fuzz_input *cut)
{
	struct gt_str rest = gt_str_make(in->data, in->len), item;
	struct fuzz_text out = { NULL, 0, 0 };
	struct gt_mcp_memory *mcp = gt_mcp_memory_new();
	struct run r = { .cut = cut };

	FUZZ_CHECK(gt_feed_init(&r.feed, body_max));
	r.feed.run.mcp = mcp;
	while (gt_str_next(&rest, '|', &item))
		if (item.len > 1 && item.p[0] >= '1' && item.p[0] <= '9')
			put(&r, (uint64_t)(item.p[0] - '0'), item.p[1], gt_str_skip(item, 2));
	gt_assemble_end_all(r.feed.assemble, r.feed.now);
	FUZZ_CHECK(gt_assemble_open(r.feed.assemble) == 0);
	gt_feed_expire(&r.feed, true);
	tell_spans(&r.feed, &out);
	gt_feed_free(&r.feed);
	gt_mcp_memory_free(mcp);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	size_t body_max = fuzz_below(&in, 2) ? 300 : 1 << 20;
	struct fuzz_text whole;

	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), DATA_MAX);
	whole = run(&in, body_max, NULL);
	for (int round = 0; round < 2; round++) {
		struct fuzz_text cut = run(&in, body_max, &in);

		fuzz_same(&whole, &cut);
		fuzz_text_free(&cut);
	}
	fuzz_text_free(&whole);
	fuzz_input_free(&in);
	return 0;
}
