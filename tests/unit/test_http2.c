#include "support/fresh_shim.h"
#include "support/http2_peer.h"
#include "support/reported.h"
#include "support/test.h"
#include "support/wire.h"

#include <errno.h>

#include "shim/http2.h"
#include "shim/http2_frames.h"
#include "shim/shared/limits.h"
#include "shim/shared/stat.h"
#include "shim/unread.h"

#define MEMORY	 (8ULL << 20)
#define POST	 ":method: POST\n:scheme: https\n:authority: api.openai.com\n:path: "
#define ASK	 POST "/v1/chat/completions\ncontent-type: application/json\nauthorization: Bearer sk-1\n"
#define OTHER	 ":method: GET\n:scheme: https\n:authority: api.openai.com\n:path: /other\naccept: */*\n"
#define ANSWERED ":status: 200\ncontent-type: application/json\nset-cookie: a=b\nx-request-id: r-1\n"
#define QUESTION "{\"model\":\"m\"}"

static struct gt_conn *conn;
static struct gt_http2_peer client, server;
static struct gt_reported reported;
static struct gt_wire wire;

static void free_all(void)
{
	gt_http2_peer_free(&client);
	gt_http2_peer_free(&server);
	gt_reported_free(&reported);
	gt_wire_free(&wire);
}

static int set_up(void **state)
{
	(void)state;
	free_all();
	gt_fresh_shim(MEMORY);
	gt_unread_after_fork();
	gt_limits.memory_max = GT_MEMORY_MAX_DEFAULT;
	gt_http2_set("follow");
	conn = gt_conn_new_http2(true);
	assert_non_null(conn);
	gt_conn_set_peer(conn, GT_STR("api.openai.com"));
	gt_wire_open(&wire, conn);
	gt_http2_peer_open(&client, true);
	gt_http2_peer_open(&server, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free_all();
	return 0;
}

/* The application sends what the client's end has written. */
static void flush(void)
{
	assert_true(gt_wire_write_all(&wire, client.bytes, client.len));
	gt_http2_peer_taken(&client);
	assert_int_equal(wire.wire_len, wire.app_len);
	assert_memory_equal(wire.wire, wire.app, wire.app_len);
}

static void receive(const char *p, size_t len)
{
	struct iovec iov = { (void *)p, len };

	assert_true(gt_rx_is_wanted(conn));
	assert_false(gt_rx_blind(conn, &iov, 1, len));
	gt_rx(conn, &iov, 1, len);
}

/* The application receives what the server's end has written. */
static void arrive(void)
{
	receive(server.bytes, server.len);
	gt_http2_peer_taken(&server);
}

static void ask(uint32_t stream)
{
	gt_http2_peer_head(&client, stream, ASK, false);
	gt_http2_peer_body(&client, stream, QUESTION, true);
}

static void answer(uint32_t stream)
{
	gt_http2_peer_head(&server, stream, ANSWERED, false);
	gt_http2_peer_body(&server, stream, "ok", true);
}

/* The exporter's name of the n-th exchange. */
static uint64_t exchange(int n)
{
	gt_reported_take(&reported);
	assert_non_null(gt_reported_nth(&reported, GT_EVENT_BEGIN, n));
	return gt_reported_nth(&reported, GT_EVENT_BEGIN, n)->stream;
}

#define assert_reported(text)	    assert_string_equal(gt_reported_text(&reported, 0), text)
#define assert_exchange(n, text)    assert_string_equal(gt_reported_text(&reported, exchange(n)), text)
#define assert_bytes(n, kind, text) assert_str(gt_reported_bytes(&reported, GT_EVENT_##kind, exchange(n)), text)
#define assert_end(n, reason, number)                                         \
	do {                                                                  \
		gt_reported_take(&reported);                                  \
		assert_int_equal(gt_reported_end(&reported, n).why, reason);  \
		assert_int_equal(gt_reported_end(&reported, n).code, number); \
	} while (0)

#define WHOLE "BEGIN REQUEST_HEAD REQUEST RESPONSE_HEAD RESPONSE END"

/* ---------------------------------------------------------------- exchanges */

static void test_http2_an_exchange_is_reported_without_frames_and_credentials(void **state)
{
	struct gt_begin b;

	(void)state;
	ask(1);
	flush();
	answer(1);
	arrive();
	assert_reported(WHOLE);
	assert_bytes(0, REQUEST_HEAD,
		     "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\ncontent-type: application/json\r\n\r\n");
	assert_bytes(0, REQUEST, QUESTION);
	assert_bytes(0, RESPONSE_HEAD, "HTTP/1.1 200 \r\ncontent-type: application/json\r\nx-request-id: r-1\r\n\r\n");
	assert_bytes(0, RESPONSE, "ok");
	assert_end(0, GT_END_COMPLETE, 0);
	b = gt_reported_begin(&reported, 0);
	assert_int_equal(b.api, GT_API_OPENAI_CHAT);
	assert_int_equal(b.source, GT_SOURCE_MESSAGE);
	assert_true(b.is_certain && b.is_tls && b.is_http2 && !b.is_injected && !b.is_inbound);
	assert_int_equal(b.port, 443);
	assert_str(gt_reported_host(&reported, 0), "api.openai.com");
	assert_str(gt_reported_provider(&reported, 0), "openai");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 1);
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 1);
	gt_conn_close(conn);
	assert_reported(WHOLE); /* nothing was open */
}

