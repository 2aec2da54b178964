#include "support/event_frames.h"
#include "support/event_room.h"
#include "support/every_split.h"
#include "support/exchange_case.h"
#include "support/fail_nth.h"
#include "support/guard_page.h"
#include "support/test.h"

#include "exporter/exchange/call.h"

#define BODY_MAX 1000

/* One call, and its documents in angle brackets. */
struct bench {
	struct gt_call *c;
	char docs[4000];
	const char *head, *want_docs, *want_body; /* for gt_every_split */
	enum gt_body_kind want_kind;
};

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	struct bench *b = ctx;

	assert_true(!b->c || call == b->c);
	assert_true(strlen(b->docs) + event.len + data.len + 4 < sizeof(b->docs));
	sprintf(b->docs + strlen(b->docs), "<%.*s:%.*s>", GT_STR_ARG(event), GT_STR_ARG(data));
}

static void begin(struct bench *b, enum gt_source source)
{
	struct gt_begin begin = { .source = (uint8_t)source, .api = GT_API_OPENAI_CHAT, .port = 443 };
	struct gt_event_room room;

	gt_event_room_init(&room);
	b->docs[0] = 0;
	b->c = gt_call_new(gt_event_room_begin(&room, 1, (struct gt_mono){ 77 }, &begin, "host", "openai", "a=b"), BODY_MAX,
			   on_document, b);
	gt_event_room_free(&room);
}

static void head(struct bench *b, const char *fields)
{
	char text[1000];

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%s\r\n", fields);
	gt_call_response_head(b->c, (struct gt_mono){ 100 }, gt_str_of(text));
}

static void body(struct bench *b, struct gt_str bytes)
{
	gt_call_response_body(b->c, (struct gt_mono){ 200 }, bytes);
}

/* ---------------------------------------------------------------- begin and request */

static void test_call_new_copies_what_the_event_says(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	assert_str(b.c->host, "host");
	assert_str(b.c->provider, "openai");
	assert_str(b.c->tracestate, "a=b");
	assert_int_equal(b.c->begin.port, 443);
	assert_int_equal(b.c->began.ns, 77);
	assert_int_equal(b.c->outcome, GT_OUTCOME_COMPLETE);
	assert_false(b.c->is_request_seen);
	assert_null(gt_call_request_field(b.c, "host").p);
	assert_null(gt_call_response_field(b.c, "content-type").p);
	gt_call_free(b.c);
	gt_call_free(NULL);
}

static void check_request(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench b = { 0 };

	begin(&b, GT_SOURCE_STREAM);
	for (int i = 0; i < n; i++)
		gt_call_request_bytes(b.c, gt_str_make(piece[i], len[i]));
	assert_true(b.c->is_request_seen);
	assert_str(gt_buf_str(&b.c->request_body), user);
	assert_str(b.c->request.target, "/v1/chat/completions");
	assert_str(gt_call_request_field(b.c, "mcp-name"), "1");
	assert_str(gt_call_request_field(b.c, "Mcp-Method"), "2");
	assert_false(b.c->is_request_cut);
	gt_call_free(b.c);
}

