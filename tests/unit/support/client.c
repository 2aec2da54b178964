#include "client.h"

#include "fresh_shim.h"
#include "test.h"

struct gt_client gt_client;

static void free_all(void)
{
	gt_reported_free(&gt_client.reported);
	gt_wire_free(&gt_client.wire);
}

void gt_client_fresh(uint64_t memory)
{
	free_all();
	gt_fresh_shim(memory);
	gt_client.conn = gt_conn_new(GT_ROLE_OUTBOUND, true);
	assert_non_null(gt_client.conn);
	gt_wire_open(&gt_client.wire, gt_client.conn);
}

int gt_client_set_up(void **state)
{
	(void)state;
	gt_client_fresh(GT_CLIENT_MEMORY);
	return 0;
}

int gt_client_tear_down(void **state)
{
	(void)state;
	free_all();
	return 0;
}

void gt_client_send(const char *p, size_t len)
{
	assert_true(gt_wire_write_all(&gt_client.wire, p, len));
}

void gt_client_send_text(const char *text)
{
	gt_client_send(text, strlen(text));
}

void gt_client_refuse(const char *p, size_t len, bool may_change)
{
	struct iovec iov = { (void *)p, len };
	struct gt_tx t;

	gt_tx_begin(&t, gt_client.conn, &iov, 1, may_change);
	gt_tx_end(&t, &iov, 1, 0);
}

void gt_client_refuse_text(const char *text)
{
	gt_client_refuse(text, strlen(text), true);
}

void gt_client_receive(const char *text)
{
	struct iovec iov = { (void *)text, strlen(text) };

	if (gt_rx_is_wanted(gt_client.conn) && !gt_rx_blind(gt_client.conn, &iov, 1, iov.iov_len))
		gt_rx(gt_client.conn, &iov, 1, iov.iov_len);
}

void gt_client_assert_wire(void)
{
	const struct gt_wire *w = &gt_client.wire;
	const char *fault = gt_wire_fault(w);

	if (fault)
		print_error("wire: %s\n%.*s\n", fault, (int)w->wire_len, w->wire);
	assert_null(fault);
}

void gt_client_assert_requests(const char *p, size_t len)
{
	struct gt_str got = gt_reported_bytes(&gt_client.reported, GT_EVENT_REQUEST, 0);

	assert_int_equal(got.len, len);
	assert_memory_equal(got.p, p, len);
}

void gt_client_assert_ids_on_wire(int insertion, int begin)
{
	const struct gt_wire *w = &gt_client.wire;
	char expected[INSERTED_LEN + 1];
	struct gt_begin b;

	gt_reported_take(&gt_client.reported);
	b = gt_reported_begin(&gt_client.reported, begin);
	memcpy(expected, "traceparent: ", 13);
	gt_traceparent_format(&b.context, expected + 13);
	memcpy(expected + 13 + GT_TRACEPARENT_LEN, "\r\n", 3);
	assert_true(b.is_injected);
	assert_true(insertion < w->n_inserted);
	assert_int_equal(w->inserted[insertion].to - w->inserted[insertion].from, INSERTED_LEN);
	assert_memory_equal(w->wire + w->inserted[insertion].from, expected, INSERTED_LEN);
}
