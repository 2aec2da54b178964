/* Requests that offer another protocol (RFC 9110, 7.8): only a 101 takes the connection away from HTTP. */
#include "support/client.h"
#include "support/test.h"
#include "support/traffic.h"

#include "shim/shared/stat.h"

#define OFFER	  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
#define OFFERING  "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n" OFFER "Content-Length: 13\r\n\r\n"
#define ANSWER	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
#define SHELL \
	"POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"

static void test_conn_an_offer_that_is_declined_leaves_an_ordinary_exchange(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) { /* the JDK's client offers it with every request */
		gt_client_send_text(OFFERING);
		gt_client_send_text(JSON_BODY);
		gt_client_receive("HTTP/1.1 100 Continue\r\n\r\n");
		gt_client_receive("HTTP/1.1 200 OK\r\nContent-");
		gt_client_receive("Length: 2\r\n\r\nok");
	}
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 4);
	assert_reported("BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST) + gt_stat_get(GT_STAT_CONN_NOT_HTTP), 0);
}

static void test_conn_an_offer_of_an_ignored_request_waits_for_its_answer(void **state)
{
	(void)state;
	gt_client_send_text(SHELL);
	assert_true(gt_rx_is_wanted(gt_client.conn));
	gt_client_receive("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	assert_false(gt_rx_is_wanted(gt_client.conn));
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 1);
	assert_reported("BEGIN REQUEST RESPONSE END");
}

static void test_conn_after_a_101_the_bytes_are_another_protocol(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 UPGRADED\r\n\r\n",
		"\x81\x05hello", /* not HTTP either */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(answers); i++) {
		for (size_t cut = 0; cut < strlen(answers[i]); cut++) {
			char first[100] = "";

			gt_client_fresh(GT_CLIENT_MEMORY);
			gt_client_send_text(SHELL);
			memcpy(first, answers[i], cut);
			gt_client_receive(first);
			gt_client_receive(answers[i] + cut);
			assert_true(gt_conn_is_over(gt_client.conn));
			gt_client_send_text(OURS); /* typed into the stream */
			gt_client_assert_wire();
			assert_int_equal(gt_client.wire.n_inserted, 0);
			assert_reported("");
			assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 0); /* no loss: it is not HTTP */
			assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 1);
		}
	}
}

/* The program may have read a 101 in a call that gentap does not see. */
static void test_conn_bytes_before_the_answer_to_an_offer_may_be_another_protocol(void **state)
{
	(void)state;
	gt_client_send_text(SHELL);
	gt_client_send_text(OURS);
	assert_true(gt_conn_is_over(gt_client.conn));
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_reported("");
	gt_client_fresh(GT_CLIENT_MEMORY);
	gt_client_send_text(SHELL OURS); /* in one write */
	gt_client_assert_wire();
	assert_reported("");
	gt_client_fresh(GT_CLIENT_MEMORY);
	gt_client_send_text(SHELL);
	gt_client_send("\x81\x05hello", 7);
	assert_true(gt_conn_is_over(gt_client.conn));
}

static void test_conn_an_offer_that_is_agreed_to_ends_the_exchange(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_client_receive(ANSWER);
	gt_client_send_text(OFFERING JSON_BODY);
	gt_client_receive(SWITCHING);
	assert_true(gt_conn_is_over(gt_client.conn));
	gt_client_send_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_LOST);
}

static void test_conn_an_offer_that_was_only_planned_is_forgotten(void **state)
{
	(void)state;
	gt_client_refuse_text(OFFERING);
	gt_client_send_text(OURS); /* the application sends something else */
	gt_client_send_text(OURS); /* pipelined */
	gt_client_receive(ANSWER ANSWER);
	gt_client_refuse_text(OFFERING);
	gt_client_send_text(OFFERING JSON_BODY); /* repeated */
	gt_client_receive(ANSWER);
	gt_client_send_text(OURS);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 4);
}

static void test_conn_a_server_that_agrees_to_an_offer_leaves_http(void **state)
{
	struct gt_conn *c = gt_conn_new(GT_ROLE_INBOUND, false);
	const char *request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";

	(void)state;
	gt_traffic_receive(c, request, strlen(request));
	gt_traffic_answer(c, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
	assert_false(gt_conn_is_over(c));
	gt_traffic_receive(c, request, strlen(request));
	assert_true(gt_conn_is_serving(c));
	gt_traffic_answer(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
	assert_true(gt_conn_is_over(c));
	assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 1);
	gt_conn_close(c);
	assert_reported("");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_an_offer_that_is_declined_leaves_an_ordinary_exchange),
		T(test_conn_an_offer_of_an_ignored_request_waits_for_its_answer),
		T(test_conn_after_a_101_the_bytes_are_another_protocol),
		T(test_conn_bytes_before_the_answer_to_an_offer_may_be_another_protocol),
		T(test_conn_an_offer_that_is_agreed_to_ends_the_exchange),
		T(test_conn_an_offer_that_was_only_planned_is_forgotten),
		T(test_conn_a_server_that_agrees_to_an_offer_leaves_http),
	};

	return GT_TESTS(tests);
}
