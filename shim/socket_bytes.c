#include "shim/socket_bytes.h"

#include <errno.h>

#include "shim/conn.h"
#include "shim/fd_table.h"

bool gt_socket_error_is_fatal(int err)
{
	return err == ECONNRESET || err == EPIPE || err == ETIMEDOUT || err == ECONNABORTED || err == ENETDOWN ||
	       err == EHOSTUNREACH || err == ENOTCONN;
}

struct gt_str gt_first_bytes(const struct iovec *iov, int n, size_t moved)
{
	while (n > 1 && !iov->iov_len) {
		iov++;
		n--;
	}
	return n > 0 ? gt_str_make(iov->iov_base, iov->iov_len < moved ? iov->iov_len : moved) : GT_STR_NONE;
}

bool gt_fd_is_worth_a_look(int fd, uint32_t entry, const struct iovec *iov, int n, size_t moved, bool is_file, const void *from)
{
	struct gt_str first;

	if (!atomic_load_explicit(&gt_awake, memory_order_relaxed) || gt_self.depth & (GT_DEPTH_OURS | GT_DEPTH_BUSY))
		return false;
	first = gt_first_bytes(iov, n, moved);
	if (!gt_is_librarys(from) && gt_fd_may_begin(first.p, first.len))
		return true;
	gt_fd_ignore(fd, entry, is_file);
	return false;
}

bool gt_hook_enter_unasked(struct gt_hook *h, const void *from)
{
	if (gt_is_nested(from) || !atomic_load_explicit(&gt_awake, memory_order_relaxed) || !gt_is_surely_owner())
		return false;
	h->is_nested = false;
	gt_hook_in(h);
	return true;
}

/* A number that is opened or followed, and bytes moved. */
static bool enter_unseen(int fd, ssize_t moved, struct gt_hook *h, const void *from)
{
	return gt_unlikely(gt_fd_is_held(gt_fd_entry(fd))) && moved > 0 && gt_hook_enter_from(h, from);
}

/* HTTP clients do not use these calls for LLM or MCP exchanges. After such a call the framing is unknown. */
void gt_received_unseen(int fd, ssize_t moved, const void *from)
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

void gt_sent_unseen(int fd, ssize_t sent, const void *from)
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