static void test_http2_streams_that_take_turns_are_told_apart(void **state)
{
	(void)state;
	gt_http2_peer_head(&client, 1, ASK, false);
	gt_http2_peer_head(&client, 3, OTHER, true);
	gt_http2_peer_head(&client, 5, ASK, false);
	gt_http2_peer_body(&client, 5, "five", false);
	gt_http2_peer_body(&client, 1, "one", true);
	gt_http2_peer_body(&client, 5, "!", true);
	flush();
	gt_http2_peer_head(&server, 5, ANSWERED, false);
	gt_http2_peer_head(&server, 3, ANSWERED, false);
	gt_http2_peer_body(&server, 5, "5", false);
	gt_http2_peer_body(&server, 3, "no trace of it", true);
	gt_http2_peer_head(&server, 1, ":status: 404\nretry-after: 3\n", false);
	gt_http2_peer_body(&server, 1, "1", true);
	gt_http2_peer_body(&server, 5, "55", true);
	arrive();
	assert_exchange(0, WHOLE);
	assert_exchange(1, WHOLE);
	assert_bytes(0, REQUEST, "one");
	assert_bytes(0, RESPONSE_HEAD, "HTTP/1.1 404 \r\nretry-after: 3\r\n\r\n");
	assert_bytes(0, RESPONSE, "1");
	assert_bytes(1, REQUEST, "five!");
	assert_bytes(1, RESPONSE, "555");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 2);
}

static void test_http2_requests_that_are_not_ours_leave_no_trace(void **state)
{
	static const char *const heads[] = {
		OTHER,
		POST "/upload\ncontent-type: application/json\n",
		POST "/v1/chat/completions\ncontent-type: application/grpc\n",
		POST "/v1/chat/completions\ncontent-type: application/grpc+proto\n",
		":method: CONNECT\n:authority: api.openai.com:443\n",
		":method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: /v1/realtime\n:authority: api.openai.com\n",
		":path: /v1/chat/completions\ncontent-type: application/json\n",
	};

	(void)state;
	for (uint32_t i = 0; i < GT_ROWS(heads); i++) {
		gt_http2_peer_head(&client, 2 * i + 1, heads[i], false);
		gt_http2_peer_body(&client, 2 * i + 1, QUESTION, true);
		answer(2 * i + 1);
	}
	flush();
	arrive();
	assert_reported("");
	assert_false(gt_conn_is_over(conn));
}

