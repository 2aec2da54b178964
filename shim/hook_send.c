/*
 * Bytes that leave over plain sockets: the send family of libc.
 *
 * Every hook has the same shape. One load shows that the descriptor is ignored; then the hook makes the real call and
 * nothing else. Otherwise the connection sees sent bytes before and after the call. Bytes that are only
 * counted are seen after the call, without a system call of gentap's. So are the first bytes under a number of which no
 * hook knows where it came from.
 */
#include <errno.h>

#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/http2.h"
#include "shim/readable.h"
#include "shim/send_call.h"
#include "shim/socket_bytes.h"
#include "shim/unread.h"

/* Where a hook was called from. */
#define FROM __builtin_return_address(0)

/* A socket that no hook has seen before, and bytes that gentap does not follow: QUIC has no connect, and a parent or
 * another process may have connected it. */
static void see_unread(const struct gt_send_call *k, struct gt_str first)
{
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, k->from))
		return;
	gt_self.from = k->from;
	gt_unread_begin(k->fd, first.p, first.len);
	gt_hook_leave(&h);
}

static ssize_t first_send(const struct gt_send_call *k, uint32_t entry)
{
	struct iovec one = { (void *)k->buf, k->len };
	ssize_t ret = gt_send_call_make(k);
	const struct iovec *iov = &one;
	struct gt_str first;
	struct gt_conn *c;
	struct gt_hook h;
	struct gt_tx t;
	int n;

	if (ret < 0 && errno == ENOTSOCK)
		gt_fd_ignore(k->fd, entry, false);
	if (ret <= 0)
		return ret;
	n = gt_send_call_pieces_made(k, &iov);
	first = gt_first_bytes(iov, n, (size_t)ret);
	if (!gt_fd_is_worth_a_look(k->fd, entry, iov, n, (size_t)ret, gt_send_call_takes_files(k), k->from)) {
		if (!gt_send_call_takes_files(k))
			see_unread(k, first);
		return ret;
	}
	if (!gt_hook_enter_from(&h, k->from))
		return ret;
	c = gt_fd_adopt(k->fd, entry, GT_ROLE_OUTBOUND, first.p, first.len);
	if (c) {
		gt_tx_begin(&t, c, iov, n, false);
		gt_tx_end(&t, iov, n, (size_t)ret);
		gt_fd_update(k->fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
	return ret;
}

/* A write that need not be seen before it is made. False when it must be; nothing is done then. */
static bool send_blind(const struct gt_send_call *k, struct gt_hook *h, ssize_t *ret)
{
	struct iovec one = { (void *)k->buf, k->len };
	struct gt_conn *c = gt_fd_conn_unchecked(k->fd);
	const struct iovec *iov = &one;
	struct gt_tx t;
	int n;

	if (!c)
		return false;
	if (!gt_tx_begin_blind(&t, c)) {
		gt_conn_unref(c);
		return false;
	}
	gt_hook_step_out(h); /* outside the guard meanwhile: a signal handler may run */
	*ret = gt_send_call_make(k);
	gt_hook_step_in(h);
	n = *ret > 0 ? gt_send_call_pieces_made(k, &iov) : 0;
	gt_tx_end(&t, iov, n, *ret > 0 ? (size_t)*ret : 0);
	if (*ret < 0 && gt_socket_error_is_fatal(h->saved_errno))
		gt_conn_end(c, GT_END_RESET, h->saved_errno);
	gt_fd_update(k->fd, c);
	gt_conn_unref(c);
	return true;
}

/* Makes the call on a connection that is followed. */
static ssize_t send_on(const struct gt_send_call *k, struct gt_conn *c, const struct iovec *iov, int n, struct gt_hook *h)
{
	struct gt_tx t;
	ssize_t ret;

	/* with MSG_ZEROCOPY the kernel reads the pages later, and gentap's would be gone */
	gt_tx_begin(&t, c, iov, n,
		    n + (gt_conn_is_http2(c) ? 4 : 2) <= GT_SPLICED_IOV_MAX &&
			    (gt_send_call_is_vector(k) || !(k->flags & (MSG_OOB | MSG_ZEROCOPY))) &&
			    gt_send_call_may_splice(k));
	gt_fd_update(k->fd, c); /* before the call: another thread may read the answer before it returns */
	gt_hook_step_out(h);	/* outside the guard meanwhile: a signal handler may run */
	ret = t.has_splice ? gt_send_call_splice(k, gt_tx_splice(&t), iov, n) : gt_send_call_make(k);
	gt_hook_step_in(h);
	gt_tx_end(&t, iov, n, ret > 0 ? (size_t)ret : 0);
	return ret;
}

/* In HTTP/2 a write may hold several requests, and a splice is for one: the kernel gets one after the other. Other flags may
 * give each call a meaning of its own. */
static bool may_part(const struct gt_send_call *k, const struct gt_conn *c)
{
	return gt_conn_is_http2(c) && k->by != GT_BY_SENDMSG && !gt_send_call_is_vector(k) &&
	       !(k->flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE));
}

static ssize_t send_parts(const struct gt_send_call *k, struct gt_conn *c, struct gt_hook *h)
{
	struct iovec rest = { (void *)k->buf, k->len };
	struct gt_send_call part = *k;
	size_t done = 0;
	int parts = 0;
	ssize_t ret;

	do {
		part.buf = (const char *)k->buf + done;
		part.len = rest.iov_len = k->len - done;
		rest.iov_base = (void *)part.buf;
		if (++parts < GT_HTTP2_PARTS_MAX && gt_iov_is_readable(&rest, 1, GT_CONN_HEAD_MAX))
			rest.iov_len = part.len = gt_http2_first_part(c, part.buf, part.len, GT_CONN_HEAD_MAX);
		ret = send_on(&part, c, &rest, 1, h);
		done += ret > 0 ? (size_t)ret : 0;
	} while (ret > 0 && (size_t)ret == part.len && done < k->len);
	return done ? (ssize_t)done : ret;
}

static ssize_t seen_send(const struct gt_send_call *k)
{
	struct iovec one = { (void *)k->buf, k->len };
	const struct iovec *iov = &one;
	struct gt_str first;
	struct gt_conn *c;
	struct gt_hook h;
	ssize_t ret;
	int n = 1;
	bool awake;

	/* asleep, a text that is half sent is still sent to its end */
	if (!gt_hook_enter_to_undo_from(&h, k->from))
		return gt_send_call_make(k);
	if (!gt_send_call_pieces(k, &iov, &n))
		n = 0;
	first = gt_first_bytes(iov, n, SIZE_MAX);
	gt_self.from = k->from;
	awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	c = n > 0 ? gt_fd_conn(k->fd, first.p, awake ? first.len : 0) : NULL;
	if (!c) {
		gt_hook_leave(&h);
		return gt_send_call_make(k);
	}
	if (!awake)
		gt_conn_end(c, GT_END_LOST, 0);
	ret = may_part(k, c) ? send_parts(k, c, &h) : send_on(k, c, iov, n, &h);
	if (ret < 0 && gt_socket_error_is_fatal(h.saved_errno))
		gt_conn_end(c, GT_END_RESET, h.saved_errno);
	gt_fd_update(k->fd, c);
	gt_conn_unref(c);
	gt_hook_leave(&h);
	return ret;
}

/* With this flag and an address, a send call connects first (RFC 7413). Such a call is never ignored. */
static inline bool may_open(int flags)
{
	return gt_unlikely(flags & MSG_FASTOPEN);
}

GT_COLD static void open_fast(const struct gt_send_call *k)
{
	const void *to = k->by == GT_BY_SENDTO ? k->to : gt_is_readable(k->msg, sizeof(*k->msg)) ? k->msg->msg_name : NULL;
	struct gt_hook h;

	if (!to || gt_fd_is_held(gt_fd_entry(k->fd)) || !gt_hook_enter_from(&h, k->from))
		return;
	gt_fd_open(k->fd, GT_ROLE_OUTBOUND);
	gt_hook_leave(&h);
}

static ssize_t followed_send(const struct gt_send_call *k)
{
	struct gt_hook h;
	uint32_t entry;
	ssize_t ret;

	if (may_open(k->flags) && (k->by == GT_BY_SENDTO || k->by == GT_BY_SENDMSG))
		open_fast(k);
	entry = gt_fd_entry(k->fd);
	if (gt_fd_is_unknown(entry) || gt_fd_is_ignored(entry))
		return gt_fd_is_ignored(entry) && gt_send_call_takes_files(k) ? gt_send_call_make(k) : first_send(k, entry);
	/* a TLS session or libcurl above owns the exchange */
	if (gt_is_librarys(k->from) && !(entry & GT_FD_INDEX))
		gt_fd_ignore(k->fd, entry, false);
	if (gt_hook_enter_unasked(&h, k->from)) {
		bool is_done = send_blind(k, &h, &ret);

		gt_hook_leave(&h);
		if (is_done)
			return ret;
	}
	return seen_send(k);
}

static inline bool sends_unseen(int fd)
{
	return gt_likely(gt_fd_is_ignored(gt_fd_entry(fd)));
}

static inline bool socket_sends_unseen(int fd)
{
	return gt_likely(gt_fd_is_ignored_socket(gt_fd_entry(fd)));
}

GT_EXPORT ssize_t write(int fd, const void *buf, size_t len)
{
	if (sends_unseen(fd))
		return gt_real.write(fd, buf, len);
	return followed_send(&(struct gt_send_call){ .by = GT_BY_WRITE, .from = FROM, .fd = fd, .buf = buf, .len = len });
}

GT_EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	if (sends_unseen(fd) || n < 0)
		return gt_real.writev(fd, iov, n);
	return followed_send(&(struct gt_send_call){ .by = GT_BY_WRITEV, .from = FROM, .fd = fd, .iov = iov, .iov_n = n });
}

