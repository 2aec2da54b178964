/*
 * Bytes on plain sockets: the send and receive families of libc.
 *
 * Every hook has the same shape. One load shows that the descriptor is ignored; then the hook makes the real call and
 * nothing else. Otherwise the connection sees sent bytes before and after the call, and received bytes after it. Bytes
 * that are only counted are seen after the call, without a system call of gentap's. So are the first bytes under a number
 * of which no hook knows where it came from.
 */
#include <errno.h>
#include <limits.h>

#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/own_descriptors.h"
#include "shim/readable.h"
#include "shim/shared/gate.h"

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

enum { BY_WRITE, BY_WRITEV, BY_PWRITEV2, BY_PWRITEV64V2, BY_SEND, BY_SENDTO, BY_SENDMSG };

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
	const struct iovec *iov; /* writev and its kind */
	int iov_n;
	const struct msghdr *msg;
};

static bool is_vector(const struct send_call *k)
{
	return k->by == BY_WRITEV || k->by == BY_PWRITEV2 || k->by == BY_PWRITEV64V2;
}

static ssize_t send_vector(const struct send_call *k, const struct iovec *iov, int n)
{
	switch (k->by) {
	case BY_PWRITEV2:
		return gt_real.pwritev2(k->fd, iov, n, -1, k->flags);
	case BY_PWRITEV64V2:
		return gt_real.pwritev64v2(k->fd, iov, n, -1, k->flags);
	default:
		return gt_real.writev(k->fd, iov, n);
	}
}

