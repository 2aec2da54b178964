#include "support/client.h"
#include "support/test.h"

#include "shim/shared/limits.h"
#include "shim/shared/stat.h"
#include "support/fake_exporter_thread.h"

/* ---------------------------------------------------------------- one request */

static void test_conn_adds_one_traceparent_before_the_blank_line_and_tells_its_ids(void **state)
{
	struct gt_begin b;

	(void)state;
	gt_conn_set_peer(gt_client.conn, GT_STR("api.openai.com"));
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 1);
	assert_int_equal(gt_client.wire.inserted[0].at, strlen(OURS_LINES));
	assert_reported("BEGIN REQUEST");
	gt_client_assert_ids_on_wire(0, 0);
	gt_client_assert_requests(OURS, strlen(OURS)); /* without what gentap inserted */
	b = gt_reported_begin(&gt_client.reported, 0);
	assert_int_equal(b.api, GT_API_OPENAI_CHAT);
	assert_int_equal(b.source, GT_SOURCE_STREAM);
	assert_true(b.is_certain && b.is_tls && !b.parent_is_remote);
	assert_int_equal(b.port, 443);
	assert_true(b.started.unix_ns > 1600000000000000000ULL);
	assert_str(gt_reported_host(&gt_client.reported, 0), "api.openai.com");
	assert_str(gt_reported_provider(&gt_client.reported, 0), "openai");
	assert_int_equal(gt_stat_get(GT_STAT_REQUESTS), 1);
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 1);
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 0);
}

static void test_conn_a_whole_exchange_is_reported_in_order(void **state)
{
	(void)state;
	assert_false(gt_rx_is_wanted(gt_client.conn));
	gt_client_send_text(OURS);
	assert_true(gt_rx_is_wanted(gt_client.conn));
	assert_int_equal(gt_fake_wanted, 0); /* the exporter starts at the first answer */
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	gt_client_receive("ok");
	assert_true(gt_fake_wanted > 0);
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST RESPONSE END");
	assert_str(gt_reported_bytes(&gt_client.reported, GT_EVENT_RESPONSE, 0),
		   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_CLOSED);
	for (int i = 0; i < gt_client.reported.n; i++)
		assert_int_equal(gt_client.reported.list[i].stream, gt_client.reported.list[0].stream);
}

/* The pool may be a file. */
static void test_conn_credentials_do_not_reach_the_pool(void **state)
{
#define ASK(target, bearer, key, cookie)                                                                     \
	"POST /v1/chat/completions?" target " HTTP/1.1\r\nHost: api.openai.com\r\nAuthorization: " bearer    \
	"\r\nContent-Type: application/json\r\nx-api-key:  " key "\r\nContent-Length: 13\r\nCookie: " cookie \
	"\r\n\r\n" JSON_BODY
	static const char sent[] = ASK("alt=sse&key=AIza1&v=2", "Bearer sk-1", "sk-2", "a=b; c=d");
	static const char kept[] = ASK("alt=sse&key=*****&v=2", "***********", "****", "********");

	(void)state;
	gt_client_send_text(sent);
	gt_client_assert_wire(); /* the server gets what the application sent */
	gt_client_assert_requests(kept, strlen(kept));
#undef ASK
}

static void test_conn_requests_that_are_not_ours_leave_no_trace(void **state)
{
	static const char *const requests[] = {
		OTHER,
		"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
		"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(requests); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send_text(requests[i]);
		assert_false(gt_rx_is_wanted(gt_client.conn));
		gt_conn_close(gt_client.conn);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, 0);
		assert_reported("");
	}
}

static void test_conn_other_protocols_pass_untouched_and_are_let_go(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {
#define ROW(lit) { lit, sizeof(lit) - 1 }
		ROW("*1\r\n$4\r\nPING\r\n"),
		ROW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		ROW("\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00"),
		ROW("\x00\x00\x00\x52\x00\x03\x00\x00user\0me\0"),
		ROW("EHLO a\r\n"),
		ROW("GET / HTTP/1.1\r\nbad header\r\n\r\n"),
		ROW("POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 1\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send(rows[i].p, rows[i].len);
		gt_client_send(rows[i].p, rows[i].len);
		gt_client_send_text(OURS); /* the connection is lost, also for requests */
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, i == 7 ? gt_client.wire.n_inserted : 0);
		assert_true(gt_conn_is_over(gt_client.conn));
		assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 0); /* no exchange was open */
		assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 1);
		gt_conn_close(gt_client.conn);
	}
}