GT_EXPORT ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	if (socket_sends_unseen(fd))
		return gt_real.send(fd, buf, len, flags);
	return followed_send(
		&(struct gt_send_call){ .by = GT_BY_SEND, .from = FROM, .fd = fd, .buf = buf, .len = len, .flags = flags });
}

GT_EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	if (socket_sends_unseen(fd) && !may_open(flags))
		return gt_real.sendto(fd, buf, len, flags, to, to_len);
	return followed_send(&(struct gt_send_call){ .by = GT_BY_SENDTO,
						     .from = FROM,
						     .fd = fd,
						     .buf = buf,
						     .len = len,
						     .flags = flags,
						     .to = to,
						     .to_len = to_len });
}

GT_EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (socket_sends_unseen(fd) && !may_open(flags))
		return gt_real.sendmsg(fd, msg, flags);
	return followed_send(&(struct gt_send_call){ .by = GT_BY_SENDMSG, .from = FROM, .fd = fd, .msg = msg, .flags = flags });
}

/* At the offset -1 these are writev with flags. At any other they fail on a socket. */

GT_EXPORT ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	if (sends_unseen(fd) || n < 0 || offset != -1)
		return gt_real.pwritev2(fd, iov, n, offset, flags);
	return followed_send(
		&(struct gt_send_call){ .by = GT_BY_PWRITEV2, .from = FROM, .fd = fd, .iov = iov, .iov_n = n, .flags = flags });
}

