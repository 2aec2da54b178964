/* How the application cuts its writes, and how much the wire takes of them. */
#include "support/client.h"
#include "support/every_split.h"
#include "support/test.h"

#include "shim/shared/stat.h"

static void test_conn_a_head_over_two_writes_is_added_to_when_its_end_is_in_one(void **state)
{
	size_t len = strlen(OURS), blank = strlen(OURS_LINES);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		bool whole = cut <= blank || cut >= blank + 2;
		struct gt_begin b;

		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_send(OURS, cut);
		gt_client_send(OURS + cut, len - cut);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, whole);
		assert_reported("BEGIN REQUEST");
		gt_client_assert_requests(OURS, len);
		b = gt_reported_begin(&gt_client.reported, 0);
		assert_int_equal(b.is_injected, whole);
		if (whole)
			gt_client_assert_ids_on_wire(0, 0);
	}
}

static void run_pieces(void *unused, const char *const piece[], const size_t len[], int n)
{
	(void)unused;
	gt_client_fresh(GT_CLIENT_MEMORY);
	for (int i = 0; i < n; i++)
		gt_client_send(piece[i], len[i]);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST");
	gt_client_assert_requests(OURS, strlen(OURS));
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED) + gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_a_head_in_any_number_of_writes_is_one_exchange(void **state)
{
	(void)state;
	gt_every_split(OURS, strlen(OURS), run_pieces, NULL);
}

static void test_conn_whatever_the_wire_takes_first_the_text_stands_where_it_should(void **state)
{
	size_t whole = strlen(OURS) + INSERTED_LEN;

	(void)state;
	for (size_t first = 0; first <= whole; first++) {
		for (size_t second = 0; second < 4; second++) {
			size_t script[] = { first, second, 0, 1, 0 };

			gt_client_fresh(GT_CLIENT_MEMORY);
			gt_wire_script(&gt_client.wire, script, GT_ROWS(script));
			gt_client_send_text(OURS);
			gt_client_assert_wire();
			assert_int_equal(gt_client.wire.n_inserted, 1);
			assert_int_equal(gt_client.wire.wire_len, whole);
			assert_reported("BEGIN REQUEST");
			gt_client_assert_ids_on_wire(0, 0);
			gt_client_assert_requests(OURS, strlen(OURS));
		}
	}
}

static size_t one_byte(struct gt_wire *wire, size_t offered)
{
	(void)wire;
	return offered ? 1 : 0;
}

static void test_conn_a_wire_that_takes_single_bytes_gets_it_right(void **state)
{
	(void)state;
	gt_client.wire.take = one_byte;
	gt_client_send_text(OURS OURS);
	gt_client_assert_wire();
	assert_reported("BEGIN REQUEST BEGIN REQUEST");
	gt_client_assert_requests(OURS OURS, 2 * strlen(OURS));
}

static void test_conn_refused_writes_repeated_get_the_same_ids(void **state)
{
	size_t script[] = { 0, 0, 0, 0, 0 };
	char text[2][INSERTED_LEN + 1];

	(void)state;
	gt_wire_script(&gt_client.wire, script, GT_ROWS(script));
	for (int i = 0; i < 5; i++) {
		struct iovec iov = { (void *)OURS, strlen(OURS) };
		struct gt_tx t;

		gt_tx_begin(&t, gt_client.conn, &iov, 1, true);
		assert_true(t.has_splice);
		memcpy(text[i > 0], gt_tx_splice(&t)->text, INSERTED_LEN);
		assert_memory_equal(text[0], text[i > 0], INSERTED_LEN);
		gt_tx_end(&t, &iov, 1, 0);
	}
	gt_client_send_text(OURS);
	gt_client_assert_wire();
	assert_memory_equal(gt_client.wire.wire + gt_client.wire.inserted[0].from, text[0], INSERTED_LEN);
	assert_reported("BEGIN REQUEST");
	assert_int_equal(gt_stat_get(GT_STAT_EXCHANGES), 1);
}

