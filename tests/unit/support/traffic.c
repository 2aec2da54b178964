#include "traffic.h"

#include "test.h"

void gt_traffic_receive(struct gt_conn *c, const char *p, size_t len)
{
	gt_rx(c, &(struct iovec){ (void *)p, len }, 1, len);
}

void gt_traffic_answer(struct gt_conn *c, const char *text)
{
	struct iovec iov = { (void *)text, strlen(text) };
	struct gt_tx t;

	gt_tx_begin(&t, c, &iov, 1, true);
	assert_false(t.has_splice);
	gt_tx_end(&t, &iov, 1, iov.iov_len);
}