static ssize_t send_as_made(const struct send_call *k)
{
	switch (k->by) {
	case BY_WRITE:
		return gt_real.write(k->fd, k->buf, k->len);
	case BY_WRITEV:
	case BY_PWRITEV2:
	case BY_PWRITEV64V2:
		return send_vector(k, k->iov, k->iov_n);
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

	if (k->by == BY_WRITE || is_vector(k))
		return send_vector(k, iov, n);
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
	return k->by != BY_SENDMSG && !is_vector(k) &&
	       (err == EPERM || err == ENOSYS || err == EACCES || err == EOPNOTSUPP || err == EINVAL);
}

static bool may_send_pieces(const struct send_call *k)
{
	if (k->by == BY_SENDMSG || is_vector(k))
		return true;
	return !atomic_load_explicit(&pieces_are_refused, memory_order_relaxed) &&
	       gt_gate_is_open(k->by == BY_WRITE ? GT_CALL_sends_vector : GT_CALL_sends_msg);
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
	if (k->by != BY_SENDMSG && !is_vector(k))
		return true;
	if (k->by == BY_SENDMSG && (!gt_is_readable(k->msg, sizeof(*k->msg)) || k->msg->msg_iovlen > UIO_MAXIOV))
		return false;
	*iov = k->by == BY_SENDMSG ? k->msg->msg_iov : k->iov;
	*n = k->by == BY_SENDMSG ? (int)k->msg->msg_iovlen : k->iov_n;
	return *n <= UIO_MAXIOV && gt_is_readable(*iov, (size_t)*n * sizeof(**iov));
}

/* The pieces of a call that has been made: they can be read. Returns their number. */
static int pieces_made(const struct send_call *k, const struct iovec **iov)
{
	if (k->by == BY_SENDMSG)
		*iov = k->msg->msg_iov;
	else if (is_vector(k))
		*iov = k->iov;
	return k->by == BY_SENDMSG ? (int)k->msg->msg_iovlen : is_vector(k) ? k->iov_n : 1;
}

/* The first piece with bytes, as far as the call moved them. */
static struct gt_str first_bytes(const struct iovec *iov, int n, size_t moved)
{
	while (n > 1 && !iov->iov_len) {
		iov++;
		n--;
	}
	return n > 0 ? gt_str_make(iov->iov_base, iov->iov_len < moved ? iov->iov_len : moved) : GT_STR_NONE;
}

/* Of a number that no hook has seen before: may its first bytes begin a request? Where they are sent or received inside
 * another hook, that hook owns the exchange, and the number is ignored. `is_file`: it need not be a socket. */
static bool is_worth_a_look(int fd, uint32_t entry, const struct iovec *iov, int n, size_t moved, bool is_file,
			    const void *from)
{
	struct gt_str first;

	if (!atomic_load_explicit(&gt_awake, memory_order_relaxed) || gt_self.depth & GT_DEPTH_OURS)
		return false;
	first = first_bytes(iov, n, moved);
	if (!gt_is_nested(from) && gt_fd_may_begin(first.p, first.len))
		return true;
	gt_fd_ignore(fd, entry, is_file);
	return false;
}

/* Does the call also work on files? */
static bool takes_files(const struct send_call *k)
{
	return k->by < BY_SEND;
}

static ssize_t first_send(const struct send_call *k, uint32_t entry)
{
	struct iovec one = { (void *)k->buf, k->len };
	ssize_t ret = send_as_made(k);
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
	n = pieces_made(k, &iov);
	if (!is_worth_a_look(k->fd, entry, iov, n, (size_t)ret, takes_files(k), k->from) || !gt_hook_enter_from(&h, k->from))
		return ret;
	first = first_bytes(iov, n, (size_t)ret);
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
static bool send_blind(const struct send_call *k, struct gt_hook *h, ssize_t *ret)
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
	*ret = send_as_made(k);
	gt_hook_step_in(h);
	n = *ret > 0 ? pieces_made(k, &iov) : 0;
	gt_tx_end(&t, iov, n, *ret > 0 ? (size_t)*ret : 0);
	if (*ret < 0 && is_fatal(h->saved_errno))
		gt_conn_end(c, GT_END_RESET, h->saved_errno);
	gt_fd_update(k->fd, c);
	gt_conn_unref(c);
	return true;
}

/* Enters without asking which process this is: for work that a system call would cost more than it is worth. */
static bool enter_unasked(struct gt_hook *h, const void *from)
{
	if (gt_is_nested(from) || !atomic_load_explicit(&gt_awake, memory_order_relaxed))
		return false;
	h->is_nested = false;
	gt_hook_in(h);
	return true;
}

static ssize_t seen_send(const struct send_call *k)
{
	struct iovec one = { (void *)k->buf, k->len };
	const struct iovec *iov = &one;
	struct gt_str first;
	struct gt_conn *c;
	struct gt_hook h;
	struct gt_tx t;
	ssize_t ret;
	int n = 1;
	bool awake;

	/* asleep, a text that is half sent is still sent to its end */
	if (!gt_hook_enter_to_undo_from(&h, k->from))
		return send_as_made(k);
	if (!take_pieces(k, &iov, &n))
		n = 0;
	first = first_bytes(iov, n, SIZE_MAX);
	awake = atomic_load_explicit(&gt_awake, memory_order_relaxed);
	c = n > 0 ? gt_fd_conn(k->fd, first.p, awake ? first.len : 0) : NULL;
	if (!c) {
		gt_hook_leave(&h);
		return send_as_made(k);
	}
	if (!awake)
		gt_conn_end(c, GT_END_LOST, 0);
	/* with MSG_ZEROCOPY the kernel reads the pages later, and gentap's would be gone */
	gt_tx_begin(&t, c, iov, n,
		    n + 2 <= IOV_MAX_SPLICED && (is_vector(k) || !(k->flags & (MSG_OOB | MSG_ZEROCOPY))) && may_send_pieces(k));
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

/* With this flag and an address, a send call connects first (RFC 7413). Such a call is never ignored. */
static inline bool may_open(int flags)
{
	return gt_unlikely(flags & MSG_FASTOPEN);
}

GT_COLD static void open_fast(const struct send_call *k)
{
	const void *to = k->by == BY_SENDTO ? k->to : gt_is_readable(k->msg, sizeof(*k->msg)) ? k->msg->msg_name : NULL;
	struct gt_hook h;

	if (!to || gt_fd_is_held(gt_fd_entry(k->fd)) || !gt_hook_enter_from(&h, k->from))
		return;
	gt_fd_open(k->fd, GT_ROLE_OUTBOUND);
	gt_hook_leave(&h);
}

static ssize_t followed_send(const struct send_call *k)
{
	struct gt_hook h;
	uint32_t entry;
	ssize_t ret;

	if (may_open(k->flags) && (k->by == BY_SENDTO || k->by == BY_SENDMSG))
		open_fast(k);
	entry = gt_fd_entry(k->fd);
	if (gt_fd_is_unknown(entry) || gt_fd_is_ignored(entry))
		return gt_fd_is_ignored(entry) && takes_files(k) ? send_as_made(k) : first_send(k, entry);
	/* a TLS session or libcurl above owns the exchange */
	if (gt_is_nested(k->from) && !(gt_self.depth & GT_DEPTH_OURS) && !(entry & GT_FD_INDEX))
		gt_fd_ignore(k->fd, entry, false);
	if (enter_unasked(&h, k->from)) {
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
	if (socket_sends_unseen(fd))
		return gt_real.send(fd, buf, len, flags);
	return followed_send(
		&(struct send_call){ .by = BY_SEND, .from = FROM, .fd = fd, .buf = buf, .len = len, .flags = flags });
}

GT_EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	if (socket_sends_unseen(fd) && !may_open(flags))
		return gt_real.sendto(fd, buf, len, flags, to, to_len);
	return followed_send(&(struct send_call){
		.by = BY_SENDTO, .from = FROM, .fd = fd, .buf = buf, .len = len, .flags = flags, .to = to, .to_len = to_len });
}

GT_EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (socket_sends_unseen(fd) && !may_open(flags))
		return gt_real.sendmsg(fd, msg, flags);
	return followed_send(&(struct send_call){ .by = BY_SENDMSG, .from = FROM, .fd = fd, .msg = msg, .flags = flags });
}

/* At the offset -1 these are writev with flags. At any other they fail on a socket. */

GT_EXPORT ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	if (sends_unseen(fd) || n < 0 || offset != -1)
		return gt_real.pwritev2(fd, iov, n, offset, flags);
	return followed_send(
		&(struct send_call){ .by = BY_PWRITEV2, .from = FROM, .fd = fd, .iov = iov, .iov_n = n, .flags = flags });
}

