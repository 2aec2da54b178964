/*
 * Bytes on plain sockets: the send and receive families of libc.
 *
 * Every hook has the same shape. One load shows that the descriptor is ignored; then the hook makes the real call and
 * nothing else. Otherwise the connection sees sent bytes before and after the call, and received bytes after it.
 */
#include <errno.h>
#include <limits.h>

#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/readable.h"

/* The most pieces of a spliced write; a head that is spread over more is not changed. */
#define IOV_MAX_SPLICED 64

/* Errors that end a TCP connection for good. */
static bool is_fatal(int err)
{
	return err == ECONNRESET || err == EPIPE || err == ETIMEDOUT || err == ECONNABORTED || err == ENETDOWN ||
	       err == EHOSTUNREACH || err == ENOTCONN;
}

/* Where a hook was called from. */
#define FROM __builtin_return_address(0)

/* ---------------------------------------------------------------- sending */

enum { BY_WRITE, BY_WRITEV, BY_SEND, BY_SENDTO, BY_SENDMSG };

/* A call of the send family as the application made it. */
struct send_call {
	int by;
	const void *from; /* the hook's return address */
	int fd;
	const void *buf;
	size_t len;
	int flags;
	const struct sockaddr *to;
	socklen_t to_len;
	const struct iovec *iov;
	int iov_n;
	const struct msghdr *msg;
};

static ssize_t send_as_made(const struct send_call *k)
{
	switch (k->by) {
	case BY_WRITE:
		return gt_real.write(k->fd, k->buf, k->len);
	case BY_WRITEV:
		return gt_real.writev(k->fd, k->iov, k->iov_n);
	case BY_SEND:
		return gt_real.send(k->fd, k->buf, k->len, k->flags);
	case BY_SENDTO:
		return gt_real.sendto(k->fd, k->buf, k->len, k->flags, k->to, k->to_len);
	default:
		return gt_real.sendmsg(k->fd, k->msg, k->flags);
	}
}

