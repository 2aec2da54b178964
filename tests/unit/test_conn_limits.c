/* The limit of bodies, and a hand-off without room. */
#include "support/client.h"
#include "support/full_pool.h"
#include "support/test.h"

#include "shim/shared/limits.h"
#include "shim/shared/stat.h"

static void test_conn_of_a_body_that_is_too_long_the_start_is_reported(void **state)
{
	static char body[200000];
	char head[200];
	int n = sprintf(head, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: %zu\r\n\r\n",
			sizeof(body));

	(void)state;
	memset(body, 'b', sizeof(body));
	gt_limits.body_max = 100000;
	gt_client_send(head, (size_t)n);
	for (size_t at = 0; at < sizeof(body); at += 10000)
		gt_client_send(body + at, 10000);
	gt_client_send_text(OURS);
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST CUT BEGIN REQUEST END");
	n += 100000; /* bytes of the body that must arrive; up to the length of a head more may */
	assert_in_range(gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0).len - strlen(OURS), n,
			n + GT_CONN_HEAD_MAX);
}

static void test_conn_of_a_body_that_is_too_long_and_comes_at_once_the_start_is_reported_too(void **state)
{
	static char request[200200];
	int n = sprintf(request, "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 200000\r\n\r\n");

	(void)state;
	memset(request + n, 'b', 200000);
	gt_limits.body_max = 100000;
	gt_client_send(request, (size_t)n + 200000);
	assert_reported("BEGIN REQUEST CUT");
	assert_in_range(gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0).len, n + 100000,
			n + 100000 + GT_CONN_HEAD_MAX);
}

static void test_conn_with_the_hand_off_full_a_request_passes_as_it_is(void **state)
{
	(void)state;
	gt_pool_fill();
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_false(gt_rx_is_wanted(gt_client.conn));
	assert_true(gt_stat_get(GT_STAT_DROP_FULL) > 0);
	gt_pool_empty();
	gt_client_send_text(OURS); /* the next request is followed again */
	assert_int_equal(gt_client.wire.n_inserted, 1);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST");
}

static void test_conn_with_the_hand_off_full_a_head_in_pieces_loses_the_connection(void **state)
{
	(void)state;
	gt_pool_fill();
	gt_client_send(OURS, 20);
	gt_pool_empty();
	gt_client_send_text(OURS + 20);
	gt_client_assert_wire();
	assert_true(gt_conn_is_lost(gt_client.conn));
	assert_reported("");
}

static void test_conn_response_bytes_without_room_are_reported_as_a_gap(void **state)
{
	struct gt_gap g;

	(void)state;
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n12345");
	gt_pool_fill();
	gt_client_receive("6789");
	gt_client_receive("0");
	gt_pool_empty();
	gt_client_receive("abcdefghij");
	assert_reported("BEGIN REQUEST RESPONSE GAP RESPONSE");
	memcpy(&g, gt_reported_nth(&gt_client.reported, GT_EVENT_GAP, 0)->data.p, sizeof(g));
	assert_int_equal(g.bytes, 5);
	assert_true(gt_stat_get(GT_STAT_DROP_FULL) >= 2);
}

static void test_conn_the_end_is_reported_also_when_the_hand_off_is_full(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_pool_fill();
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST END");
	gt_pool_empty();
}

static void test_conn_bytes_missing_at_the_end_are_reported_before_it(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 200 OK\r\n\r\nuntil the ");
	gt_pool_fill();
	gt_client_receive("end");
	gt_pool_empty();
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST RESPONSE GAP END");
}

/* A kept connection goes on after a time without memory: its calls are lost, and counted, and the next is reported. */
static void test_conn_without_room_for_a_fence_the_next_exchange_has_a_stream_of_its_own(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_pool_fill();
	for (int i = 0; i < 3; i++) {
		gt_client_send_text(OURS);
		gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	}
	gt_client_send_text(OTHER);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	assert_int_equal(gt_stat_get(GT_STAT_UNREPORTED), 3);
	assert_false(gt_conn_is_lost(gt_client.conn) || gt_conn_is_over(gt_client.conn));
	gt_pool_empty();
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 2);
	assert_reported("BEGIN REQUEST RESPONSE END BEGIN REQUEST RESPONSE END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_LOST);
	assert_int_not_equal(gt_client.reported.list[0].stream, gt_client.reported.list[gt_client.reported.n - 1].stream);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 0);
}

/* Answers are still on their way, and would be taken for those of later requests. */
static void test_conn_without_room_for_a_placeholder_the_connection_is_left(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_pool_fill();
	gt_client_send_text(OTHER);
	gt_pool_empty();
	assert_true(gt_conn_is_over(gt_client.conn));
	assert_reported("BEGIN REQUEST END");
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
}

