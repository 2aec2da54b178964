/* Ends of connections, their slots, and several users of one connection. */
#include "support/client.h"
#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "shim/handoff.h"
#include "shim/shared/stat.h"

static void test_conn_ends_once_with_the_first_reason(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_conn_end(gt_client.conn, GT_END_RESET, ECONNRESET);
	gt_conn_end(gt_client.conn, GT_END_EOF, 0);
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_RESET);
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).code, ECONNRESET);
}

static void test_conn_after_its_end_bytes_pass_and_nothing_is_reported(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	gt_conn_end(gt_client.conn, GT_END_EOF, 0);
	assert_true(gt_conn_is_over(gt_client.conn));
	assert_false(gt_rx_is_wanted(gt_client.conn));
	gt_client_send_text(OURS);
	gt_rx(gt_client.conn, &(struct iovec){ (void *)"late", 4 }, 1, 4);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 1);
	assert_reported("BEGIN REQUEST END");
}

static void test_conn_a_text_half_sent_when_the_connection_is_lost_is_finished(void **state)
{
	(void)state;
	for (size_t part = 1; part < INSERTED_LEN; part++) {
		/* the wire takes the head up to the insertion and a part of the insertion, and is full */
		size_t script[] = { strlen(OURS_LINES) + part, 0, 3, 0 };
		ssize_t took;

		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_wire_script(&gt_client.wire, script, GT_ROWS(script));
		took = gt_wire_write(&gt_client.wire, OURS, strlen(OURS));
		assert_int_equal(took, strlen(OURS_LINES));
		gt_conn_end(gt_client.conn, GT_END_LOST, 0);
		assert_false(gt_conn_is_over(gt_client.conn)); /* the rest of the insertion must still be sent */
		gt_client_send_text(OURS + took);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, 1);
		assert_true(gt_conn_is_over(gt_client.conn));
		gt_client_send_text(OURS);
		assert_int_equal(gt_client.wire.n_inserted, 1);
	}
}

static void test_conn_a_text_that_is_not_begun_when_the_connection_is_lost_is_not_sent(void **state)
{
	size_t script[] = { 10 };

	(void)state;
	gt_wire_script(&gt_client.wire, script, 1);
	assert_int_equal(gt_wire_write(&gt_client.wire, OURS, strlen(OURS)), 10);
	gt_conn_end(gt_client.conn, GT_END_LOST, 0);
	assert_true(gt_conn_is_over(gt_client.conn));
	gt_client_send_text(OURS + 10);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
}

static void test_conn_two_writers_at_once_lose_the_connection_and_no_byte(void **state)
{
	struct iovec iov = { (void *)OTHER, strlen(OTHER) };
	struct gt_tx first, second;

	(void)state;
	gt_client_send_text(OURS);
	gt_tx_begin(&first, gt_client.conn, &iov, 1, true);
	gt_tx_begin(&second, gt_client.conn, &iov, 1, true);
	assert_null(second.c);
	assert_false(second.has_splice);
	gt_tx_end(&second, &iov, 1, iov.iov_len);
	gt_tx_end(&first, &iov, 1, iov.iov_len);
	assert_true(gt_conn_is_lost(gt_client.conn));
	assert_reported("BEGIN REQUEST END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_LOST);
	assert_int_equal(gt_stat_get(GT_STAT_CONN_LOST), 1);
}

static void test_conn_closed_by_another_thread_while_a_write_is_under_way(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };
	struct gt_conn *other;
	struct gt_tx t;

	(void)state;
	assert_true(gt_conn_ref(gt_client.conn)); /* as gt_fd_conn does */
	gt_tx_begin(&t, gt_client.conn, &iov, 1, true);
	assert_true(t.has_splice);
	gt_conn_close(gt_client.conn);
	other = gt_conn_new(GT_ROLE_OUTBOUND, false);
	assert_ptr_not_equal(other, gt_client.conn); /* the reference keeps the slot */
	gt_tx_end(&t, &iov, 1, iov.iov_len);
	assert_false(gt_rx_is_wanted(gt_client.conn));
	gt_conn_unref(gt_client.conn);
	assert_false(gt_conn_ref(gt_client.conn));
	assert_reported("BEGIN END");
	assert_int_equal(gt_reported_end(&gt_client.reported, 0).why, GT_END_CLOSED);
	gt_conn_close(other);
}

