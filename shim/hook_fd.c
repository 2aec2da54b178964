/*
 * The life of descriptors: where connections begin and their numbers end.
 *
 * A hook clears a number's entry before the call that frees the number. So another thread cannot get the number while
 * its entry refers to the old connection. In a vfork child the memory is the parent's, and the hooks change nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/opaque.h"
#include "shim/own_descriptors.h"
#include "shim/shared/log.h"

/* The number may be that of a connection that gentap cannot read. */
GT_COLD static void end_opaque(int fd, void (*end)(int fd))
{
	int saved = errno;

	if (gt_numbers_are_shared())
		end(fd);
	errno = saved;
}

/* The number is about to be free. */
static inline void forget(int fd)
{
	uint32_t entry = gt_fd_entry(fd);

	if (gt_fd_is_ignored(entry)) {
		if (gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)))
			end_opaque(fd, gt_opaque_close);
		if (gt_self.depth != GT_DEPTH_OURS) /* these threads may have numbers of their own */
			gt_fd_unignore(fd);
	} else if (gt_unlikely(gt_fd_is_held(entry)) && gt_numbers_are_shared()) {
		int saved = errno;

		gt_fd_forget(fd);
		errno = saved;
	}
}

/* The number has another descriptor by now: the hooks may have missed its close. */
static inline void replaced(int fd)
{
	if (gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)))
		end_opaque(fd, gt_opaque_replaced);
	if (gt_unlikely(gt_fd_is_held(gt_fd_entry(fd))) && gt_numbers_are_shared()) {
		int saved = errno;

		gt_fd_replaced(fd);
		errno = saved;
	}
}

/* A child that was made without libc's fork: gentap's own thread is not in it, and nothing is reported. */
static void note_copy(void)
{
	static _Atomic bool is_noted;

	if (!atomic_exchange_explicit(&is_noted, true, memory_order_relaxed))
		gt_log(GT_LOG_CONN, GT_LOG_INFO, "this process was not made by libc's fork: its connections are not followed");
}

/* `from`: the hook's return address */
static void opened(int fd, enum gt_role role, const void *from)
{
	struct gt_hook h;

	/* nested (libcurl, the exporter): the number may still have the entry of an earlier connection */
	if (gt_hook_enter_from(&h, from)) {
		if (role == GT_ROLE_INBOUND && gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)))
			gt_opaque_replaced(fd);
		gt_fd_open(fd, role);
		gt_hook_leave(&h);
		return;
	}
	replaced(fd);
	if (gt_is_copy())
		note_copy();
}

GT_EXPORT int socket(int domain, int type, int protocol)
{
	int fd = gt_real.socket(domain, type, protocol);

	replaced(fd);
	return fd;
}

/* The internet, and sockets of the file system, over which local servers speak HTTP. */
static bool may_carry_http(sa_family_t family)
{
	return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

GT_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int ret = gt_real.connect(fd, addr, len);

	if ((ret == 0 || errno == EINPROGRESS || errno == EINTR) && addr && len >= sizeof(addr->sa_family) &&
	    may_carry_http(addr->sa_family))
		opened(fd, GT_ROLE_OUTBOUND, __builtin_return_address(0));
	return ret;
}

static bool may_carry(const struct sockaddr *addr, const socklen_t *len)
{
	/* the caller did not ask for the peer's address: follow it, and let the first bytes decide */
	return !addr || !len || *len < sizeof(addr->sa_family) || may_carry_http(addr->sa_family);
}

GT_EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int got = gt_real.accept(fd, addr, len);

	if (got >= 0 && may_carry(addr, len))
		opened(got, GT_ROLE_INBOUND, __builtin_return_address(0));
	return got;
}

GT_EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int got = gt_real.accept4(fd, addr, len, flags);

	if (got >= 0 && may_carry(addr, len))
		opened(got, GT_ROLE_INBOUND, __builtin_return_address(0));
	return got;
}

GT_EXPORT int close(int fd)
{
	forget(fd);
	return gt_real.close(fd);
}

GT_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	/* with a flag, nothing is closed now (CLOSE_RANGE_CLOEXEC), or not in the table of the other threads */
	if (!flags && gt_numbers_are_shared()) {
		int saved = errno;

		gt_opaque_close_range(first, last);
		gt_fd_forget_range(first, last);
		errno = saved;
	}
	return gt_real.close_range(first, last, flags);
}