/* ---------------------------------------------------------------- several requests */

static void test_conn_of_two_requests_in_one_write_the_first_is_added_to(void **state)
{
	(void)state;
	gt_client_send_text(OURS OURS);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 1);
	assert_reported("BEGIN REQUEST BEGIN REQUEST");
	assert_true(gt_reported_begin(&gt_client.reported, 0).is_injected);
	assert_false(gt_reported_begin(&gt_client.reported, 1).is_injected);
	gt_client_assert_requests(OURS OURS, 2 * strlen(OURS));
	assert_memory_not_equal(gt_reported_begin(&gt_client.reported, 0).context.span_id.b,
				gt_reported_begin(&gt_client.reported, 1).context.span_id.b, 8);
}

static void test_conn_requests_one_after_the_other_are_all_added_to(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		gt_client_send_text(OURS);
		gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	}
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 20);
	gt_reported_take(&gt_client.reported);
	for (int i = 0; i < 20; i++)
		gt_client_assert_ids_on_wire(i, i);
}

static void test_conn_another_request_after_the_answer_is_a_fence(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	gt_client_send_text(OTHER);
	assert_false(gt_rx_is_wanted(gt_client.conn));
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); /* answers the ignored request */
	gt_client_send_text(OTHER);
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST RESPONSE FENCE BEGIN REQUEST RESPONSE END");
	gt_client_assert_requests(OURS OURS, 2 * strlen(OURS));
}

static void test_conn_another_request_before_the_answer_is_a_placeholder(void **state)
{
	struct gt_placeholder p;

	(void)state;
	gt_client_send_text(OURS);
	gt_client_send_text(OTHER);
	gt_client_send_text("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(gt_rx_is_wanted(gt_client.conn));
	assert_reported("BEGIN REQUEST PLACEHOLDER PLACEHOLDER");
	memcpy(&p, gt_reported_nth(&gt_client.reported, GT_EVENT_PLACEHOLDER, 0)->data.p, sizeof(p));
	assert_false(p.has_no_body);
	memcpy(&p, gt_reported_nth(&gt_client.reported, GT_EVENT_PLACEHOLDER, 1)->data.p, sizeof(p));
	assert_true(p.has_no_body);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_client_send_text(OTHER);
	assert_false(gt_rx_is_wanted(gt_client.conn));
	assert_reported("BEGIN REQUEST PLACEHOLDER PLACEHOLDER RESPONSE FENCE");
}

static void test_conn_bodies_of_any_framing_hide_what_looks_like_a_request(void **state)
{
	char streams[3][512];

	(void)state;
	sprintf(streams[0], "PUT /a HTTP/1.1\r\nContent-Length: %zu\r\n\r\n" OURS, strlen(OURS));
	sprintf(streams[1], "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n" OURS "\r\n0\r\n\r\n", strlen(OURS));
	strcpy(streams[2], "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "0\r\nT: POST /v1/chat/completions HTTP/1.1\r\n\r\n");
	for (size_t i = 0; i < GT_ROWS(streams); i++) {
		const char *text = streams[i];

		for (size_t cut = 1; cut < strlen(text); cut++) {
			gt_client_fresh(GT_CLIENT_MEMORY);
			gt_client_send(text, cut);
			gt_client_send_text(text + cut);
			gt_client_assert_wire();
			assert_int_equal(gt_client.wire.n_inserted, 0);
			assert_reported("");
			gt_client_send_text(OURS); /* the framing was not lost */
			assert_int_equal(gt_client.wire.n_inserted, 1);
			gt_client_assert_wire();
		}
	}
}

static void test_conn_a_body_continued_after_100_continue_belongs_to_its_request(void **state)
{
	(void)state;
	gt_client_send_text(
		"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n");
	gt_client_receive("HTTP/1.1 100 Continue\r\n\r\n");
	gt_client_send_text(JSON_BODY);
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST RESPONSE REQUEST RESPONSE END");
}

static void test_conn_a_chunked_request_is_reported_with_its_framing(void **state)
{
	static const char head[] =
		"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nTransfer-Encoding: chunked\r\n\r\n",
			  body[] = "5\r\nhello\r\n0;x\r\nT: u\r\n\r\n";

	(void)state;
	for (size_t cut = 1; cut < sizeof(body) - 1; cut++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send_text(head);
		gt_client_send(body, cut);
		gt_client_send_text(body + cut);
		gt_client_send_text(OTHER);
		gt_client_assert_wire();
		assert_reported("BEGIN REQUEST PLACEHOLDER");
		assert_int_equal(gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0).len,
				 sizeof(head) + sizeof(body) - 2);
	}
}

/* ---------------------------------------------------------------- the application's own context */

static void test_conn_the_applications_own_traceparent_stands(void **state)
{
	static const char request[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
				      "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
				      "tracestate: a=1\r\nContent-Length: 2\r\n\r\n{}";
	struct gt_begin b;
	char hex[32];

	(void)state;
	gt_client_send_text(request);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	gt_reported_take(&gt_client.reported);
	b = gt_reported_begin(&gt_client.reported, 0);
	assert_false(b.is_injected);
	gt_hex(b.parent.b, 8, hex);
	assert_memory_equal(hex, "b7ad6b7169203331", 16);
	gt_hex(b.context.trace_id.b, 16, hex);
	assert_memory_equal(hex, "0af7651916cd43dd8448eb211c80319c", 32);
	assert_str(gt_reported_tracestate(&gt_client.reported, 0), "a=1");
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED) + gt_stat_get(GT_STAT_NOT_INJECTED), 0);
}

