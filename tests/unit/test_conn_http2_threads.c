#include "support/fresh_shim.h"
#include "support/http2_peer.h"
#include "support/reported.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>

#include "shim/http2.h"
#include "shim/shared/stat.h"

#define REQUESTS 1500
#define ASK	 ":method: POST\n:scheme: https\n:authority: h\n:path: /v1/messages\ncontent-type: application/json\n"

static struct gt_conn *conn;
static struct gt_http2_peer client, server;
static _Atomic uint32_t sent; /* the latest request that is on the wire */

static void send_all(struct gt_http2_peer *p)
{
	struct iovec iov = { p->bytes, p->len };
	struct gt_tx t;

	gt_tx_begin(&t, conn, &iov, 1, false);
	gt_tx_end(&t, &iov, 1, p->len);
	gt_http2_peer_taken(p);
}

static void receive_all(struct gt_http2_peer *p)
{
	gt_rx(conn, &(struct iovec){ p->bytes, p->len }, 1, p->len);
	gt_http2_peer_taken(p);
}

/* Every fifth request is cancelled, while its answer may be on its way. */
static void *write_requests(void *unused)
{
	for (uint32_t id = 1; id < 2 * REQUESTS; id += 2) {
		gt_http2_peer_head(&client, id, ASK, false);
		gt_http2_peer_body(&client, id, "{}", true);
		send_all(&client);
		atomic_store_explicit(&sent, id, memory_order_release);
		if (id % 10 == 1) {
			gt_http2_peer_reset(&client, id, 8);
			send_all(&client);
		}
		if (id % 64 == 1)
			sched_yield();
	}
	return unused;
}

static void *read_answers(void *unused)
{
	for (uint32_t id = 1; id < 2 * REQUESTS; id += 2) {
		while (atomic_load_explicit(&sent, memory_order_acquire) < id)
			sched_yield();
		gt_http2_peer_head(&server, id, ":status: 200\n", false);
		gt_http2_peer_body(&server, id, "ok", true);
		receive_all(&server);
	}
	return unused;
}

static void test_conn_http2_one_thread_writes_while_another_reads(void **state)
{
	struct gt_reported reported = { NULL };
	size_t begun = 0, ended = 0, complete = 0;
	pthread_t writer, reader;

	(void)state;
	gt_fresh_shim(32ULL << 20);
	conn = gt_conn_new_http2(true);
	assert_non_null(conn);
	gt_http2_peer_open(&client, true);
	gt_http2_peer_open(&server, false);
	assert_int_equal(pthread_create(&writer, NULL, write_requests, NULL), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_answers, NULL), 0);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	gt_conn_close(conn);
	gt_reported_take(&reported);
	for (int i = 0; i < reported.n; i++) {
		const struct gt_reported_event *e = &reported.list[i];

		begun += e->type == GT_EVENT_BEGIN;
		ended += e->type == GT_EVENT_END;
		complete += e->type == GT_EVENT_END && ((const struct gt_end *)e->data.p)->why == GT_END_COMPLETE;
	}
	assert_int_equal(begun, gt_stat_get(GT_STAT_EXCHANGES));
	assert_int_equal(begun + gt_stat_get(GT_STAT_UNREPORTED), REQUESTS);
	assert_int_equal(ended, begun);
	assert_true(complete >= begun - REQUESTS / 5);
	gt_reported_free(&reported);
	gt_http2_peer_free(&client);
	gt_http2_peer_free(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_conn_http2_one_thread_writes_while_another_reads),
	};

	return GT_TESTS(tests);
}