GT_EXPORT ssize_t pwritev64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	if (sends_unseen(fd) || n < 0 || offset != -1)
		return gt_real.pwritev64v2(fd, iov, n, offset, flags);
	return followed_send(
		&(struct send_call){ .by = BY_PWRITEV64V2, .from = FROM, .fd = fd, .iov = iov, .iov_n = n, .flags = flags });
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
		struct gt_str first = first_bytes(m->msg_iov, (int)m->msg_iovlen, msgs[i].msg_len);

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

/* ---------------------------------------------------------------- bytes that the hooks cannot see */

/* A number that is opened or followed, and bytes moved. */
static bool enter_unseen(int fd, ssize_t moved, struct gt_hook *h, const void *from)
{
	return gt_unlikely(gt_fd_is_held(gt_fd_entry(fd))) && moved > 0 && gt_hook_enter_from(h, from);
}

/* HTTP clients do not use these calls for LLM or MCP exchanges. After such a call the framing is unknown. */
static void received_unseen(int fd, ssize_t moved, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (!enter_unseen(fd, moved, &h, from))
		return;
	c = gt_fd_conn(fd, NULL, 0);
	if (c) {
		gt_rx_unseen(c);
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

/* Usually a part of a body. */
static void sent_unseen(int fd, ssize_t sent, const void *from)
{
	struct gt_conn *c;
	struct gt_hook h;

	if (!enter_unseen(fd, sent, &h, from))
		return;
	c = gt_fd_conn(fd, NULL, 0);
	if (c) {
		gt_tx_unseen(c, (size_t)sent);
		gt_fd_update(fd, c);
		gt_conn_unref(c);
	} else {
		gt_fd_leave(fd); /* the unseen bytes were the connection's first */
	}
	gt_hook_leave(&h);
}

/* ---------------------------------------------------------------- receiving */

/* What a receive call gave to the application. */
struct received {
	int fd;
	bool is_file; /* the call also works on files */
	const struct iovec *iov;
	int n;
	ssize_t got;
	size_t asked;
	const void *from; /* the hook's return address */
};

/* Bytes that are only counted. False when they matter; nothing is done then. */
static bool receive_blind(const struct received *r)
{
	struct gt_conn *c;
	bool is_done;
	struct gt_hook h;

	if (r->got <= 0 || !enter_unasked(&h, r->from))
		return false;
	c = gt_fd_conn_unchecked(r->fd);
	is_done = c && gt_rx_is_wanted(c) && gt_rx_blind(c, r->iov, r->n, (size_t)r->got);
	if (is_done)
		gt_fd_update(r->fd, c);
	if (c)
		gt_conn_unref(c);
	gt_hook_leave(&h);
	return is_done;
}

static void receive_seen(const struct received *r)
{
	struct gt_str first = r->got > 0 ? first_bytes(r->iov, r->n, (size_t)r->got) : GT_STR_NONE;
	struct gt_conn *c;
	struct gt_hook h;

	if (!gt_hook_enter_from(&h, r->from))
		return;
	c = gt_fd_conn(r->fd, first.p, first.len);
	if (c) {
		if (r->got > 0 && gt_rx_is_wanted(c))
			gt_rx(c, r->iov, r->n, (size_t)r->got);
		else if (r->got == 0 && r->asked)
			gt_conn_end(c, GT_END_EOF, 0);
		else if (r->got < 0 && is_fatal(h.saved_errno))
			gt_conn_end(c, GT_END_RESET, h.saved_errno);
		gt_fd_update(r->fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

/* The first bytes under a number that no hook has seen before. */
static void first_receive(const struct received *r, uint32_t entry)
{
	struct gt_str first;
	struct gt_conn *c;
	struct gt_hook h;

	if (r->got <= 0 || !is_worth_a_look(r->fd, entry, r->iov, r->n, (size_t)r->got, r->is_file, r->from) ||
	    !gt_hook_enter_from(&h, r->from))
		return;
	first = first_bytes(r->iov, r->n, (size_t)r->got);
	c = gt_fd_adopt(r->fd, entry, GT_ROLE_INBOUND, first.p, first.len);
	if (c) {
		gt_rx(c, r->iov, r->n, (size_t)r->got);
		gt_fd_update(r->fd, c);
		gt_conn_unref(c);
	}
	gt_hook_leave(&h);
}

/* Reports what a receive call gave to the application. */
GT_COLD static void followed_receive(const struct received *r)
{
	uint32_t entry = gt_fd_entry(r->fd);

	if (r->got < 0 && !is_fatal(errno))
		return;
	if (gt_fd_is_unknown(entry) || gt_fd_is_ignored(entry))
		first_receive(r, entry);
	else if (!receive_blind(r))
		receive_seen(r);
}

/* With these flags a receive call does not consume bytes of the stream. */
#define NOT_THE_STREAM (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)

/* A call without flags, of read's kind, which also works on files. No MSG_ flag has this bit. */
#define BY_READ (1 << 20)

/* Checked after the real call, because another thread may have sent the request while this thread waited in the call.
 * False when the number refers to another connection than before the call. */
static inline bool is_wanted(int fd, uint32_t before, int flags)
{
	uint32_t entry = gt_fd_entry(fd), stops = flags & BY_READ ? GT_FD_IGNORED | GT_FD_UNHEARD : GT_FD_UNHEARD;

	return !(entry & stops) && gt_fd_is_same(entry, before) && !(flags & NOT_THE_STREAM);
}

static void received(int fd, uint32_t before, void *buf, size_t len, ssize_t got, int flags, const void *from)
{
	/* no bytes, no decision */
	if ((got <= 0 && !gt_fd_is_held(before)) || !is_wanted(fd, before, flags))
		return;
	if (flags & MSG_TRUNC) /* TCP discards the bytes instead of copying them */
		received_unseen(fd, got, from);
	else
		followed_receive(&(struct received){ fd, flags & BY_READ, &(struct iovec){ buf, len }, 1, got, len, from });
}

static void received_pieces(int fd, uint32_t before, const struct iovec *iov, size_t n, ssize_t got, int flags,
			    const void *from)
{
	if (n > INT_MAX || (got <= 0 && !gt_fd_is_held(before)) || !is_wanted(fd, before, flags))
		return;
	if (flags & MSG_TRUNC)
		received_unseen(fd, got, from);
	else if (got < 0) /* perhaps because the pieces are not readable */
		followed_receive(&(struct received){ .fd = fd, .got = got, .from = from });
	else
		followed_receive(&(struct received){ fd, flags & BY_READ, iov, (int)n, got, gt_iov_len(iov, (int)n), from });
}

/* Another process has passed descriptors: no hook knows what they are. */
static void descriptors_arrived(const struct msghdr *msg)
{
	struct cmsghdr *c;

	if (!atomic_load_explicit(&gt_awake, memory_order_relaxed) || !gt_numbers_are_shared())
		return;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, (const char *)c + at, sizeof(fd));
			gt_fd_arrived(fd);
		}
	}
}

static inline void see_control(const struct msghdr *msg, ssize_t got)
{
	int saved = errno;

	if (gt_likely(got < 0 || msg->msg_controllen < sizeof(struct cmsghdr)))
		return;
	descriptors_arrived(msg);
	errno = saved;
}

GT_EXPORT ssize_t read(int fd, void *buf, size_t len)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored(before)))
		return gt_real.read(fd, buf, len);
	got = gt_real.read(fd, buf, len);
	received(fd, before, buf, len, got, BY_READ, FROM);
	return got;
}