static void test_conn_two_traceparents_are_no_parent_and_get_no_third(void **state)
{
	(void)state;
	gt_client_send_text(
		"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
		"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
		"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-01\r\nContent-Length: 2\r\n\r\n{}");
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	gt_reported_take(&gt_client.reported);
	assert_true(gt_is_all_zero(gt_reported_begin(&gt_client.reported, 0).parent.b, 8));
}

/* ---------------------------------------------------------------- heads of odd kinds */

static void test_conn_heads_with_bare_line_feeds_are_reported_but_not_added_to(void **state)
{
	(void)state;
	gt_client_send_text("POST /v1/messages HTTP/1.1\nHost: api.anthropic.com\nContent-Length: 2\n\n{}");
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_reported("BEGIN REQUEST");
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_a_request_without_host_is_matched_by_the_peer_name(void **state)
{
	(void)state;
	gt_conn_set_peer(gt_client.conn, GT_STR("api.openai.com"));
	gt_client_send_text("POST /v1/responses HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
	assert_reported("BEGIN REQUEST");
	assert_str(gt_reported_host(&gt_client.reported, 0), "api.openai.com");
	gt_client_fresh(GT_CLIENT_MEMORY);
	gt_client_send_text("POST /v1/responses HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	assert_reported("BEGIN REQUEST");
	assert_str(gt_reported_host(&gt_client.reported, 0), "");
	assert_false(gt_reported_begin(&gt_client.reported, 0).is_certain);
	gt_client_assert_wire();
}

static void test_conn_a_peer_name_that_is_too_long_is_none(void **state)
{
	static char name[400];

	(void)state;
	memset(name, 'a', sizeof(name));
	gt_conn_set_peer(gt_client.conn, gt_str_make(name, 256));
	gt_client_send_text(OURS);
	gt_reported_take(&gt_client.reported);
	assert_str(gt_reported_host(&gt_client.reported, 0), "api.openai.com");
	gt_client_fresh(GT_CLIENT_MEMORY);
	gt_conn_set_peer(gt_client.conn, gt_str_make(name, 255));
	gt_client_send_text(OURS);
	gt_reported_take(&gt_client.reported);
	assert_int_equal(gt_reported_host(&gt_client.reported, 0).len, 255);
	gt_client_fresh(GT_CLIENT_MEMORY);
	gt_conn_set_peer(gt_client.conn, GT_STR_NONE);
	gt_client_send_text(OURS);
	gt_reported_take(&gt_client.reported);
	assert_str(gt_reported_host(&gt_client.reported, 0), "api.openai.com");
}

static char *long_request(size_t head_len)
{
	char *p = malloc(head_len + 16);
	int n = sprintf(p, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 2\r\nx: ");

	memset(p + n, 'a', head_len - (size_t)n - 4);
	memcpy(p + head_len - 4, "\r\n\r\n{}", 7);
	return p;
}

static void test_conn_the_longest_head_is_added_to_and_a_longer_one_loses_the_connection(void **state)
{
	(void)state;
	for (size_t len = GT_CONN_HEAD_MAX - 1; len <= GT_CONN_HEAD_MAX + 1; len++) {
		size_t cuts[] = { 0, 1, 5000, len - 5, len - 4 };

		for (size_t i = 0; i < GT_ROWS(cuts); i++) {
			char *p = long_request(len);
			bool fits = len <= GT_CONN_HEAD_MAX;

			gt_client_fresh(GT_CLIENT_MEMORY);
			gt_client_send(p, cuts[i]);
			gt_client_send_text(p + cuts[i]);
			gt_client_assert_wire();
			assert_int_equal(gt_client.wire.n_inserted, fits);
			assert_int_equal(gt_conn_is_lost(gt_client.conn), !fits);
			assert_reported(fits ? "BEGIN REQUEST" : "");
			free(p);
		}
	}
}

static void test_conn_heads_that_clients_leave_unfinished_hold_a_share_of_the_memory(void **state)
{
	enum { MAX = GT_CLIENT_MEMORY / GT_CONN_SHARE / GT_CONN_HEAD_MAX, MORE = 3 * MAX };
	struct gt_conn *half[MORE];
	int followed = 0;

	(void)state;
	gt_limits.memory_max = GT_CLIENT_MEMORY;
	for (int round = 0; round < 3; round++) {
		followed = 0;
		for (int i = 0; i < MORE; i++) {
			half[i] = gt_conn_new(GT_ROLE_INBOUND, false);
			assert_non_null(half[i]);
			gt_rx(half[i], &(struct iovec){ "GET / HTTP/1.1\r\nHost: x\r\n", 25 }, 1, 25);
			followed += !gt_conn_is_lost(half[i]);
		}
		assert_int_equal(followed, MAX);
		assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), (round + 1) * (MORE - MAX));
		assert_int_equal(gt_stat_get(GT_STAT_DROP_FULL), 0);
		/* finished or closed, each connection gives its share back */
		for (int i = 0; i < MORE; i++) {
			if (i % 2)
				gt_rx(half[i], &(struct iovec){ "\r\n", 2 }, 1, 2);
			gt_conn_close(half[i]);
		}
	}
	gt_limits.memory_max = GT_MEMORY_MAX_DEFAULT;
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST");
}

static void test_conn_a_tunnel_is_let_go_when_its_bytes_come(void **state)
{
	(void)state;
	gt_client_send_text("CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n");
	assert_false(gt_conn_is_over(gt_client.conn));
	gt_client_send("\x16\x03\x01\x02\x00\x01", 6);
	assert_true(gt_conn_is_over(gt_client.conn));
	gt_client_assert_wire();
	assert_reported("");
	gt_client_fresh(GT_CLIENT_MEMORY);
	/* a tunnel that carries plain HTTP */
	gt_client_send_text("CONNECT api.openai.com:80 HTTP/1.1\r\nHost: api.openai.com:80\r\n\r\n");
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_adds_one_traceparent_before_the_blank_line_and_tells_its_ids),
		T(test_conn_a_whole_exchange_is_reported_in_order),
		T(test_conn_credentials_do_not_reach_the_pool),
		T(test_conn_requests_that_are_not_ours_leave_no_trace),
		T(test_conn_other_protocols_pass_untouched_and_are_let_go),
		T(test_conn_of_two_requests_in_one_write_the_first_is_added_to),
		T(test_conn_requests_one_after_the_other_are_all_added_to),
		T(test_conn_another_request_after_the_answer_is_a_fence),
		T(test_conn_another_request_before_the_answer_is_a_placeholder),
		T(test_conn_bodies_of_any_framing_hide_what_looks_like_a_request),
		T(test_conn_a_body_continued_after_100_continue_belongs_to_its_request),
		T(test_conn_a_chunked_request_is_reported_with_its_framing),
		T(test_conn_the_applications_own_traceparent_stands),
		T(test_conn_two_traceparents_are_no_parent_and_get_no_third),
		T(test_conn_heads_with_bare_line_feeds_are_reported_but_not_added_to),
		T(test_conn_a_request_without_host_is_matched_by_the_peer_name),
		T(test_conn_a_peer_name_that_is_too_long_is_none),
		T(test_conn_the_longest_head_is_added_to_and_a_longer_one_loses_the_connection),
		T(test_conn_heads_that_clients_leave_unfinished_hold_a_share_of_the_memory),
		T(test_conn_a_tunnel_is_let_go_when_its_bytes_come),
	};

	return GT_TESTS(tests);
}