/* The same call with other pieces. Of several calls, the first carries the ancillary data. */
static ssize_t send_pieces(const struct send_call *k, struct iovec *iov, int n, bool again)
{
	struct msghdr msg = { .msg_name = (void *)k->to, .msg_namelen = k->to_len };

	if (k->by == BY_WRITE || k->by == BY_WRITEV)
		return gt_real.writev(k->fd, iov, n);
	if (k->by == BY_SENDMSG)
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
static bool is_refused(const struct send_call *k, int err)
{
	return k->by != BY_SENDMSG && k->by != BY_WRITEV &&
	       (err == EPERM || err == ENOSYS || err == EACCES || err == EOPNOTSUPP || err == EINVAL);
}

static bool may_send_pieces(const struct send_call *k)
{
	return k->by == BY_SENDMSG || k->by == BY_WRITEV || !atomic_load_explicit(&pieces_are_refused, memory_order_relaxed);
}

static ssize_t send_spliced(const struct send_call *k, struct gt_splice *s, const struct iovec *iov, int n)
{
	struct iovec out[IOV_MAX_SPLICED];
	bool again = false;
	size_t len, app;
	ssize_t wire;

	/* with more pieces than fit, send the first of them as a partial write: a text that is half sent goes before
	 * anything else */
	if (n > IOV_MAX_SPLICED - 2)
		n = IOV_MAX_SPLICED - 2;
	len = gt_iov_len(iov, n);
	do {
		int pieces = gt_splice_layout(s, iov, n, out, IOV_MAX_SPLICED);

		wire = send_pieces(k, out, pieces, again);
		/* nothing of the text was sent: make the application's own call, which fails in the same way if no
		 * filter refused */
		if (wire < 0 && !again && !s->sent && is_refused(k, errno)) {
			*s = (struct gt_splice){ 0 };
			wire = send_as_made(k);
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

/* Reads the pieces of a call that has pieces; false when the kernel will reject them. */
static bool take_pieces(const struct send_call *k, const struct iovec **iov, int *n)
{
	if (k->by != BY_SENDMSG && k->by != BY_WRITEV)
		return true;
	if (k->by == BY_SENDMSG && (!gt_is_readable(k->msg, sizeof(*k->msg)) || k->msg->msg_iovlen > UIO_MAXIOV))
		return false;
	*iov = k->by == BY_SENDMSG ? k->msg->msg_iov : k->iov;
	*n = k->by == BY_SENDMSG ? (int)k->msg->msg_iovlen : k->iov_n;
	return *n <= UIO_MAXIOV && gt_is_readable(*iov, (size_t)*n * sizeof(**iov));
}

static ssize_t followed_send(const struct send_call *k)
{
	struct iovec one = { (void *)k->buf, k->len };
	const struct iovec *iov = &one;
	int n = 1, first = 0;
	struct gt_conn *c;
	struct gt_hook h;
	struct gt_tx t;
	ssize_t ret;
	bool awake;

	/* asleep, a text that is half sent is still sent to its end */
	if (!gt_hook_enter_to_undo_from(&h, k->from))
		return send_as_made(k);
	if (!take_pieces(k, &iov, &n))
		n = 0;
	while (first < n - 1 && !iov[first].iov_len)
		first++;
	awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	c = n > 0 ? gt_fd_conn(k->fd, iov[first].iov_base, awake ? iov[first].iov_len : 0) : NULL;
	if (!c) {
		gt_hook_leave(&h);
		return send_as_made(k);
	}
	if (!awake)
		gt_conn_end(c, GT_END_LOST, 0);
	/* with MSG_ZEROCOPY the kernel reads the pages later, and gentap's would be gone */
	gt_tx_begin(&t, c, iov, n, n + 2 <= IOV_MAX_SPLICED && !(k->flags & (MSG_OOB | MSG_ZEROCOPY)) && may_send_pieces(k));
	gt_fd_update(k->fd, c); /* before the call: another thread may read the answer before it returns */
	gt_hook_step_out(&h);	/* outside the guard meanwhile: a signal handler may run */
	ret = t.has_splice ? send_spliced(k, gt_tx_splice(&t), iov, n) : send_as_made(k);
	gt_hook_step_in(&h);
	gt_tx_end(&t, iov, n, ret > 0 ? (size_t)ret : 0);
	if (ret < 0 && is_fatal(h.saved_errno))
		gt_conn_end(c, GT_END_RESET, h.saved_errno);
	gt_fd_update(k->fd, c);
	gt_conn_unref(c);
	gt_hook_leave(&h);
	return ret;
}

static inline bool sends_unseen(int fd)
{
	return gt_likely(!(gt_fd_entry(fd) & GT_FD_TX));
}

GT_EXPORT ssize_t write(int fd, const void *buf, size_t len)
{
	if (sends_unseen(fd))
		return gt_real.write(fd, buf, len);
	return followed_send(&(struct send_call){ .by = BY_WRITE, .from = FROM, .fd = fd, .buf = buf, .len = len });
}

GT_EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	if (sends_unseen(fd) || n < 0)
		return gt_real.writev(fd, iov, n);
	return followed_send(&(struct send_call){ .by = BY_WRITEV, .from = FROM, .fd = fd, .iov = iov, .iov_n = n });
}

GT_EXPORT ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	if (sends_unseen(fd))
		return gt_real.send(fd, buf, len, flags);
	return followed_send(
		&(struct send_call){ .by = BY_SEND, .from = FROM, .fd = fd, .buf = buf, .len = len, .flags = flags });
}

GT_EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	if (sends_unseen(fd))
		return gt_real.sendto(fd, buf, len, flags, to, to_len);
	return followed_send(&(struct send_call){
		.by = BY_SENDTO, .from = FROM, .fd = fd, .buf = buf, .len = len, .flags = flags, .to = to, .to_len = to_len });
}

GT_EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (sends_unseen(fd))
		return gt_real.sendmsg(fd, msg, flags);
	return followed_send(&(struct send_call){ .by = BY_SENDMSG, .from = FROM, .fd = fd, .msg = msg, .flags = flags });
}

/* ---------------------------------------------------------------- bytes that the hooks cannot see */

/* HTTP clients do not use these calls for LLM or MCP exchanges. After such a call the framing is unknown. */
static void moved_unseen(int fd, ssize_t moved, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (gt_likely(!gt_fd_entry(fd)) || moved <= 0 || !gt_hook_enter_from(&h, from))
		return;
	c = gt_fd_conn(fd, NULL, 0);
	if (c) {
		gt_rx_unseen(c);
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	} else {
		gt_fd_forget(fd);
	}
	gt_hook_leave(&h);
}

/* Usually a part of a body. */
static void sent_unseen(int fd, ssize_t sent, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (gt_likely(!gt_fd_entry(fd)) || sent <= 0 || !gt_hook_enter_from(&h, from))
		return;
	c = gt_fd_conn(fd, NULL, 0);
	if (c) {
		gt_tx_unseen(c, (size_t)sent);
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	} else {
		gt_fd_forget(fd); /* the unseen bytes were the connection's first */
	}
	gt_hook_leave(&h);
}

/* ---------------------------------------------------------------- receiving */

