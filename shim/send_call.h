/*
 * One call of the send family as the application made it: made unchanged, or with header lines among its bytes.
 *
 * Application threads, inside a hook. The calls are libc's real functions; errno is theirs.
 */
#ifndef GT_SEND_CALL_H
#define GT_SEND_CALL_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "shim/shared/check.h"
#include "shim/splice.h"

/* The most pieces of a spliced write; a head that is spread over more is not changed. */
#define GT_SPLICED_IOV_MAX 64

enum gt_send_by {
	GT_BY_WRITE,
	GT_BY_WRITEV,
	GT_BY_PWRITEV2,
	GT_BY_PWRITEV64V2,
	GT_BY_SEND, /* from here on, calls for sockets only */
	GT_BY_SENDTO,
	GT_BY_SENDMSG,
};

/* Borrows what the application passed. */
struct gt_send_call {
	enum gt_send_by by;
	int fd;
	int flags;
	socklen_t to_len;
	int iov_n;
	const void *from; /* the hook's return address */
	const void *buf;
	size_t len;
	const struct sockaddr *to;
	const struct iovec *iov; /* writev and its kind */
	const struct msghdr *msg;
};

/* The compiler clears a larger struct by `rep stos`, and then moves the arguments of every ignored call out of its way. */
GT_STATIC_ASSERT(sizeof(struct gt_send_call) <= 72, "no holes: hooks make it");

static inline bool gt_send_call_is_vector(const struct gt_send_call *k)
{
	return k->by == GT_BY_WRITEV || k->by == GT_BY_PWRITEV2 || k->by == GT_BY_PWRITEV64V2;
}

/* Does the call also work on files? */
static inline bool gt_send_call_takes_files(const struct gt_send_call *k)
{
	return k->by < GT_BY_SEND;
}

/* Makes the call unchanged. */
ssize_t gt_send_call_make(const struct gt_send_call *k);

/* Before the call: its pieces, as far as it has any; else `*iov` and `*n` stay. False when the kernel will reject them:
 * they cannot be read. */
bool gt_send_call_pieces(const struct gt_send_call *k, const struct iovec **iov, int *n);

/* The pieces of a call that has been made: they can be read. Returns their number; 1 when the call has none, and `*iov`
 * stays. */
int gt_send_call_pieces_made(const struct gt_send_call *k, const struct iovec **iov);

/* May the call be made with other pieces? Not where a filter forbids, or has refused, the call that carries them. */
bool gt_send_call_may_splice(const struct gt_send_call *k);

/* Makes the call with the text of `s` among its pieces. Returns the application's count: its own bytes alone. */
ssize_t gt_send_call_splice(const struct gt_send_call *k, struct gt_splice *s, const struct iovec *iov, int n);

#endif