/* Bytes of an answer that found no room are not missing from the answer in the next stream. */
static void test_conn_a_gap_stays_in_its_stream(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_pool_fill();
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	gt_client_send_text(OTHER);
	gt_pool_empty();
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST END BEGIN REQUEST RESPONSE END");
}

static void test_conn_a_request_body_without_room_is_reported_as_cut(void **state)
{
	static const char head[] = "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 30000\r\n\r\n";
	static char body[30000];

	(void)state;
	gt_client_send_text(head);
	gt_pool_fill();
	gt_pool_free_last();
	gt_client_send(body, sizeof(body));
	gt_pool_empty();
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	gt_reported_take(&gt_client.reported);
	/* with or without room for the CUT event, only a beginning of the bytes arrived */
	assert_true(gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0).len <
		    sizeof(head) + sizeof(body) + strlen(OURS));
}

static void test_conn_nothing_leaks_from_the_pool(void **state)
{
	(void)state;
	gt_client_fresh(1); /* the smallest pool */
	gt_conn_close(gt_client.conn);
	for (int i = 0; i < 3000; i++) {
		gt_client.conn = gt_conn_new(GT_ROLE_OUTBOUND, false);
		gt_wire_free(&gt_client.wire);
		gt_wire_open(&gt_client.wire, gt_client.conn);
		gt_client_refuse_text(OURS);
		gt_client_refuse_text("\r\n" OURS);
		gt_client_send(OURS, 50);
		gt_client_send_text(OURS + 50);
		gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		gt_client_send_text(OTHER OURS OTHER);
		gt_client_send(OURS, 30); /* closed in the middle of a head */
		gt_conn_close(gt_client.conn);
		gt_reported_free(&gt_client.reported);
		gt_reported_take(&gt_client.reported);
		gt_client.conn = gt_conn_new(GT_ROLE_INBOUND, false);
		gt_client_receive(
			"GET / HTTP/1.1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\n\r\nGET ");
		gt_conn_close(gt_client.conn);
		assert_int_equal(gt_stat_get(GT_STAT_DROP_FULL), 0);
	}
}

static void test_conn_bytes_sent_unseen_are_part_of_a_body_or_lose_the_connection(void **state)
{
#define HEAD_OF(framing) "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\n" framing "\r\n\r\n"
	static const struct {
		const char *sent;
		size_t unseen;
		bool lost;
	} rows[] = {
		{ HEAD_OF("Content-Length: 20") "01234", 15, false },
		{ HEAD_OF("Content-Length: 20") "01234", 16, true },
		{ HEAD_OF("Content-Length: 20"), 20, false },
		{ HEAD_OF("Transfer-Encoding: chunked") "14\r\n01234", 3, true }, /* the unseen bytes may contain framing */
		{ OURS, 1, true },						  /* between two requests */
		{ OURS "POST /v1/", 1, true },					  /* in a head */
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send_text(rows[i].sent);
		gt_tx_unseen(gt_client.conn, rows[i].unseen);
		assert_int_equal(gt_conn_is_lost(gt_client.conn), rows[i].lost);
		if (rows[i].lost)
			continue;
		gt_client_send_text(OURS);
		assert_int_equal(gt_client.wire.n_inserted, 2); /* the next request is found at its first byte */
		assert_reported("BEGIN REQUEST CUT BEGIN REQUEST");
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_of_a_body_that_is_too_long_the_start_is_reported),
		T(test_conn_of_a_body_that_is_too_long_and_comes_at_once_the_start_is_reported_too),
		T(test_conn_with_the_hand_off_full_a_request_passes_as_it_is),
		T(test_conn_with_the_hand_off_full_a_head_in_pieces_loses_the_connection),
		T(test_conn_response_bytes_without_room_are_reported_as_a_gap),
		T(test_conn_the_end_is_reported_also_when_the_hand_off_is_full),
		T(test_conn_bytes_missing_at_the_end_are_reported_before_it),
		T(test_conn_without_room_for_a_fence_the_next_exchange_has_a_stream_of_its_own),
		T(test_conn_without_room_for_a_placeholder_the_connection_is_left),
		T(test_conn_a_gap_stays_in_its_stream),
		T(test_conn_a_request_body_without_room_is_reported_as_cut),
		T(test_conn_nothing_leaks_from_the_pool),
		T(test_conn_bytes_sent_unseen_are_part_of_a_body_or_lose_the_connection),
	};

	return GT_TESTS(tests);
}
