/*
 * What the hooks of all calls that move bytes have in common: the first bytes of a call, whether a number that no hook knows
 * deserves a look, and bytes that pass unseen.
 *
 * Application threads, inside a hook but outside the guard, unless it says otherwise.
 */
#ifndef GT_SOCKET_BYTES_H
#define GT_SOCKET_BYTES_H

#include <stdbool.h>
#include <sys/uio.h>

#include "shim/guard.h"
#include "shim/shared/str.h"

/* Errors that end a TCP connection for good. */
bool gt_socket_error_is_fatal(int err);

/* The first piece with bytes, as far as the call moved them. */
struct gt_str gt_first_bytes(const struct iovec *iov, int n, size_t moved);

/* Of a number that no hook has seen before: may its first bytes begin a request? Where they are sent or received inside
 * another hook, that hook owns the exchange, and the number is ignored. `is_file`: it need not be a socket. */
bool gt_fd_is_worth_a_look(int fd, uint32_t entry, const struct iovec *iov, int n, size_t moved, bool is_file,
			   const void *from);

/* Enters without asking the kernel which process this is: for work that a system call would cost more than it is worth.
 * False in doubt. */
bool gt_hook_enter_unasked(struct gt_hook *h, const void *from);

/* Bytes moved in a call that shows none of them: the framing is unknown afterwards. `from`: the hook's return address. */
void gt_received_unseen(int fd, ssize_t moved, const void *from);
/* Usually a part of a body. */
void gt_sent_unseen(int fd, ssize_t sent, const void *from);

#endif
