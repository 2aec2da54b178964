#include "traffic.h"

#include "test.h"

void gt_traffic_receive(struct gt_conn *c, const char *p, size_t len)
{
	struct iovec iov = { (void *)p, len };

	if (!gt_rx_blind(c, &iov, 1, len))
		gt_rx(c, &iov, 1, len);
}

void gt_traffic_answer(struct gt_conn *c, const char *text)
{
	struct iovec iov = { (void *)text, strlen(text) };
	struct gt_tx t;

	if (!gt_tx_begin_blind(&t, c))
		gt_tx_begin(&t, c, &iov, 1, true);
	assert_false(t.has_splice);
	gt_tx_end(&t, &iov, 1, iov.iov_len);
}