static void test_conn_with_two_entries_ends_when_both_are_gone(void **state)
{
	(void)state;
	gt_client_send_text(OURS);
	assert_true(gt_conn_alias(gt_client.conn));
	assert_true(gt_conn_is_aliased(gt_client.conn));
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST");
	gt_client_receive("HTTP/1.1 204 \r\n\r\n");
	gt_conn_close(gt_client.conn);
	assert_reported("BEGIN REQUEST RESPONSE END");
	assert_false(gt_conn_alias(gt_client.conn));
}

static void test_conn_slots_are_used_again_with_nothing_of_the_former(void **state)
{
	struct gt_conn *again;
	uint32_t index = gt_conn_index(gt_client.conn);

	(void)state;
	gt_conn_set_peer(gt_client.conn, GT_STR("api.anthropic.com"));
	gt_conn_set_socket(gt_client.conn, -1, 77);
	gt_client_send(OURS, 40);
	gt_conn_close(gt_client.conn);
	again = gt_conn_new(GT_ROLE_OUTBOUND, false);
	assert_int_equal(gt_conn_index(again), index);
	assert_ptr_equal(gt_conn_at(index), again);
	assert_null(gt_conn_at(GT_CONN_MAX));
	assert_int_equal(gt_conn_socket(again), 0);
	assert_false(gt_conn_is_over(again) || gt_conn_is_aliased(again) || gt_rx_is_wanted(again));
	gt_client.conn = again;
	gt_wire_free(&gt_client.wire);
	gt_wire_open(&gt_client.wire, gt_client.conn);
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST");
	assert_str(gt_reported_host(&gt_client.reported, 0), "api.openai.com");
	assert_int_equal(gt_reported_begin(&gt_client.reported, 0).port, 80);
}

static void test_conn_received_bytes_scattered_over_pieces_are_put_in_order(void **state)
{
	struct iovec iov[4] = {
		{ (void *)"HTTP/1.1 ", 9 }, { NULL, 0 }, { (void *)"204 \r\n", 6 }, { (void *)"\r\nmore room", 11 }
	};

	(void)state;
	gt_client_send_text(OURS);
	gt_rx(gt_client.conn, iov, 4, 17);
	assert_str(gt_reported_bytes(&gt_client.reported, GT_EVENT_RESPONSE, 0), "HTTP/1.1 204 \r\n\r\n");
}

static void test_conn_a_large_read_travels_whole_and_stamped_once(void **state)
{
	static char big[100000];
	int64_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31);
	gt_client_send_text(OURS);
	gt_rx(gt_client.conn, &(struct iovec){ big, sizeof(big) }, 1, sizeof(big));
	assert_int_equal(gt_reported_bytes(&gt_client.reported, GT_EVENT_RESPONSE, 0).len, sizeof(big));
	assert_memory_equal(gt_reported_bytes(&gt_client.reported, GT_EVENT_RESPONSE, 0).p, big, sizeof(big));
	for (int i = 0; i < gt_client.reported.n; i++) {
		if (gt_client.reported.list[i].type != GT_EVENT_RESPONSE)
			continue;
		assert_true(!at || gt_client.reported.list[i].at.ns == at);
		at = gt_client.reported.list[i].at.ns;
	}
}

static void test_conn_first_bytes_that_can_begin_http(void **state)
{
	(void)state;
	assert_true(gt_conn_may_be_http("P", 1));
	assert_true(gt_conn_may_be_http(OURS, strlen(OURS)));
	assert_false(gt_conn_may_be_http("", 0));
	assert_false(gt_conn_may_be_http(NULL, 0));
	assert_false(gt_conn_may_be_http("\x16\x03\x01", 3));
	assert_false(gt_conn_may_be_http("PRI * HTTP/2.0\r\n\r\n", 18));
}

/* ---------------------------------------------------------------- threads (make check-tsan runs them too) */

#ifndef THREAD_ROUNDS
#define THREAD_ROUNDS 20
#endif

enum { CONNS = 8, EXCHANGES = 300, STREAMS = CONNS * (EXCHANGES + 2) };

static struct gt_conn *shared[CONNS];
static _Atomic int running;