/* A client in clear sends Host where it has no :authority; proxies name the server in either. */
static void test_http2_the_host_comes_from_either_field(void **state)
{
	(void)state;
	gt_conn_set_peer(conn, GT_STR(""));
	gt_http2_peer_head(&client, 1, ":method: POST\n:path: /v1/messages\nhost: api.anthropic.com:8443\n", true);
	gt_http2_peer_head(&client, 3, ":method: POST\n:path: /v1/messages\n:authority: api.anthropic.com\nhost: x\n", true);
	flush();
	gt_reported_take(&reported);
	assert_str(gt_reported_host(&reported, 0), "api.anthropic.com");
	assert_int_equal(gt_reported_begin(&reported, 0).port, 8443);
	assert_str(gt_reported_host(&reported, 1), "api.anthropic.com");
	assert_int_equal(gt_reported_begin(&reported, 1).port, 443);
}

static void test_http2_a_traceparent_of_the_application_is_the_parent(void **state)
{
	struct gt_begin b;

	(void)state;
	gt_http2_peer_head(&client, 1,
			   ASK "traceparent: 00-11111111111111111111111111111111-2222222222222222-01\ntracestate: v=1\n", true);
	flush();
	gt_reported_take(&reported);
	b = gt_reported_begin(&reported, 0);
	assert_int_equal(b.context.trace_id.b[0], 0x11);
	assert_int_equal(b.parent.b[0], 0x22);
	assert_str(gt_reported_tracestate(&reported, 0), "v=1");
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 0);
}

static void test_http2_keys_and_ends_of_lines_do_not_reach_the_head(void **state)
{
	static const char head[] = ":method: POST\n:authority: generativelanguage.googleapis.com\n"
				   ":path: /v1beta/models/g:generateContent?key=AIza1&alt=sse\n"
				   "content-type: application/json\nrequest-id: a\rhost: b\nx-api-key: sk-1\n";

	(void)state;
	gt_http2_peer_head(&client, 1, head, true);
	flush();
	assert_bytes(0, REQUEST_HEAD,
		     "POST /v1beta/models/g:generateContent?key=*****&alt=sse HTTP/1.1\r\n"
		     "host: generativelanguage.googleapis.com\r\ncontent-type: application/json\r\n\r\n");
}

static void test_http2_interim_heads_and_trailers_are_not_the_answer(void **state)
{
	(void)state;
	ask(1);
	gt_http2_peer_head(&client, 3, ASK, false);
	gt_http2_peer_body(&client, 3, QUESTION, false);
	gt_http2_peer_head(&client, 3, "x-checksum: 1\n", true);
	flush();
	gt_http2_peer_head(&server, 1, ":status: 100\n", false);
	gt_http2_peer_head(&server, 1, ":status: 103\nx-request-id: early\n", false);
	gt_http2_peer_head(&server, 1, ANSWERED, false);
	gt_http2_peer_body(&server, 1, "ok", false);
	gt_http2_peer_head(&server, 1, "x-request-id: late\n", true);
	answer(3);
	arrive();
	assert_exchange(0, WHOLE);
	assert_exchange(1, WHOLE);
	assert_bytes(0, RESPONSE_HEAD, "HTTP/1.1 200 \r\ncontent-type: application/json\r\nx-request-id: r-1\r\n\r\n");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 2);
}

static void test_http2_pushed_answers_are_passed_over(void **state)
{
	(void)state;
	ask(1);
	flush();
	/* a block like each other, so that the table stays right: index 2 and 4 of the static table */
	gt_http2_peer_frame(&server, 5, 4, 1, "\0\0\0\2\x82\x84", 6);
	gt_http2_peer_head(&server, 2, ANSWERED, false);
	gt_http2_peer_body(&server, 2, "pushed", true);
	answer(1);
	arrive();
	assert_reported(WHOLE);
	assert_bytes(0, RESPONSE, "ok");
}

/* ---------------------------------------------------------------- ends */

