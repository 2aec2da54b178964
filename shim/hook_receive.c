/*
 * Bytes that arrive over plain sockets: the receive family of libc.
 *
 * Every hook has the same shape. One load shows that the descriptor is ignored; then the hook makes the real call and
 * nothing else. Otherwise the connection sees received bytes after the call.
 */
#include <errno.h>
#include <limits.h>

#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/own_descriptors.h"
#include "shim/socket_bytes.h"

/* Where a hook was called from. */
#define FROM __builtin_return_address(0)

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

	if (r->got <= 0 || !gt_hook_enter_unasked(&h, r->from))
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
	struct gt_str first = r->got > 0 ? gt_first_bytes(r->iov, r->n, (size_t)r->got) : GT_STR_NONE;
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
		else if (r->got < 0 && gt_socket_error_is_fatal(h.saved_errno))
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

	if (r->got <= 0 || !gt_fd_is_worth_a_look(r->fd, entry, r->iov, r->n, (size_t)r->got, r->is_file, r->from) ||
	    !gt_hook_enter_from(&h, r->from))
		return;
	first = gt_first_bytes(r->iov, r->n, (size_t)r->got);
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

	if (r->got < 0 && !gt_socket_error_is_fatal(errno))
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
		gt_received_unseen(fd, got, from);
	else
		followed_receive(&(struct received){ fd, flags & BY_READ, &(struct iovec){ buf, len }, 1, got, len, from });
}

static void received_pieces(int fd, uint32_t before, const struct iovec *iov, size_t n, ssize_t got, int flags,
			    const void *from)
{
	if (n > INT_MAX || (got <= 0 && !gt_fd_is_held(before)) || !is_wanted(fd, before, flags))
		return;
	if (flags & MSG_TRUNC)
		gt_received_unseen(fd, got, from);
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