/* Reports what a receive call gave to the application. */
GT_COLD static void followed_receive(int fd, const struct iovec *iov, int n, ssize_t got, size_t asked, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, from))
		return;
	while (n > 1 && !iov->iov_len) {
		iov++;
		n--;
	}
	c = gt_fd_conn(fd, n > 0 ? iov->iov_base : NULL,
		       got > 0 && n > 0 ? ((size_t)got < iov->iov_len ? (size_t)got : iov->iov_len) : 0);
	if (c) {
		if (got > 0 && gt_rx_is_wanted(c)) {
			gt_rx(c, iov, n, (size_t)got);
		} else if (got == 0 && asked) {
			gt_conn_end(c, GT_END_EOF, 0);
		} else if (got < 0 && is_fatal(h.saved_errno)) {
			gt_conn_end(c, GT_END_RESET, h.saved_errno);
		}
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

/* With these flags a receive call does not consume bytes of the stream. */
#define NOT_THE_STREAM (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)

/* Checked after the real call, because another thread may have sent the request while this thread waited in the call.
 * False when the number refers to another connection than before the call. */
static inline bool is_wanted(int fd, uint32_t before, int flags)
{
	uint32_t entry = gt_fd_entry(fd);

	return entry & GT_FD_RX && gt_fd_is_same(entry, before) && !(flags & NOT_THE_STREAM);
}

static void received(int fd, uint32_t before, void *buf, size_t len, ssize_t got, int flags, const void *from)
{
	if (!is_wanted(fd, before, flags))
		return;
	if (flags & MSG_TRUNC) /* TCP discards the bytes instead of copying them */
		moved_unseen(fd, got, from);
	else
		followed_receive(fd, &(struct iovec){ buf, len }, 1, got, len, from);
}

static void received_pieces(int fd, uint32_t before, const struct iovec *iov, size_t n, ssize_t got, int flags,
			    const void *from)
{
	if (n > INT_MAX || !is_wanted(fd, before, flags))
		return;
	if (flags & MSG_TRUNC)
		moved_unseen(fd, got, from);
	else if (got < 0) /* perhaps because the pieces are not readable */
		followed_receive(fd, NULL, 0, got, 0, from);
	else
		followed_receive(fd, iov, (int)n, got, gt_iov_len(iov, (int)n), from);
}

GT_EXPORT ssize_t read(int fd, void *buf, size_t len)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.read(fd, buf, len);
	got = gt_real.read(fd, buf, len);
	received(fd, before, buf, len, got, 0, FROM);
	return got;
}

GT_EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.readv(fd, iov, n);
	got = gt_real.readv(fd, iov, n);
	if (n > 0)
		received_pieces(fd, before, iov, (size_t)n, got, 0, FROM);
	return got;
}

GT_EXPORT ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.recv(fd, buf, len, flags);
	got = gt_real.recv(fd, buf, len, flags);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.recvfrom(fd, buf, len, flags, from, from_len);
	got = gt_real.recvfrom(fd, buf, len, flags, from, from_len);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.recvmsg(fd, msg, flags);
	got = gt_real.recvmsg(fd, msg, flags);
	if (got < 0)
		received(fd, before, NULL, 0, got, flags, FROM);
	else
		received_pieces(fd, before, msg->msg_iov, msg->msg_iovlen, got, flags, FROM);
	return got;
}

/* The names that _FORTIFY_SOURCE gives to the calls above. */

GT_EXPORT ssize_t __read_chk(int fd, void *buf, size_t len, size_t room)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.__read_chk(fd, buf, len, room);
	got = gt_real.__read_chk(fd, buf, len, room);
	received(fd, before, buf, len, got, 0, FROM);
	return got;
}

GT_EXPORT ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.__recv_chk(fd, buf, len, room, flags);
	got = gt_real.__recv_chk(fd, buf, len, room, flags);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *from,
				 socklen_t *from_len)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(!before))
		return gt_real.__recvfrom_chk(fd, buf, len, room, flags, from, from_len);
	got = gt_real.__recvfrom_chk(fd, buf, len, room, flags, from, from_len);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

/* ---------------------------------------------------------------- the rest of the families */

GT_EXPORT int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	int sent = gt_real.sendmmsg(fd, msgs, n, flags);

	moved_unseen(fd, sent, FROM);
	return sent;
}

GT_EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *timeout)
{
	int got = gt_real.recvmmsg(fd, msgs, n, flags, timeout);

	moved_unseen(fd, got, FROM);
	return got;
}

GT_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t len)
{
	ssize_t sent = gt_real.sendfile(to, from, offset, len);

	sent_unseen(to, sent, FROM);
	return sent;
}

GT_EXPORT ssize_t sendfile64(int to, int from, off_t *offset, size_t len)
{
	ssize_t sent = gt_real.sendfile64(to, from, offset, len);

	sent_unseen(to, sent, FROM);
	return sent;
}