static void test_http2_each_end_of_a_stream_has_its_reason(void **state)
{
	(void)state;
	for (uint32_t stream = 1; stream <= 9; stream += 2)
		ask(stream);
	flush();
	gt_http2_peer_head(&server, 1, ANSWERED, false);
	arrive();
	gt_http2_peer_reset(&client, 1, 8);
	flush();
	assert_end(0, GT_END_CLOSED, 0); /* the application cancels it */
	gt_http2_peer_reset(&server, 3, 2);
	arrive();
	assert_end(1, GT_END_RESET, ECONNRESET);
	gt_http2_peer_going(&server, 5);
	arrive(); /* 7 and 9 are not answered */
	assert_end(2, GT_END_RESET, ECONNRESET);
	assert_end(3, GT_END_RESET, ECONNRESET);
	answer(5);
	arrive();
	assert_end(4, GT_END_COMPLETE, 0);
	gt_conn_close(conn);
	gt_reported_take(&reported);
	assert_null(gt_reported_nth(&reported, GT_EVENT_END, 5));
}

static void test_http2_the_end_of_the_connection_ends_all_streams(void **state)
{
	(void)state;
	ask(1);
	ask(3);
	flush();
	gt_conn_end(conn, GT_END_RESET, ETIMEDOUT);
	assert_end(0, GT_END_RESET, ETIMEDOUT);
	assert_end(1, GT_END_RESET, ETIMEDOUT);
	gt_conn_close(conn);
}

static void test_http2_a_request_that_was_not_sent_never_was(void **state)
{
	struct iovec iov;
	struct gt_tx t;

	(void)state;
	flush();
	ask(1);
	iov = (struct iovec){ client.bytes, client.len };
	gt_tx_begin(&t, conn, &iov, 1, true);
	assert_false(t.has_splice);
	gt_tx_end(&t, &iov, 1, 12);
	gt_conn_close(conn);
	assert_end(0, GT_END_NEVER, 0);
}

static void test_http2_answers_after_a_reset_are_not_those_of_the_next_stream(void **state)
{
	(void)state;
	ask(1);
	gt_http2_peer_reset(&client, 1, 8);
	ask(3);
	flush();
	answer(1);
	answer(3);
	arrive();
	assert_exchange(0, "BEGIN REQUEST_HEAD REQUEST END");
	assert_exchange(1, WHOLE);
}

/* ---------------------------------------------------------------- calls in any pieces */

static void run_in_pieces(size_t tx, size_t rx)
{
	const size_t script[] = { 0, 1, 0, 0, 2 };
	size_t step;

	set_up(NULL);
	client.padding = 3;
	client.fragment = 5;
	server.fragment = 7;
	server.padding = 2;
	ask(1);
	gt_http2_peer_head(&client, 3, OTHER, true);
	ask(5);
	if (tx < client.len) {
		for (size_t at = 0; at < client.len; at += step) {
			step = tx < client.len - at ? tx : client.len - at;
			gt_wire_script(&wire, script, 5);
			assert_true(gt_wire_write_all(&wire, client.bytes + at, step));
		}
		gt_http2_peer_taken(&client);
	} else {
		gt_wire_script(&wire, (size_t[]){ tx % 7, tx % 50, tx % 90, 0, tx % 200 }, 5);
		flush();
	}
	answer(5);
	answer(3);
	answer(1);
	for (size_t at = 0; at < server.len; at += step) {
		step = rx < server.len - at ? rx : server.len - at;
		receive(server.bytes + at, step);
	}
	assert_exchange(0, WHOLE);
	assert_exchange(1, WHOLE);
	assert_bytes(0, REQUEST, QUESTION);
	assert_bytes(1, RESPONSE, "ok");
	assert_bytes(1, RESPONSE_HEAD, "HTTP/1.1 200 \r\ncontent-type: application/json\r\nx-request-id: r-1\r\n\r\n");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 2);
	gt_conn_close(conn);
}

