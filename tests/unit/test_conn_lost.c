/* Connections that gentap has lost, and what takes them up again. */
#include "support/client.h"
#include "support/full_pool.h"
#include "support/test.h"
#include "support/traffic.h"

#include "shim/serving.h"
#include "shim/shared/stat.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define MCP(n)                                                                                                   \
	"POST /mcp HTTP/1.1\r\nHost: h\r\nMcp-Session-Id: s\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c" \
	"-00000000000000" n "-01\r\nContent-Length: 23\r\n\r\n{\"method\":\"tools/call\"}"

/* Bytes leave in a call that gentap does not see, in the middle of a chunked body. */
static void lose(void)
{
	gt_client_send_text("PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
	gt_tx_unseen(gt_client.conn, 3);
	assert_true(gt_conn_is_lost(gt_client.conn));
	assert_true(gt_rx_is_wanted(gt_client.conn)); /* an answer comes before the next request */
}

static void test_conn_lost_the_next_request_after_an_answer_takes_it_up_again(void **state)
{
	(void)state;
	lose();
	gt_client_send_text("\r\n0\r\n\r\n");
	gt_client_receive(ANSWER);
	gt_client_send_text(OURS);
	assert_false(gt_conn_is_lost(gt_client.conn));
	gt_client_receive(ANSWER);
	gt_client_send_text(OTHER);
	gt_client_receive(ANSWER);
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0); /* the guess could be wrong */
	assert_reported("BEGIN REQUEST RESPONSE FENCE BEGIN REQUEST RESPONSE END");
	assert_false(gt_reported_begin(&gt_client.reported, 0).is_injected);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_RESUMED), 1);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 1);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 0);
}

static void test_conn_lost_an_exchange_that_was_open_ends_and_is_counted(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_tx_unseen(gt_client.conn, 7);
	assert_reported("BEGIN REQUEST END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_LOST);
	gt_client_receive(ANSWER); /* belongs to no stream */
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST END BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 1).why, GT_END_CLOSED);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 0);
}

static void test_conn_lost_a_body_with_bytes_like_a_request_is_no_request(void **state)
{
	static const char *const bodies[] = {
		OURS,		      /* before an answer */
		"ab " OURS,	      /* not at the start of a write */
		"GET / HTTP/1.1\r\n", /* no whole head */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(bodies); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		lose();
		if (i)
			gt_client_receive(ANSWER);
		gt_client_send_text(bodies[i]);
		assert_true(gt_conn_is_lost(gt_client.conn));
		gt_client_assert_wire();
		assert_reported("");
		gt_conn_close(gt_client.conn);
	}
}

static void test_conn_lost_what_no_client_would_send_does_not_take_it_up(void **state)
{
	static const char *const heads[] = {
		"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"SUMMARY of HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nAccept: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nHost: a\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(heads); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		lose();
		gt_client_receive(ANSWER);
		gt_client_send_text(heads[i]);
		assert_true(gt_conn_is_lost(gt_client.conn));
		gt_conn_close(gt_client.conn);
	}
}

static void test_conn_lost_again_it_is_taken_up_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		lose();
		gt_client_receive(ANSWER);
		gt_client_send_text(OURS);
		gt_client_receive(ANSWER);
	}
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST RESPONSE FENCE END BEGIN REQUEST RESPONSE FENCE END BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_stat_get(GT_STAT_CONN_RESUMED), 3);
}

static void test_conn_lost_for_want_of_memory_it_is_taken_up_with_its_next_head(void **state)
{
	(void)state;
	gt_pool_fill();
	gt_client_send(OURS, 20); /* the first bytes of a head find no room */
	gt_pool_empty();
	gt_client_send_text(OURS + 20);
	assert_true(gt_conn_is_lost(gt_client.conn));
	gt_client_receive(ANSWER);
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST RESPONSE END");
}

static void test_conn_lost_a_header_line_sent_in_part_is_finished_first(void **state)
{
	size_t script[] = { strlen(OURS_LINES) + 10, 0 };
	ssize_t took;

	(void)state;
	gt_wire_script(&gt_client.wire, script, GT_ROWS(script));
	took = gt_wire_write(&gt_client.wire, OURS, strlen(OURS));
	assert_int_equal(took, strlen(OURS_LINES));
	gt_rx_unseen(gt_client.conn);
	gt_client_send_text(OURS + took);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 1);
}

static void test_conn_lost_a_server_s_is_taken_up_at_the_next_request(void **state)
{
	struct gt_conn *c = gt_conn_new(GT_ROLE_INBOUND, false);
	struct gt_served s;

	(void)state;
	gt_traffic_receive(c, MCP("01"), strlen(MCP("01")));
	gt_traffic_answer(c, "no answer in HTTP");
	assert_true(gt_conn_is_lost(c));
	gt_traffic_receive(c, MCP("02"), strlen(MCP("02")));
	assert_true(gt_conn_is_lost(c)); /* nothing was sent in between */
	assert_false(gt_serving_context(&s));
	gt_traffic_answer(c, "more of it");
	gt_traffic_receive(c, MCP("03"), strlen(MCP("03")));
	assert_false(gt_conn_is_lost(c));
	assert_true(gt_serving_context(&s));
	gt_traffic_answer(c, ANSWER);
	assert_false(gt_serving_context(&s));
	gt_traffic_receive(c, MCP("04"), strlen(MCP("04")));
	gt_traffic_answer(c, ANSWER);
	gt_conn_close(c);
	assert_reported("BEGIN REQUEST RESPONSE END BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_reported_begin(&gt_client.reported, 1).parent.b[7], 3);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_lost_the_next_request_after_an_answer_takes_it_up_again),
		T(test_conn_lost_an_exchange_that_was_open_ends_and_is_counted),
		T(test_conn_lost_a_body_with_bytes_like_a_request_is_no_request),
		T(test_conn_lost_what_no_client_would_send_does_not_take_it_up),
		T(test_conn_lost_again_it_is_taken_up_again),
		T(test_conn_lost_for_want_of_memory_it_is_taken_up_with_its_next_head),
		T(test_conn_lost_a_header_line_sent_in_part_is_finished_first),
		T(test_conn_lost_a_server_s_is_taken_up_at_the_next_request),
	};

	return GT_TESTS(tests);
}