GT_EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored(before)))
		return gt_real.readv(fd, iov, n);
	got = gt_real.readv(fd, iov, n);
	if (n > 0)
		received_pieces(fd, before, iov, (size_t)n, got, BY_READ, FROM);
	return got;
}

GT_EXPORT ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored_socket(before)))
		return gt_real.recv(fd, buf, len, flags);
	got = gt_real.recv(fd, buf, len, flags);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored_socket(before)))
		return gt_real.recvfrom(fd, buf, len, flags, from, from_len);
	got = gt_real.recvfrom(fd, buf, len, flags, from, from_len);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	got = gt_real.recvmsg(fd, msg, flags);
	see_control(msg, got);
	if (gt_likely(gt_fd_is_ignored_socket(before)))
		return got;
	if (got < 0)
		received(fd, before, NULL, 0, got, flags, FROM);
	else
		received_pieces(fd, before, msg->msg_iov, msg->msg_iovlen, got, flags, FROM);
	return got;
}

GT_EXPORT ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got = gt_real.preadv2(fd, iov, n, offset, flags);

	if (!gt_fd_is_ignored(before) && n > 0 && offset == -1)
		received_pieces(fd, before, iov, (size_t)n, got, BY_READ, FROM);
	return got;
}

GT_EXPORT ssize_t preadv64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got = gt_real.preadv64v2(fd, iov, n, offset, flags);

	if (!gt_fd_is_ignored(before) && n > 0 && offset == -1)
		received_pieces(fd, before, iov, (size_t)n, got, BY_READ, FROM);
	return got;
}