static void test_http2_is_followed_whatever_the_pieces_and_what_the_wire_takes(void **state)
{
	(void)state;
	for (size_t n = 1; n < 60; n++)
		run_in_pieces(n, n);
	for (size_t n = 600; n < 1000; n += 7)
		run_in_pieces(n, n % 90 + 1);
}

static void test_http2_pieces_of_a_vector_are_one_write(void **state)
{
	struct iovec iov[400];
	int n = 0;

	(void)state;
	ask(1);
	for (size_t at = 0; at < client.len; at += 3) {
		iov[n++] = (struct iovec){ client.bytes + at, client.len - at < 3 ? client.len - at : 3 };
		iov[n++] = (struct iovec){ NULL, 0 };
	}
	assert_int_equal(gt_wire_writev(&wire, iov, n, true), client.len);
	assert_reported("BEGIN REQUEST_HEAD REQUEST");
	assert_bytes(0, REQUEST, QUESTION);
}

/* ---------------------------------------------------------------- what cannot be followed */

static void test_http2_what_is_not_http2_ends_the_following(void **state)
{
	(void)state;
	ask(1);
	flush();
	receive("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	assert_true(gt_conn_is_over(conn));
	assert_end(0, GT_END_LOST, 0);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
	assert_int_equal(gt_unread_count(GT_UNREAD_HTTP2), 1);
}

static void test_http2_other_bytes_than_were_refused_end_the_following(void **state)
{
	static char other[2000];
	struct iovec iov;
	struct gt_tx t;

	(void)state;
	flush();
	ask(1);
	iov = (struct iovec){ client.bytes, client.len };
	gt_tx_begin(&t, conn, &iov, 1, true);
	gt_tx_end(&t, &iov, 1, 3);
	iov = (struct iovec){ other, sizeof(other) };
	gt_tx_begin(&t, conn, &iov, 1, true);
	gt_tx_end(&t, &iov, 1, sizeof(other));
	assert_true(gt_conn_is_over(conn));
	assert_end(0, GT_END_NEVER, 0);
	assert_int_equal(gt_unread_count(GT_UNREAD_HTTP2), 1);
}

static void test_http2_a_table_beyond_the_bound_ends_the_following(void **state)
{
	(void)state;
	flush();
	gt_http2_peer_frame(&client, 1, 4, 1, "\x3f\xe2\xff\x03\x82", 5); /* 65,537 bytes */
	flush();
	assert_true(gt_conn_is_over(conn));
	assert_reported("");
}

static void test_http2_connections_have_a_share_of_the_memory(void **state)
{
	struct gt_conn *more[200];
	int n = 0;

	(void)state;
	gt_limits.memory_max = 4 << 20;
	while (n < 200 && (more[n] = gt_conn_new_http2(true)))
		n++;
	assert_in_range(n, 5, 20);
	gt_conn_close(more[--n]);
	more[n] = gt_conn_new_http2(true);
	assert_non_null(more[n++]);
	/* a table that grows takes of it, too */
	gt_http2_peer_frame(&client, 1, 4, 1, "\x3f\xe1\xff\x03\x82", 5);
	flush();
	assert_true(gt_conn_is_over(conn));
	while (n)
		gt_conn_close(more[--n]);
	gt_conn_close(conn);
	conn = gt_conn_new_http2(true);
	assert_non_null(conn);
	gt_wire_free(&wire);
	gt_wire_open(&wire, conn);
	gt_http2_peer_free(&client);
	gt_http2_peer_open(&client, true);
	gt_http2_peer_frame(&client, 1, 4, 1, "\x3f\xe1\xff\x03\x82", 5); /* 65,536 */
	flush();
	assert_false(gt_conn_is_over(conn));
}

static void test_http2_more_streams_than_slots_are_counted(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < GT_HTTP2_STREAMS_MAX + 10; i++) {
		ask(2 * i + 1);
		flush();
		gt_reported_take(&reported);
	}
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), GT_HTTP2_STREAMS_MAX);
	assert_int_equal(gt_stat_get(GT_STAT_UNREPORTED), 10);
	answer(1);
	arrive();
	ask(1001);
	flush();
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), GT_HTTP2_STREAMS_MAX + 1);
}

