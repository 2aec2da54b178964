/* A WebSocket at an endpoint of a model: its frames are copied in both directions, and nothing is added to them. */
#include "support/client.h"
#include "support/full_pool.h"
#include "support/test.h"
#include "support/traffic.h"

#include "shim/shared/stat.h"

#define UPGRADE	  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
#define HANDSHAKE "GET /v1/realtime?model=m HTTP/1.1\r\nHost: api.openai.com\r\n" UPGRADE
#define ELSEWHERE "GET /chat HTTP/1.1\r\nHost: api.openai.com\r\n" UPGRADE
#define AGREED                                                                                                       \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" \
	"Set-Cookie: secret\r\n\r\n"
#define ASKING "\x81\x85\1\2\3\4ignmn"
#define ANSWER "\x81\x0fHTTP/1.1 200 OK"

static struct gt_str sent(void)
{
	return gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0);
}

static struct gt_str received(void)
{
	return gt_reported_bytes(&gt_client.reported, GT_EVENT_RESPONSE, 0);
}

static void test_conn_frames_of_both_directions_are_copied(void **state)
{
	(void)state;
	for (size_t cut = 1; cut <= strlen(AGREED ANSWER); cut++) {
		char first[300] = "";

		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send_text(HANDSHAKE);
		memcpy(first, AGREED ANSWER, cut); /* the first frame may come with the head */
		gt_client_receive(first);
		gt_client_receive(AGREED ANSWER + cut);
		assert_false(gt_conn_is_over(gt_client.conn));
		gt_client_send_text(ASKING);
		gt_client_send_text(OURS); /* in a frame, bytes mean nothing */
		gt_client_receive(ANSWER);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, 1); /* into the handshake */
		assert_reported("BEGIN REQUEST RESPONSE REQUEST RESPONSE");
		assert_true(gt_str_ends(sent(), GT_STR(ASKING OURS)));
		assert_true(gt_str_ends(received(), GT_STR("\r\n\r\n" ANSWER ANSWER)));
		assert_true(memmem(received().p, received().len, "secret", 6) == NULL);
		gt_conn_close(gt_client.conn);
		assert_reported("BEGIN REQUEST RESPONSE REQUEST RESPONSE END");
		assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_CLOSED);
		assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST) + gt_stat_get(GT_STAT_CONN_NOT_HTTP), 0);
	}
}

/* What the exporter gets of a cookie-like line in a frame is what was received. */
static void test_conn_frames_are_copied_without_a_look_at_them(void **state)
{
	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive(AGREED);
	gt_client_receive("\x81\x7e\1\1{\nSet-Cookie: no secret\nHTTP/1.1 200 OK\nX: y\n");
	assert_true(gt_str_ends(received(), GT_STR("{\nSet-Cookie: no secret\nHTTP/1.1 200 OK\nX: y\n")));
	gt_conn_close(gt_client.conn);
}

static void test_conn_frames_that_are_refused_are_copied_once(void **state)
{
	static const size_t answers[] = { 0, 3, 0, 0, 5, 1 };

	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive(AGREED);
	gt_client_refuse_text(ASKING);
	gt_client_refuse_text(ASKING ASKING); /* the application has more to send meanwhile */
	gt_wire_script(&gt_client.wire, answers, GT_ROWS(answers));
	gt_client_send_text(ASKING ASKING); /* in pieces, each of them offered again */
	gt_client_assert_wire();
	assert_true(gt_str_ends(sent(), GT_STR("\r\n\r\n" ASKING ASKING)));
	gt_conn_close(gt_client.conn);
}

static void test_conn_frames_are_reported_before_they_are_sent(void **state)
{
	struct iovec iov = { (void *)(uintptr_t)ASKING, strlen(ASKING) };
	struct gt_tx t;

	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive(AGREED);
	gt_tx_begin(&t, gt_client.conn, &iov, 1, true);
	gt_client_receive(ANSWER); /* another thread, while the call returns */
	gt_tx_end(&t, &iov, 1, iov.iov_len);
	assert_reported("BEGIN REQUEST RESPONSE REQUEST RESPONSE");
	gt_conn_close(gt_client.conn);
}

static void test_conn_a_websocket_elsewhere_is_not_followed(void **state)
{
	(void)state;
	gt_client_send_text(ELSEWHERE);
	gt_client_receive(AGREED);
	assert_true(gt_conn_is_over(gt_client.conn));
	gt_client_send_text(ASKING);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_reported("");
	assert_int_equal(gt_stat_get(GT_STAT_CONN_NOT_HTTP), 1);
}

static void test_conn_a_handshake_that_is_refused_is_an_exchange(void **state)
{
	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
	gt_client_send_text(OURS);
	gt_client_receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	gt_conn_close(gt_client.conn);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 2);
	assert_reported("BEGIN REQUEST RESPONSE BEGIN REQUEST RESPONSE END");
}

static void test_conn_an_offer_after_a_handshake_that_was_refused_is_another(void **state)
{
	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
	gt_client_send_text(ELSEWHERE);
	gt_client_receive(AGREED);
	assert_true(gt_conn_is_over(gt_client.conn));
}

static void test_conn_without_memory_the_rest_of_what_is_sent_is_cut(void **state)
{
	(void)state;
	gt_client_send_text(HANDSHAKE);
	gt_client_receive(AGREED);
	gt_pool_fill();
	gt_client_send_text(ASKING);
	gt_pool_empty();
	gt_client_send_text(ASKING);
	gt_client_assert_wire();
	assert_true(gt_str_ends(sent(), GT_STR("\r\n\r\n")));
	gt_conn_close(gt_client.conn);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_frames_of_both_directions_are_copied),
		T(test_conn_frames_are_copied_without_a_look_at_them),
		T(test_conn_frames_that_are_refused_are_copied_once),
		T(test_conn_frames_are_reported_before_they_are_sent),
		T(test_conn_a_websocket_elsewhere_is_not_followed),
		T(test_conn_a_handshake_that_is_refused_is_an_exchange),
		T(test_conn_an_offer_after_a_handshake_that_was_refused_is_another),
		T(test_conn_without_memory_the_rest_of_what_is_sent_is_cut),
	};

	return GT_TESTS(tests);
}