/* The names that _FORTIFY_SOURCE gives to the calls above. */

GT_EXPORT ssize_t __read_chk(int fd, void *buf, size_t len, size_t room)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored(before)))
		return gt_real.__read_chk(fd, buf, len, room);
	got = gt_real.__read_chk(fd, buf, len, room);
	received(fd, before, buf, len, got, BY_READ, FROM);
	return got;
}

GT_EXPORT ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags)
{
	uint32_t before = gt_fd_entry(fd);
	ssize_t got;

	if (gt_likely(gt_fd_is_ignored_socket(before)))
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

	if (gt_likely(gt_fd_is_ignored_socket(before)))
		return gt_real.__recvfrom_chk(fd, buf, len, room, flags, from, from_len);
	got = gt_real.__recvfrom_chk(fd, buf, len, room, flags, from, from_len);
	received(fd, before, buf, len, got, flags, FROM);
	return got;
}

/* ---------------------------------------------------------------- the rest of the families */

GT_EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *timeout)
{
	uint32_t before = gt_fd_entry(fd);
	int got = gt_real.recvmmsg(fd, msgs, n, flags, timeout);

	for (int i = 0; i < got; i++) {
		const struct msghdr *m = &msgs[i].msg_hdr;

		see_control(m, (ssize_t)msgs[i].msg_len);
		if (!gt_fd_is_ignored_socket(before))
			received_pieces(fd, before, m->msg_iov, m->msg_iovlen, (ssize_t)msgs[i].msg_len, flags, FROM);
	}
	return got;
}

GT_EXPORT ssize_t splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags)
{
	ssize_t moved = gt_real.splice(from, from_at, to, to_at, len, flags);

	received_unseen(from, moved, FROM);
	sent_unseen(to, moved, FROM);
	return moved;
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