static void test_http2_a_forked_child_keeps_nothing_of_it(void **state)
{
	(void)state;
	ask(1);
	flush();
	gt_fresh_shim(MEMORY); /* what a child does with the parent's connections */
	gt_limits.memory_max = 4 * 100 * 1024;
	conn = gt_conn_new_http2(true);
	assert_non_null(conn);
	assert_null(gt_conn_new_http2(true));
}

/* ---------------------------------------------------------------- the first bytes */

static void test_http2_begins_with_its_preface(void **state)
{
	static const char preface[] = GT_HTTP2_PREFACE "\0\0";

	(void)state;
	assert_true(gt_http2_may_begin(GT_ROLE_OUTBOUND, preface, sizeof(preface)));
	assert_true(gt_http2_may_begin(GT_ROLE_OUTBOUND, preface, 16));
	assert_false(gt_http2_may_begin(GT_ROLE_OUTBOUND, preface, 15));
	assert_false(gt_http2_may_begin(GT_ROLE_INBOUND, preface, sizeof(preface)));
	assert_false(gt_http2_may_begin(GT_ROLE_OUTBOUND, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 24));
	assert_true(gt_http2_may_answer("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64", 15));
	assert_true(gt_http2_may_answer("\0\0\0\4\0\0\0\0\0", 9));
	assert_false(gt_http2_may_answer("\0\0\6\4\0\0\0\0", 8));
	assert_false(gt_http2_may_answer("\0\0\5\4\0\0\0\0\0", 9));
	assert_false(gt_http2_may_answer("\0\0\6\4\1\0\0\0\0", 9));
	assert_false(gt_http2_may_answer("\0\0\6\4\0\0\0\0\1", 9));
	gt_http2_set("off");
	assert_false(gt_http2_may_answer("\0\0\0\4\0\0\0\0\0", 9));
	assert_false(gt_http2_may_begin(GT_ROLE_OUTBOUND, preface, sizeof(preface)));
	gt_http2_set(NULL);
	assert_true(gt_http2_may_begin(GT_ROLE_OUTBOUND, preface, sizeof(preface)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http2_an_exchange_is_reported_without_frames_and_credentials),
		TEST(test_http2_streams_that_take_turns_are_told_apart),
		TEST(test_http2_requests_that_are_not_ours_leave_no_trace),
		TEST(test_http2_the_host_comes_from_either_field),
		TEST(test_http2_a_traceparent_of_the_application_is_the_parent),
		TEST(test_http2_keys_and_ends_of_lines_do_not_reach_the_head),
		TEST(test_http2_interim_heads_and_trailers_are_not_the_answer),
		TEST(test_http2_pushed_answers_are_passed_over),
		TEST(test_http2_each_end_of_a_stream_has_its_reason),
		TEST(test_http2_the_end_of_the_connection_ends_all_streams),
		TEST(test_http2_a_request_that_was_not_sent_never_was),
		TEST(test_http2_answers_after_a_reset_are_not_those_of_the_next_stream),
		TEST(test_http2_is_followed_whatever_the_pieces_and_what_the_wire_takes),
		TEST(test_http2_pieces_of_a_vector_are_one_write),
		TEST(test_http2_what_is_not_http2_ends_the_following),
		TEST(test_http2_other_bytes_than_were_refused_end_the_following),
		TEST(test_http2_a_table_beyond_the_bound_ends_the_following),
		TEST(test_http2_connections_have_a_share_of_the_memory),
		TEST(test_http2_more_streams_than_slots_are_counted),
		TEST(test_http2_a_forked_child_keeps_nothing_of_it),
		TEST(test_http2_begins_with_its_preface),
	};

	return GT_TESTS(tests);
}