GT_EXPORT void closefrom(int first)
{
	if (gt_numbers_are_shared()) {
		gt_opaque_close_range(first < 0 ? 0 : (unsigned)first, ~0U);
		gt_fd_forget_range(first < 0 ? 0 : (unsigned)first, ~0U);
	}
	gt_real.closefrom(first);
}

GT_EXPORT int shutdown(int fd, int how)
{
	struct gt_hook h;

	if (gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)))
		end_opaque(fd, how == SHUT_RDWR ? gt_opaque_close : gt_opaque_note);
	/* some clients end a request with SHUT_WR alone; the answer is still to come */
	if (gt_unlikely(gt_fd_is_held(gt_fd_entry(fd))) && how == SHUT_RDWR && gt_hook_enter(&h)) {
		struct gt_conn *c = gt_fd_conn(fd, NULL, 0);

		if (c) {
			gt_conn_end(c, GT_END_CLOSED, 0);
			gt_conn_unref(c);
		}
		gt_fd_leave(fd);
		gt_hook_leave(&h);
	}
	return gt_real.shutdown(fd, how);
}

/* `before`: the entry of `to` before the call, or after it where it could not be known. */
static void aliased(int from, int to, uint32_t before, const void *caller)
{
	uint32_t entry = gt_fd_entry(from);
	struct gt_hook h;

	if (to < 0 || from == to ||
	    gt_likely(!gt_fd_is_held(entry) && !gt_fd_is_held(before) && gt_fd_is_ignored(entry) == gt_fd_is_ignored(before)) ||
	    !gt_hook_enter_from(&h, caller))
		return;
	gt_fd_alias(from, to, before);
	gt_hook_leave(&h);
}

GT_EXPORT int dup(int fd)
{
	int got = gt_real.dup(fd);

	aliased(fd, got, gt_fd_entry(got), __builtin_return_address(0));
	return got;
}

/* Is `to` about to be closed? A call that fails leaves it open. */
static bool will_replace(int from, int to, int flags)
{
	return from != to &&
	       gt_unlikely(gt_fd_is_held(gt_fd_entry(to)) || atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)) &&
	       !(flags & ~O_CLOEXEC) && gt_real.fcntl(from, F_GETFD) >= 0;
}

GT_EXPORT int dup2(int from, int to)
{
	uint32_t before;
	int got;

	if (will_replace(from, to, 0))
		forget(to);
	before = gt_fd_entry(to);
	got = gt_real.dup2(from, to);
	aliased(from, got, before, __builtin_return_address(0));
	return got;
}

GT_EXPORT int dup3(int from, int to, int flags)
{
	uint32_t before;
	int got;

	if (will_replace(from, to, flags))
		forget(to);
	before = gt_fd_entry(to);
	got = gt_real.dup3(from, to, flags);
	aliased(from, got, before, __builtin_return_address(0));
	return got;
}

/* Of fcntl's commands only duplication creates a number. The argument may be a number, a pointer, or missing. */
static inline int after_fcntl(int fd, int command, int ret)
{
	if (gt_unlikely(command == F_DUPFD || command == F_DUPFD_CLOEXEC))
		aliased(fd, ret, gt_fd_entry(ret), __builtin_return_address(0));
	return ret;
}

GT_EXPORT int fcntl(int fd, int command, ...)
{
	return after_fcntl(fd, command, gt_real.fcntl(fd, command, GT_REST(command)));
}

GT_EXPORT int fcntl64(int fd, int command, ...)
{
	return after_fcntl(fd, command, gt_real.fcntl64(fd, command, GT_REST(command)));
}

/* ---------------------------------------------------------------- descriptors from elsewhere, and FILEs of them */

GT_EXPORT int pidfd_getfd(int process, int number, unsigned flags)
{
	int got = gt_real.pidfd_getfd(process, number, flags);
	int saved = errno;

	if (got >= 0 && atomic_load_explicit(&gt_awake, memory_order_relaxed) && gt_numbers_are_shared())
		gt_fd_arrived(got);
	errno = saved;
	return got;
}

/* stdio reads and writes by libc's own names, which no preload can replace: its bytes stay unseen. */
GT_EXPORT struct _IO_FILE *fdopen(int fd, const char *mode)
{
	if (gt_unlikely(gt_fd_is_held(gt_fd_entry(fd))) && gt_numbers_are_shared())
		gt_fd_note_stdio(fd);
	return gt_real.fdopen(fd, mode);
}