static void test_call_requests_in_any_pieces_are_read(void **state)
{
	static const struct {
		const char *bytes, *body;
	} rows[] = {
		{ "POST /v1/chat/completions HTTP/1.1\r\nMcp-Name: 1\r\nmcp-method: 2\r\nContent-Length: 11\r\n\r\n{\"a\":\"\xe2\x82\xac\"}",
		  "{\"a\":\"\xe2\x82\xac\"}" },
		{ "POST /v1/chat/completions HTTP/1.1\r\nmcp-name: 1\r\nMcp-Method: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2;x=y\r\n1}\r\n0\r\nT: z\r\n\r\n",
		  "{\"a\":1}" },
		{ "GET /v1/chat/completions HTTP/1.1\r\nmcp-name: 1\r\nmcp-method: 2\r\n\r\n", "" },
		{ "\r\n\r\nGET /v1/chat/completions HTTP/1.1\r\nmcp-name: 1\r\nmcp-method: 2\r\n\r\n", "" },
		/* the rest belongs to another request */
		{ "POST /v1/chat/completions HTTP/1.1\r\nmcp-name: 1\r\nmcp-method: 2\r\nContent-Length: 2\r\n\r\n{}POST /other HTTP/1.1\r\nmcp-name: 3\r\n\r\n",
		  "{}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		gt_every_split(rows[i].bytes, strlen(rows[i].bytes), check_request, (void *)rows[i].body);
}

static void test_call_what_follows_a_request_is_not_read(void **state)
{
	static const char *const pieces[] = { "\r\n", "POST / HTTP/1.1\r\nHOST: h\r\n", "ACCE",
					      "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "{\"a\":\"b\"}" };
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	gt_call_request_bytes(b.c, GT_STR("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"));
	for (size_t i = 0; i < GT_ROWS(pieces); i++) {
		char *p = gt_guard_end(pieces[i], strlen(pieces[i]));

		gt_call_request_bytes(b.c, gt_str_make(p, strlen(pieces[i])));
		gt_guard_free(p, strlen(pieces[i]));
	}
	assert_str(gt_buf_str(&b.c->request_body), "{}");
	assert_false(b.c->is_request_cut);
	gt_call_free(b.c);
}

static void check_cut_request(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench b = { 0 };

	begin(&b, GT_SOURCE_MESSAGE);
	for (int i = 0; i < n; i++)
		gt_call_request_body(b.c, gt_str_make(piece[i], len[i]));
	assert_true(b.c->is_request_cut);
	assert_int_equal(b.c->request_body.len, BODY_MAX);
	assert_memory_equal(b.c->request_body.data, user, BODY_MAX);
	gt_call_free(b.c);
}

/* When only the body identifies the API, the result must not depend on the pieces it came in. */
static void test_call_of_a_request_over_the_cap_the_first_bytes_are_kept_in_any_pieces(void **state)
{
	char big[BODY_MAX + 50];

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 26);
	gt_every_split(big, sizeof(big), check_cut_request, big);
}

/* `user` is the text that must be kept; NULL: nothing, because the bytes are not in the coding. */
static void check_coded_request(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench b = { 0 };

	begin(&b, GT_SOURCE_MESSAGE);
	gt_call_request_head(b.c, GT_STR("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n"));
	for (int i = 0; i < n; i++)
		gt_call_request_body(b.c, gt_str_make(piece[i], len[i]));
	assert_int_equal(b.c->is_request_undecoded, !user);
	assert_str(gt_buf_str(&b.c->request_body), user ? (char *)user : "");
	assert_false(b.c->is_request_cut);
	gt_call_free(b.c);
}

static void check_coded_request_over_the_cap(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench b = { 0 };

	begin(&b, GT_SOURCE_MESSAGE);
	gt_call_request_head(b.c, GT_STR("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n"));
	for (int i = 0; i < n; i++)
		gt_call_request_body(b.c, gt_str_make(piece[i], len[i]));
	assert_true(b.c->is_request_cut);
	assert_int_equal(b.c->request_body.len, BODY_MAX);
	assert_memory_equal(b.c->request_body.data, user, BODY_MAX);
	gt_call_free(b.c);
}

static void test_call_coded_requests_are_decoded(void **state)
{
	static const char text[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}";
	size_t len;
	char *coded = gt_exchange_case_code("gzip", text, strlen(text), &len), *big = malloc(200000);

	(void)state;
	gt_every_split(coded, len, check_coded_request, (void *)text);
	gt_every_split(text, strlen(text), check_coded_request, NULL);
	free(coded);
	memset(big, 'x', 200000);
	coded = gt_exchange_case_code("gzip", big, 200000, &len);
	gt_every_split(coded, len, check_coded_request_over_the_cap, big);
	free(coded);
	free(big);
}

static void test_call_requests_in_no_coding_or_an_unknown_coding(void **state)
{
	static const struct {
		const char *coding, *kept;
	} rows[] = { { "identity", "{}" }, { " Identity ", "{}" }, { "", "{}" }, { "snappy", "" }, { "gzip, br", "" } };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		struct bench b = { 0 };
		char head[100];

		snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nContent-Encoding: %s\r\n\r\n", rows[i].coding);
		begin(&b, GT_SOURCE_MESSAGE);
		gt_call_request_head(b.c, gt_str_of(head));
		gt_call_request_body(b.c, GT_STR("{"));
		gt_call_request_body(b.c, GT_STR("}"));
		assert_str(gt_buf_str(&b.c->request_body), rows[i].kept);
		assert_int_equal(b.c->is_request_undecoded, !*rows[i].kept);
		gt_call_free(b.c);
	}
}

static void test_call_requests_over_the_cap_are_marked_as_cut(void **state)
{
	struct bench b = { 0 };
	char big[70000];

	(void)state;
	memset(big, 'x', sizeof(big));
	begin(&b, GT_SOURCE_MESSAGE);
	gt_call_request_body(b.c, gt_str_make(big, BODY_MAX));
	assert_false(b.c->is_request_cut);
	gt_call_request_body(b.c, gt_str_make(big, 1));
	assert_true(b.c->is_request_cut);
	assert_int_equal(b.c->request_body.len, BODY_MAX);
	gt_call_free(b.c);
	/* the same for a head without end */
	begin(&b, GT_SOURCE_STREAM);
	gt_call_request_bytes(b.c, GT_STR("POST / HTTP/1.1\r\nX: "));
	gt_call_request_bytes(b.c, gt_str_make(big, sizeof(big)));
	assert_true(b.c->is_request_cut);
	assert_int_equal(b.c->request.len, 0);
	gt_call_free(b.c);
}

/* ---------------------------------------------------------------- kinds of bodies */

static void check_body(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench *b = user;

	begin(b, GT_SOURCE_STREAM);
	head(b, b->head);
	for (int i = 0; i < n; i++)
		if (len[i])
			body(b, gt_str_make(piece[i], len[i]));
	gt_call_end_body(b->c);
	if (strcmp(b->docs, b->want_docs))
		print_error("in %d pieces, the first of %zu: %s\n", n, len[0], b->head);
	assert_string_equal(b->docs, b->want_docs);
	if (b->want_body)
		assert_str(gt_buf_str(&b->c->body), b->want_body);
	assert_int_equal(b->c->body_kind, b->want_kind);
	assert_int_equal(b->c->damage, GT_DAMAGE_NONE);
	gt_call_free(b->c);
}

static void check_kind(const char *fields, const char *bytes, enum gt_body_kind kind, const char *want)
{
	struct bench b = { .head = fields, .want_kind = kind, .want_docs = "" };

	if (kind == GT_BODY_SSE || kind == GT_BODY_NDJSON)
		b.want_docs = want;
	else if (kind != GT_BODY_EVENT_STREAM)
		b.want_body = want;
	gt_every_split(bytes, strlen(bytes), check_body, &b);
}

static void test_call_content_type_says_what_a_body_is(void **state)
{
	static const char events[] = "data: 1\n\ndata: 2\n\n", lines[] = "{\"a\":1}\n{}\n";
	static const struct {
		const char *type;
		enum gt_body_kind kind;
		const char *want;
	} rows[] = {
		{ "text/event-stream", GT_BODY_SSE, "<:1><:2>" },
		{ "Text/Event-Stream; charset=utf-8", GT_BODY_SSE, "<:1><:2>" },
		{ "text/event-stream;charset=UTF-8", GT_BODY_SSE, "<:1><:2>" },
		{ "application/x-ndjson", GT_BODY_NDJSON, "<:{\"a\":1}><:{}>" },
		{ "application/ndjson", GT_BODY_NDJSON, "<:{\"a\":1}><:{}>" },
		{ "application/jsonl", GT_BODY_NDJSON, "<:{\"a\":1}><:{}>" },
		{ "application/x-jsonl", GT_BODY_NDJSON, "<:{\"a\":1}><:{}>" },
		{ "application/stream+json", GT_BODY_NDJSON, "<:{\"a\":1}><:{}>" },
		{ "audio/mpeg", GT_BODY_BINARY, "" },
		/* the first bytes decide: JSON does not begin like this */
		{ "application/json", GT_BODY_SSE, "<:1><:2>" },
		{ "application/json; charset=utf-8", GT_BODY_SSE, "<:1><:2>" },
		{ "text/plain", GT_BODY_SSE, "<:1><:2>" },
		{ "application/octet-stream", GT_BODY_SSE, "<:1><:2>" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char fields[200];

		snprintf(fields, sizeof(fields), "Content-Type: %s\r\n", rows[i].type);
		check_kind(fields, rows[i].kind == GT_BODY_NDJSON ? lines : events, rows[i].kind, rows[i].want);
	}
}

/* Some servers and proxies send one kind and name another. */
static void test_call_the_bytes_decide_when_the_content_type_is_wrong(void **state)
{
	static const struct {
		const char *type, *bytes;
		enum gt_body_kind kind;
		const char *want;
	} rows[] = {
		{ "text/event-stream", "{\"error\":{}}", GT_BODY_WHOLE, "{\"error\":{}}" },
		{ "text/event-stream", " \n {\"error\":{}}", GT_BODY_WHOLE, " \n {\"error\":{}}" },
		{ "text/event-stream", "[{}]", GT_BODY_WHOLE, "[{}]" },
		{ "text/event-stream", "{\"a\":1}\n{\"b\":2}\n", GT_BODY_NDJSON, "<:{\"a\":1}><:{\"b\":2}>" },
		{ "text/event-stream", "busy\n\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "application/x-ndjson", "data: 1\n\ndata: 2\n\n", GT_BODY_SSE, "<:1><:2>" },
		{ "application/x-ndjson", "\xef\xbb\xbf\n: ping\n\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "application/x-ndjson", "{\n \"error\":\"busy\"\n}\n", GT_BODY_WHOLE, "{\n \"error\":\"busy\"\n}\n" },
		{ "application/x-ndjson", "[ \r\n{}]", GT_BODY_WHOLE, "[ \r\n{}]" },
		{ "application/x-ndjson", "{ \"a\":1}\n", GT_BODY_NDJSON, "<:{ \"a\":1}>" },
		{ "application/x-ndjson", "{", GT_BODY_NDJSON, "<:{>" },
		{ "application/x-ndjson", "dat", GT_BODY_NDJSON, "<:dat>" },
		{ "application/x-ndjson", "busy\n", GT_BODY_NDJSON, "<:busy>" },
		{ "application/x-ndjson", "\n", GT_BODY_NDJSON, "" },
		{ "application/vnd.amazon.eventstream", "{\"message\":\"busy\"}", GT_BODY_WHOLE, "{\"message\":\"busy\"}" },
		{ "application/vnd.amazon.eventstream", "", GT_BODY_EVENT_STREAM, "" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		char fields[200];

		snprintf(fields, sizeof(fields), "Content-Type: %s\r\n", rows[i].type);
		check_kind(fields, rows[i].bytes, rows[i].kind, rows[i].want);
	}
}

static void test_call_frames_are_recognised_under_any_content_type(void **state)
{
	static const char *const types[] = { "application/vnd.amazon.eventstream", "application/octet-stream",
					     "text/event-stream", "application/json", "application/x-ndjson" };
	size_t len;
	char *frames = gt_event_frames("messageStart {\"a\":1}\nmessageStop {}\n", &len);

	(void)state;
	for (size_t i = 0; i < GT_ROWS(types); i++) {
		struct bench b = { .want_docs = "<messageStart:{\"a\":1}><messageStop:{}>", .want_kind = GT_BODY_EVENT_STREAM };
		char fields[200];

		snprintf(fields, sizeof(fields), "Content-Type: %s\r\n", types[i]);
		b.head = fields;
		gt_every_split(frames, len, check_body, &b);
	}
	free(frames);
}

static void test_call_body_without_a_type_is_recognised_by_its_bytes_in_any_pieces(void **state)
{
	static const struct {
		const char *bytes;
		enum gt_body_kind kind;
		const char *want;
	} rows[] = {
		{ "data: 1\n\ndata: 2\n\n", GT_BODY_SSE, "<:1><:2>" },
		{ "event: x\ndata: 1\n\n", GT_BODY_SSE, "<x:1>" },
		{ ": keep-alive\n\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "id: 7\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "retry: 7\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "data:", GT_BODY_SSE, "<:>" },
		{ "{\"a\":1}", GT_BODY_WHOLE, "{\"a\":1}" },
		{ "dat", GT_BODY_UNKNOWN, "dat" },
		{ "database error", GT_BODY_WHOLE, "database error" },
		{ "event", GT_BODY_UNKNOWN, "event" },
		{ "retry later", GT_BODY_WHOLE, "retry later" },
		{ "", GT_BODY_UNKNOWN, "" },
		{ "{\"a\":1}\n{\"a\":2}\n", GT_BODY_NDJSON, "<:{\"a\":1}><:{\"a\":2}>" },
		{ "{\"a\":1}\r\n\r\n{\"a\":2}", GT_BODY_NDJSON, "<:{\"a\":1}><:{\"a\":2}>" },
		{ "{\"a\":1}\n", GT_BODY_WHOLE, "{\"a\":1}\n" },
		{ "{\n\"a\":1\n}\n", GT_BODY_WHOLE, "{\n\"a\":1\n}\n" },
		{ "{\"a\":\n{\"b\":2}}", GT_BODY_WHOLE, "{\"a\":\n{\"b\":2}}" },
		{ "[{\"a\":1}\n,\n{\"a\":2}]", GT_BODY_WHOLE, "[{\"a\":1}\n,\n{\"a\":2}]" },
		{ "\xef\xbb\xbf"
		  "data: 1\r\n\r\n",
		  GT_BODY_SSE, "<:1>" },
		{ "\r\n\n: x\ndata: 1\n\n", GT_BODY_SSE, "<:1>" },
		{ "\xef\xbb\xbf{\"a\":1}", GT_BODY_WHOLE, "\xef\xbb\xbf{\"a\":1}" },
		{ "\xef\xbb", GT_BODY_UNKNOWN, "\xef\xbb" },
		{ "\n\n", GT_BODY_UNKNOWN, "\n\n" },
		{ "\n{\"a\":1}", GT_BODY_WHOLE, "\n{\"a\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		check_kind("", rows[i].bytes, rows[i].kind, rows[i].want);
	/* JSON declared as an event stream, and an empty stream */
	check_kind("Content-Type: text/event-stream\r\n", "{\"error\":1}", GT_BODY_WHOLE, "{\"error\":1}");
	check_kind("Content-Type: text/event-stream\r\n", "\n[{\"error\":1}]", GT_BODY_WHOLE, "\n[{\"error\":1}]");
	check_kind("Content-Type: text/event-stream\r\n", "oops\n\ndata: 1\n\n", GT_BODY_SSE, "<:1>");
	check_kind("Content-Type: text/event-stream\r\n", "\r\n", GT_BODY_SSE, "");
	check_kind("Content-Type: text/event-stream\r\n", "", GT_BODY_SSE, "");
	/* lines of JSON declared as one JSON document */
	check_kind("Content-Type: application/json\r\n", "{\"a\":1}\n{\"a\":2}\n", GT_BODY_NDJSON, "<:{\"a\":1}><:{\"a\":2}>");
}

static void test_call_coded_bodies_in_any_pieces_are_decoded(void **state)
{
	static const char plain[] = "event: e\ndata: {\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n\ndata: [DONE]\n\n";
	static const char *const codings[] = { "gzip", "deflate" };

	(void)state;
	for (size_t i = 0; i < GT_ROWS(codings); i++) {
		for (int typed = 0; typed < 2; typed++) {
			struct bench b = { .want_kind = GT_BODY_SSE,
					   .want_docs = "<e:{\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}><:[DONE]>" };
			char fields[200];
			size_t len;
			char *coded = gt_exchange_case_code(codings[i], plain, strlen(plain), &len);

			snprintf(fields, sizeof(fields), "Content-Encoding: %s\r\n%s", codings[i],
				 typed ? "Content-Type: text/event-stream\r\n" : "");
			b.head = fields;
			gt_every_split(coded, len, check_body, &b);
			free(coded);
		}
	}
}

/* ---------------------------------------------------------------- faults */

static void test_call_an_unknown_coding_is_damage_and_nothing_is_read(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: text/event-stream\r\nContent-Encoding: gzip, br\r\n");
	body(&b, GT_STR("data: 1\n\n"));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_CODING);
	assert_int_equal(b.c->response.status, 200);
	assert_string_equal(b.docs, "");
	assert_int_equal(b.c->first_data.ns, 200); /* the time of the first data is known nevertheless */
	gt_call_free(b.c);
}

static void test_call_bytes_that_are_not_in_their_coding_are_damage(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n");
	body(&b, GT_STR("data: 1\n\n"));
	body(&b, GT_STR("data: 2\n\n"));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_CODING);
	assert_string_equal(b.docs, "");
	gt_call_free(b.c);
}

static void test_call_whole_bodies_up_to_the_cap_are_kept(void **state)
{
	char big[BODY_MAX + 1];
	struct bench b = { 0 };

	(void)state;
	memset(big, 'x', sizeof(big));
	for (int over = 0; over < 2; over++) {
		begin(&b, GT_SOURCE_STREAM);
		head(&b, "Content-Type: application/json\r\n");
		body(&b, gt_str_make(big, 300));
		body(&b, gt_str_make(big, BODY_MAX - 300 + (size_t)over));
		gt_call_end_body(b.c);
		assert_int_equal(b.c->damage, over ? GT_DAMAGE_TOO_BIG : GT_DAMAGE_NONE);
		assert_int_equal(b.c->body.len, over ? 0 : BODY_MAX); /* a partial body is not read */
		gt_call_free(b.c);
	}
}

static void test_call_streams_may_be_longer_than_the_cap_and_one_event_may_not(void **state)
{
	char event[2 * BODY_MAX];
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: text/event-stream\r\n");
	for (int i = 0; i < 500; i++) {
		b.docs[0] = 0;
		body(&b, GT_STR("data: 12345678901234567890\n\n"));
		assert_string_equal(b.docs, "<:12345678901234567890>");
	}
	assert_int_equal(b.c->damage, GT_DAMAGE_NONE);
	b.docs[0] = 0;
	snprintf(event, sizeof(event), "data: %0*d\n\ndata: after\n\n", BODY_MAX + 1, 0);
	body(&b, gt_str_of(event));
	gt_call_end_body(b.c);
	assert_string_equal(b.docs, "<:after>");
	assert_int_equal(b.c->damage, GT_DAMAGE_TOO_BIG);
	gt_call_free(b.c);
}

static void check_untyped(void *user, const char *const piece[], const size_t len[], int n)
{
	struct bench b = { 0 };

	begin(&b, GT_SOURCE_STREAM);
	head(&b, user);
	for (int i = 0; i < n; i++)
		if (len[i])
			body(&b, gt_str_make(piece[i], len[i]));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_NONE);
	assert_int_equal(b.c->body_kind, GT_BODY_SSE);
	assert_int_equal(strlen(b.docs), 2 * strlen("<:>") + 2 * 700);
	gt_call_free(b.c);
}

/* Also when the whole body comes in one piece, or comes out of the decoder in one piece. */
static void test_call_streams_that_do_not_say_so_may_be_longer_than_the_cap(void **state)
{
	char text[2 * BODY_MAX], *coded;
	size_t len;

	(void)state;
	snprintf(text, sizeof(text), "data: %0700d\n\ndata: %0700d\n\n", 0, 1);
	gt_every_split(text, strlen(text), check_untyped, (void *)"");
	coded = gt_exchange_case_code("gzip", text, strlen(text), &len);
	gt_every_split(coded, len, check_untyped, (void *)"Content-Encoding: gzip\r\n");
	free(coded);
}

static void test_call_bombs_that_are_streams_are_stopped(void **state)
{
	static char lines[1 << 22]; /* lines without content */
	struct bench b = { 0 };
	size_t len;
	char *bomb;

	(void)state;
	memset(lines, '\n', sizeof(lines));
	lines[0] = ':';
	bomb = gt_exchange_case_code("gzip", lines, sizeof(lines), &len);
	assert_true(sizeof(lines) / len > 600);
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n");
	for (size_t at = 0; at < len; at += 100)
		body(&b, gt_str_make(bomb + at, len - at < 100 ? len - at : 100));
	assert_int_equal(b.c->damage, GT_DAMAGE_TOO_BIG);
	assert_true(b.c->body_bytes < sizeof(lines) / 2);
	gt_call_end_body(b.c);
	gt_call_free(b.c);
	free(bomb);
}

static void test_call_bombs_are_stopped(void **state)
{
	static char zeros[3 << 20];
	struct bench b = { 0 };
	size_t len;
	char *bomb = gt_exchange_case_code("gzip", zeros, sizeof(zeros), &len);

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n");
	body(&b, gt_str_make(bomb, len));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_TOO_BIG);
	assert_true(b.c->body.room <= BODY_MAX);
	assert_true(b.c->body_bytes <= BODY_MAX + 1);
	gt_call_free(b.c);
	free(bomb);
}

static void test_call_the_first_damage_stays_and_ends_the_reading(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	head(&b, "Content-Type: text/event-stream\r\n");
	body(&b, GT_STR("data: 1\n\ndata: tw"));
	gt_call_damage(b.c, GT_DAMAGE_GAP);
	gt_call_damage(b.c, GT_DAMAGE_CODING);
	body(&b, GT_STR("o\n\ndata: 3\n\n"));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_GAP);
	assert_string_equal(b.docs, "<:1>");
	assert_int_equal(b.c->data_events, 2);
	gt_call_free(b.c);
}

static void test_call_a_body_without_its_head_is_damage(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_MESSAGE);
	body(&b, GT_STR("{\"id\":"));
	head(&b, "Content-Type: application/json\r\n");
	body(&b, GT_STR("1}"));
	gt_call_end_body(b.c);
	assert_int_equal(b.c->damage, GT_DAMAGE_GAP);
	assert_int_equal(b.c->body.len, 0);
	assert_int_equal(b.c->response.status, 200);
	gt_call_free(b.c);
}

static void test_call_a_second_head_changes_nothing(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_MESSAGE);
	head(&b, "Content-Type: text/event-stream\r\nMcp-Name: 1\r\n");
	head(&b, "Content-Type: application/json\r\nContent-Encoding: gzip\r\nMcp-Name: something much longer than before\r\n");
	gt_call_response_head(b.c, (struct gt_mono){ 1 }, GT_STR("no head at all"));
	assert_str(gt_call_response_field(b.c, "mcp-name"), "1");
	body(&b, GT_STR("data: 1\n\n"));
	gt_call_request_head(b.c, GT_STR("POST /a HTTP/1.1\r\nMcp-Method: 1\r\n\r\n"));
	gt_call_request_head(b.c, GT_STR("POST /b HTTP/1.1\r\nMcp-Method: something much longer than before\r\n\r\n"));
	assert_str(gt_call_request_field(b.c, "mcp-method"), "1");
	gt_call_end_body(b.c);
	assert_string_equal(b.docs, "<:1>");
	gt_call_free(b.c);
}

static void test_call_times_are_of_the_first_and_the_last_bytes(void **state)
{
	struct bench b = { 0 };

	(void)state;
	begin(&b, GT_SOURCE_STREAM);
	assert_int_equal(b.c->first_byte.ns, 0);
	head(&b, "");
	assert_int_equal(b.c->first_byte.ns, 100);
	assert_int_equal(b.c->first_data.ns, 0);
	assert_int_equal(b.c->ended.ns, 0);
	gt_call_response_body(b.c, (struct gt_mono){ 300 }, GT_STR("a"));
	gt_call_response_body(b.c, (struct gt_mono){ 400 }, GT_STR("b"));
	assert_int_equal(b.c->first_data.ns, 300);
	assert_int_equal(b.c->ended.ns, 400);
	assert_int_equal(b.c->data_events, 2);
	gt_call_free(b.c);
}

static void test_call_without_memory_is_damaged_and_leaks_nothing(void **state)
{
	static const char *const bodies[] = { "data: 1\n\ndata: 2\n\n", "{\"a\":1}\n{\"a\":2}", "\x3b and more" };
	static const char *const fields[] = { "Content-Type: text/event-stream\r\n", "", "Content-Encoding: br\r\n" };
	int n;

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bodies); i++) {
		for (n = 1; gt_fail_nth(n); n++) {
			struct bench b = { 0 };

			begin(&b, GT_SOURCE_STREAM);
			if (!b.c)
				continue;
			gt_call_request_bytes(b.c, GT_STR("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{"));
			gt_call_request_bytes(b.c, GT_STR("}"));
			head(&b, fields[i]);
			body(&b, gt_str_make(bodies[i], 4));
			body(&b, gt_str_of(bodies[i] + 4));
			gt_call_end_body(b.c);
			gt_call_free(b.c);
		}
		gt_fail_none();
		assert_true(n > 4);
	}
	for (n = 1; gt_fail_nth(n); n++)
		gt_call_free(gt_call_placeholder(true));
	gt_fail_none();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_call_new_copies_what_the_event_says),
		GT_TEST(test_call_requests_in_any_pieces_are_read),
		GT_TEST(test_call_what_follows_a_request_is_not_read),
		GT_TEST(test_call_of_a_request_over_the_cap_the_first_bytes_are_kept_in_any_pieces),
		GT_TEST(test_call_coded_requests_are_decoded),
		GT_TEST(test_call_requests_in_no_coding_or_an_unknown_coding),
		GT_TEST(test_call_requests_over_the_cap_are_marked_as_cut),
		GT_TEST(test_call_content_type_says_what_a_body_is),
		GT_TEST(test_call_the_bytes_decide_when_the_content_type_is_wrong),
		GT_TEST(test_call_frames_are_recognised_under_any_content_type),
		GT_TEST(test_call_body_without_a_type_is_recognised_by_its_bytes_in_any_pieces),
		GT_TEST(test_call_coded_bodies_in_any_pieces_are_decoded),
		GT_TEST(test_call_an_unknown_coding_is_damage_and_nothing_is_read),
		GT_TEST(test_call_bytes_that_are_not_in_their_coding_are_damage),
		GT_TEST(test_call_whole_bodies_up_to_the_cap_are_kept),
		GT_TEST(test_call_streams_may_be_longer_than_the_cap_and_one_event_may_not),
		GT_TEST(test_call_streams_that_do_not_say_so_may_be_longer_than_the_cap),
		GT_TEST(test_call_bombs_are_stopped),
		GT_TEST(test_call_bombs_that_are_streams_are_stopped),
		GT_TEST(test_call_the_first_damage_stays_and_ends_the_reading),
		GT_TEST(test_call_a_body_without_its_head_is_damage),
		GT_TEST(test_call_a_second_head_changes_nothing),
		GT_TEST(test_call_times_are_of_the_first_and_the_last_bytes),
		GT_TEST(test_call_without_memory_is_damaged_and_leaks_nothing),
	};

	return GT_TESTS(tests);
}