static void *sends(void *p)
{
	struct gt_conn *mine = p;
	struct gt_wire wire;

	gt_wire_open(&wire, mine);
	for (int i = 0; i < EXCHANGES; i++) {
		gt_wire_write_all(&wire, OURS, 60);
		gt_wire_write_all(&wire, OURS + 60, strlen(OURS) - 60);
		if (i % 5 == 0)
			gt_wire_write_all(&wire, OTHER, strlen(OTHER));
		if (i % 100 == 0) {
			gt_wire_free(&wire);
			gt_wire_open(&wire, mine);
		}
	}
	gt_wire_free(&wire);
	gt_conn_unref(mine);
	running--;
	return NULL;
}

static void *receives(void *p)
{
	struct gt_conn *mine = p;
	char bytes[300] = "HTTP/1.1 200 OK\r\n\r\n";

	for (int i = 0; i < EXCHANGES; i++)
		if (gt_rx_is_wanted(mine))
			gt_rx(mine, &(struct iovec){ bytes, sizeof(bytes) }, 1, sizeof(bytes));
	gt_conn_unref(mine);
	running--;
	return NULL;
}

static void *closes(void *p)
{
	struct gt_conn **mine = p;

	sched_yield();
	for (int i = 0; i < CONNS; i++) {
		gt_conn_close(mine[i]);
		sched_yield();
	}
	running--;
	return NULL;
}

static void run_conn_threads(void)
{
	pthread_t t[2 * CONNS + 1];
	static bool open[STREAMS];
	uint64_t first;
	int n = 0;

	memset(open, 0, sizeof(open));

	running = 2 * CONNS + 1;
	for (int i = 0; i < CONNS; i++) {
		shared[i] = gt_conn_new(GT_ROLE_OUTBOUND, false);
		gt_conn_ref(shared[i]);
		gt_conn_ref(shared[i]);
	}
	first = gt_stream_next() - CONNS; /* of these connections; without memory for a FENCE they get others */
	for (int i = 0; i < CONNS; i++) {
		pthread_create(&t[n++], NULL, sends, shared[i]);
		pthread_create(&t[n++], NULL, receives, shared[i]);
	}
	pthread_create(&t[n++], NULL, closes, shared);
	for (bool more = true; more;) {
		more = running > 0;
		for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
			uint64_t stream = e->stream - first;

			next = e->next;
			assert_true(stream < STREAMS);
			if (e->type == GT_EVENT_BEGIN || e->type == GT_EVENT_END)
				open[stream] = e->type == GT_EVENT_BEGIN;
			gt_event_free(e);
		}
		gt_handoff_wait(GT_NS_PER_MS);
	}
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < STREAMS; i++)
		assert_false(open[i]); /* or the exporter would wait forever for its end */
}

static void test_conn_threads_that_send_receive_and_close_at_once(void **state)
{
	static struct gt_conn *all[GT_CONN_MAX];

	(void)state;
	gt_conn_close(gt_client.conn);
	for (int round = 0; round < THREAD_ROUNDS; round++)
		run_conn_threads();
	for (int i = 0; i < GT_CONN_MAX; i++) /* every slot came back, once */
		assert_non_null(all[i] = gt_conn_new(GT_ROLE_OUTBOUND, false));
	assert_null(gt_conn_new(GT_ROLE_OUTBOUND, false));
	for (int i = 0; i < GT_CONN_MAX; i++)
		gt_conn_close(all[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_ends_once_with_the_first_reason),
		T(test_conn_after_its_end_bytes_pass_and_nothing_is_reported),
		T(test_conn_a_text_half_sent_when_the_connection_is_lost_is_finished),
		T(test_conn_a_text_that_is_not_begun_when_the_connection_is_lost_is_not_sent),
		T(test_conn_two_writers_at_once_lose_the_connection_and_no_byte),
		T(test_conn_closed_by_another_thread_while_a_write_is_under_way),
		T(test_conn_with_two_entries_ends_when_both_are_gone),
		T(test_conn_slots_are_used_again_with_nothing_of_the_former),
		T(test_conn_received_bytes_scattered_over_pieces_are_put_in_order),
		T(test_conn_a_large_read_travels_whole_and_stamped_once),
		T(test_conn_first_bytes_that_can_begin_http),
		T(test_conn_threads_that_send_receive_and_close_at_once),
	};

	return GT_TESTS(tests);
}