GT_EXPORT ssize_t pwritev64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	if (sends_unseen(fd) || n < 0 || offset != -1)
		return gt_real.pwritev64v2(fd, iov, n, offset, flags);
	return followed_send(&(struct gt_send_call){
		.by = GT_BY_PWRITEV64V2, .from = FROM, .fd = fd, .iov = iov, .iov_n = n, .flags = flags });
}

/* The first message as if it had been sent alone. Nothing is added. */
static void sent_messages(int fd, const struct mmsghdr *msgs, int sent, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;
	struct gt_tx t;

	if (sent <= 0 || !gt_hook_enter_from(&h, from))
		return;
	for (int i = 0; i < sent; i++) {
		const struct msghdr *m = &msgs[i].msg_hdr;
		struct gt_str first = gt_first_bytes(m->msg_iov, (int)m->msg_iovlen, msgs[i].msg_len);

		c = gt_fd_conn(fd, first.p, first.len);
		if (!c)
			continue;
		gt_tx_begin(&t, c, m->msg_iov, (int)m->msg_iovlen, false);
		gt_tx_end(&t, m->msg_iov, (int)m->msg_iovlen, msgs[i].msg_len);
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

GT_EXPORT int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	int sent = gt_real.sendmmsg(fd, msgs, n, flags);

	if (!socket_sends_unseen(fd))
		sent_messages(fd, msgs, sent, FROM);
	return sent;
}
