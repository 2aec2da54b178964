#include "shim/send_call.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>

#include "shim/readable.h"
#include "shim/real.h"
#include "shim/shared/gate.h"

static ssize_t send_vector(const struct gt_send_call *k, const struct iovec *iov, int n)
{
	switch (k->by) {
	case GT_BY_PWRITEV2:
		return gt_real.pwritev2(k->fd, iov, n, -1, k->flags);
	case GT_BY_PWRITEV64V2:
		return gt_real.pwritev64v2(k->fd, iov, n, -1, k->flags);
	default:
		return gt_real.writev(k->fd, iov, n);
	}
}

ssize_t gt_send_call_make(const struct gt_send_call *k)
{
	switch (k->by) {
	case GT_BY_WRITE:
		return gt_real.write(k->fd, k->buf, k->len);
	case GT_BY_WRITEV:
	case GT_BY_PWRITEV2:
	case GT_BY_PWRITEV64V2:
		return send_vector(k, k->iov, k->iov_n);
	case GT_BY_SEND:
		return gt_real.send(k->fd, k->buf, k->len, k->flags);
	case GT_BY_SENDTO:
		return gt_real.sendto(k->fd, k->buf, k->len, k->flags, k->to, k->to_len);
	default:
		return gt_real.sendmsg(k->fd, k->msg, k->flags);
	}
}

/* The same call with other pieces. Of several calls, the first carries the ancillary data. */
static ssize_t send_pieces(const struct gt_send_call *k, struct iovec *iov, int n, bool again)
{
	struct msghdr msg = { .msg_name = (void *)k->to, .msg_namelen = k->to_len };

	if (k->by == GT_BY_WRITE || gt_send_call_is_vector(k))
		return send_vector(k, iov, n);
	if (k->by == GT_BY_SENDMSG)
		msg = *k->msg;
	if (again) {
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	msg.msg_iov = iov;
	msg.msg_iovlen = (size_t)n;
	return gt_real.sendmsg(k->fd, &msg, k->flags);
}

/* A filter has refused to send pieces where it allowed the application's own call: such calls get no header lines any
 * more. */
static _Atomic bool pieces_are_refused;

/* Was the call itself refused, whatever it sends? A filter may allow the application's call and not the call that
 * sends pieces. It returns an errno of its choice; filters in use return these. */
static bool is_refused(const struct gt_send_call *k, int err)
{
	return k->by != GT_BY_SENDMSG && !gt_send_call_is_vector(k) &&
	       (err == EPERM || err == ENOSYS || err == EACCES || err == EOPNOTSUPP || err == EINVAL);
}

bool gt_send_call_may_splice(const struct gt_send_call *k)
{
	if (k->by == GT_BY_SENDMSG || gt_send_call_is_vector(k))
		return true;
	return !atomic_load_explicit(&pieces_are_refused, memory_order_relaxed) &&
	       gt_gate_is_open(k->by == GT_BY_WRITE ? GT_CALL_sends_vector : GT_CALL_sends_msg);
}

ssize_t gt_send_call_splice(const struct gt_send_call *k, struct gt_splice *s, const struct iovec *iov, int n)
{
	struct iovec out[GT_SPLICED_IOV_MAX];
	bool again = false;
	size_t len, app;
	ssize_t wire;

	/* with more pieces than fit, send the first of them as a partial write: a text that is half sent goes before
	 * anything else */
	if (n > GT_SPLICED_IOV_MAX - gt_splice_more(s))
		n = GT_SPLICED_IOV_MAX - gt_splice_more(s);
	len = gt_iov_len(iov, n);
	do {
		int pieces = gt_splice_layout(s, iov, n, out, GT_SPLICED_IOV_MAX);

		wire = send_pieces(k, out, pieces, again);
		/* nothing of the splice was sent: make the application's own call, which fails in the same way if no
		 * filter refused */
		if (wire < 0 && !again && !gt_splice_is_begun(s) && is_refused(k, errno)) {
			*s = (struct gt_splice){ 0 };
			wire = gt_send_call_make(k);
			if (wire >= 0)
				atomic_store_explicit(&pieces_are_refused, true, memory_order_relaxed);
			return wire;
		}
		again = true;
		if (wire <= 0)
			return wire;
		app = gt_splice_account(s, len, (size_t)wire);
		/* only bytes of the text were sent: a write must not return 0 to a caller that had bytes to send */
	} while (app == 0);
	return (ssize_t)app;
}

bool gt_send_call_pieces(const struct gt_send_call *k, const struct iovec **iov, int *n)
{
	if (k->by != GT_BY_SENDMSG && !gt_send_call_is_vector(k))
		return true;
	if (k->by == GT_BY_SENDMSG && (!gt_is_readable(k->msg, sizeof(*k->msg)) || k->msg->msg_iovlen > UIO_MAXIOV))
		return false;
	*iov = k->by == GT_BY_SENDMSG ? k->msg->msg_iov : k->iov;
	*n = k->by == GT_BY_SENDMSG ? (int)k->msg->msg_iovlen : k->iov_n;
	return *n <= UIO_MAXIOV && gt_is_readable(*iov, (size_t)*n * sizeof(**iov));
}

int gt_send_call_pieces_made(const struct gt_send_call *k, const struct iovec **iov)
{
	if (k->by == GT_BY_SENDMSG)
		*iov = k->msg->msg_iov;
	else if (gt_send_call_is_vector(k))
		*iov = k->iov;
	return k->by == GT_BY_SENDMSG ? (int)k->msg->msg_iovlen : gt_send_call_is_vector(k) ? k->iov_n : 1;
}