static void test_conn_refused_and_then_other_bytes_inserts_nothing_stale(void **state)
{
	static const struct {
		const char *refused, *sent;
		int insertions;
	} rows[] = {
		{ OURS, OTHER, 0 },
		{ OURS, "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n{}", 1 },
		{ OURS,
		  "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nX-Longer: header than before\r\n"
		  "Content-Length: 2\r\n\r\n{}",
		  1 },
		{ OTHER, OURS, 1 },
		{ OURS,
		  "\x16\x03\x01 no http at all, but more than long enough to have the text put into it somewhere "
		  "if it were still waiting, because it is longer than the head that was refused before",
		  0 },
		{ "\r\n" OURS, OURS, 1 }, /* the same head at another place of the write */
		{ OURS, "\r\n" OURS, 1 },
		{ "\r\n\r\n\r\n" OURS, "\r\n" OURS, 1 },
		{ OURS, "POST /v1/chat/completions HTTP/1.1\r\n", 0 },
		{ OURS OURS, OURS, 1 },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_refuse_text(rows[i].refused);
		gt_client_refuse_text(rows[i].refused);
		gt_client_send_text(rows[i].sent);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, rows[i].insertions);
		gt_conn_close(gt_client.conn);
	}
}

static void test_conn_refused_and_then_cut_elsewhere_still_gets_it_right(void **state)
{
	size_t len = strlen(OURS);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_client_refuse_text(OURS);
		gt_client_send(OURS, cut); /* shorter than the refused write */
		gt_client_refuse(OURS + cut, len - cut, true);
		gt_client_send(OURS + cut, len - cut);
		gt_client_assert_wire();
		gt_conn_close(gt_client.conn);
	}
}

static void test_conn_refused_and_then_not_to_be_changed_is_not_changed(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };
	struct gt_tx t;

	(void)state;
	gt_client_refuse_text(OURS);
	gt_tx_begin(&t, gt_client.conn, &iov, 1, false);
	assert_false(t.has_splice);
	gt_tx_end(&t, &iov, 1, iov.iov_len);
	/* and nothing is inserted into the next write */
	gt_client_send_text(OTHER);
	assert_int_equal(gt_client.wire.n_inserted, 0);
}

static void test_conn_lines_are_not_added_to_calls_that_must_not_change(void **state)
{
	struct iovec iov = { (void *)OURS, strlen(OURS) };

	(void)state;
	assert_int_equal(gt_wire_writev(&gt_client.wire, &iov, 1, false), iov.iov_len);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_reported("BEGIN REQUEST");
	assert_false(gt_reported_begin(&gt_client.reported, 0).is_injected);
	assert_int_equal(gt_stat_get(GT_STAT_NOT_INJECTED), 1);
}

static void test_conn_pieces_of_one_write_are_one_stream(void **state)
{
	struct gt_random r = gt_random_from(0x10f);
	size_t len = strlen(OURS);

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct iovec iov[12];
		size_t at = 0, n = 1 + gt_random_below(&r, GT_ROWS(iov));
		ssize_t took;

		gt_client_fresh(GT_CLIENT_MEMORY);
		for (size_t i = 0; i < n; i++) {
			size_t part = i == n - 1 ? len - at : gt_random_below(&r, len - at + 1);

			iov[i] = (struct iovec){ part ? (void *)(OURS + at) : NULL, part };
			at += part;
		}
		took = gt_wire_writev(&gt_client.wire, iov, (int)n, true);
		assert_int_equal(took, len);
		gt_client_assert_wire();
		assert_int_equal(gt_client.wire.n_inserted, 1); /* the write holds the whole head, whatever its pieces */
		assert_reported("BEGIN REQUEST");
		gt_client_assert_requests(OURS, len);
	}
}

static void test_conn_a_write_in_very_many_pieces_is_left_as_it_is(void **state)
{
	struct iovec iov[200];
	size_t n = strlen(OURS);

	(void)state;
	assert_in_range(n, 70, GT_ROWS(iov));
	for (size_t i = 0; i < n; i++)
		iov[i] = (struct iovec){ (void *)(OURS + i), 1 };
	assert_int_equal(gt_wire_writev(&gt_client.wire, iov, (int)n, true), n);
	gt_client_assert_wire();
	assert_int_equal(gt_client.wire.n_inserted, 0);
	assert_reported("BEGIN REQUEST");
	/* but an insertion that is planned, or partly on the wire, is completed */
	for (size_t first = 1; first < n + INSERTED_LEN; first++) {
		size_t at = 0, script[] = { first, 0 };
		ssize_t took;

		gt_client_fresh(GT_CLIENT_MEMORY);
		gt_wire_script(&gt_client.wire, script, 2);
		took = gt_wire_write(&gt_client.wire, OURS, n);
		at = took > 0 ? (size_t)took : 0;
		for (int calls = 0; at < n; at += took > 0 ? (size_t)took : 0) {
			took = gt_wire_writev(&gt_client.wire, iov + at, (int)(n - at), true);
			assert_true(++calls < 10);
		}
		gt_client_assert_wire();
	}
}

/* ---------------------------------------------------------------- at random */

static const char *const parts[] = {
	OURS,
	OTHER,
	"\r\n",
	"HEAD /h HTTP/1.1\r\n\r\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 93\r\n\r\n" OURS,
	"PUT /a HTTP/1.1\r\nContent-Length: 93\r\n\r\n" OURS,
	"POST /v1/messages HTTP/1.1\nHost: api.anthropic.com\nContent-Length: 0\n\n",
	"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 2\r\n"
	"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n{}",
};

static struct gt_random dice;

static size_t take_at_random(struct gt_wire *wire, size_t offered)
{
	(void)wire;
	switch (gt_random_below(&dice, 6)) {
	case 0:
		return 0;
	case 1:
		return offered ? 1 : 0;
	case 2:
	case 3:
		return offered;
	default:
		return gt_random_below(&dice, offered + 1);
	}
}

/* Any refused write, at any time, must have no effect. */
static void refuse_something(void)
{
	const char *z = parts[gt_random_below(&dice, GT_ROWS(parts))];
	size_t len = strlen(z), from = gt_random_below(&dice, 3) ? 0 : gt_random_below(&dice, len);

	gt_client_refuse(z + from, len - from, gt_random_below(&dice, 4) != 0);
}

static void test_conn_random_writes_over_a_random_wire_leave_the_stream_whole(void **state)
{
	(void)state;
	assert_int_equal(strlen(OURS), 93); /* two of the parts contain this length */
	dice = gt_random_from(0xc044);
	for (int round = 0; round < 4000; round++) {
		size_t n = 1 + gt_random_below(&dice, 6), len = 0, at = 0;
		char stream[2000];

		gt_client_fresh(GT_CLIENT_MEMORY);
		for (size_t i = 0; i < n; i++) {
			const char *z = parts[gt_random_below(&dice, GT_ROWS(parts))];

			memcpy(stream + len, z, strlen(z));
			len += strlen(z);
		}
		gt_client.wire.take = take_at_random;
		while (at < len) {
			struct iovec iov[5];
			size_t offer = 1 + gt_random_below(&dice, len - at), pieces = 1 + gt_random_below(&dice, 5), from = at;
			ssize_t took;

			if (!gt_random_below(&dice, 8))
				refuse_something();
			for (size_t i = 0; i < pieces; i++) {
				size_t part =
					i == pieces - 1 ? at + offer - from : gt_random_below(&dice, at + offer - from + 1);

				iov[i] = (struct iovec){ stream + from, part };
				from += part;
			}
			took = gt_wire_writev(&gt_client.wire, iov, (int)pieces, gt_random_below(&dice, 8) != 0);
			assert_true(took <= (ssize_t)offer);
			at += took > 0 ? (size_t)took : 0;
			if (!gt_random_below(&dice, 10))
				gt_client_receive("HTTP/1.1 204 \r\n\r\n");
		}
		assert_int_equal(gt_client.wire.app_len, len);
		gt_client_assert_wire();
		gt_conn_close(gt_client.conn);
		gt_reported_take(&gt_client.reported);
	}
	assert_int_equal(gt_stat_get(GT_STAT_ODD), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, gt_client_set_up, gt_client_tear_down)
	const struct CMUnitTest tests[] = {
		T(test_conn_a_head_over_two_writes_is_added_to_when_its_end_is_in_one),
		T(test_conn_a_head_in_any_number_of_writes_is_one_exchange),
		T(test_conn_whatever_the_wire_takes_first_the_text_stands_where_it_should),
		T(test_conn_a_wire_that_takes_single_bytes_gets_it_right),
		T(test_conn_refused_writes_repeated_get_the_same_ids),
		T(test_conn_refused_and_then_other_bytes_inserts_nothing_stale),
		T(test_conn_refused_and_then_cut_elsewhere_still_gets_it_right),
		T(test_conn_refused_and_then_not_to_be_changed_is_not_changed),
		T(test_conn_lines_are_not_added_to_calls_that_must_not_change),
		T(test_conn_pieces_of_one_write_are_one_stream),
		T(test_conn_a_write_in_very_many_pieces_is_left_as_it_is),
		T(test_conn_random_writes_over_a_random_wire_leave_the_stream_whole),
	};

	return GT_TESTS(tests);
}
