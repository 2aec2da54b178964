#include "own_numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"
#include "handoff.h"

/* the same on all processors; older headers have none */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#define UNSHARE (1U << 1) /* CLOSE_RANGE_UNSHARE */

static _Atomic int apart; /* thread id of the one with its own numbers, 0: nobody */
static _Atomic bool stderr_changed;

/* No hooked call is made here: the numbers would be taken for the program's. */
static void move(int from, int to)
{
	if (from >= 0 && from != to) {
		syscall(SYS_dup3, from, to, O_CLOEXEC);
		syscall(SYS_close, from);
	}
}

/* A number must not be free: the next socket would get it, and what is written to standard error with it. What is written to
 * this goes nowhere and never waits. */
static void fill(int number)
{
	move((int)syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK), number);
}

void gt_own_numbers_take(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, UNSHARE) != 0)
		return;
	fill(STDIN_FILENO);
	fill(STDOUT_FILENO);
	if (syscall(SYS_fcntl, STDERR_FILENO, F_GETFD) < 0)
		fill(STDERR_FILENO);
	atomic_store_explicit(&apart, (int)syscall(SYS_gettid), memory_order_release);
}

bool gt_numbers_are_shared(void)
{
	int who = atomic_load_explicit(&apart, memory_order_acquire);

	return gt_is_owner() && !(gt_self.depth && who && (int)syscall(SYS_gettid) == who);
}

void gt_own_numbers_stderr_changed(void)
{
	int saved = errno;

	if (atomic_load_explicit(&apart, memory_order_acquire) && gt_numbers_are_shared()) {
		atomic_store_explicit(&stderr_changed, true, memory_order_release);
		gt_handoff_wake();
	}
	errno = saved;
}

/* The number of our own that stands for the program's standard error, or -1. */
static int fetch_stderr(void)
{
	int process = (int)syscall(SYS_pidfd_open, getpid(), 0), fd = -1;

	if (process >= 0) {
		fd = (int)syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0);
		syscall(SYS_close, process);
	}
	return fd;
}

void gt_own_numbers_follow_stderr(void)
{
	int fd;

	if (gt_likely(!atomic_load_explicit(&stderr_changed, memory_order_relaxed)) ||
	    !atomic_exchange_explicit(&stderr_changed, false, memory_order_acquire))
		return;
	fd = fetch_stderr();
	if (fd >= 0)
		move(fd, STDERR_FILENO);
	else
		fill(STDERR_FILENO); /* closed, or a filter forbids it */
}

void gt_own_numbers_after_fork(void)
{
	atomic_store_explicit(&apart, 0, memory_order_relaxed);
	atomic_store_explicit(&stderr_changed, false, memory_order_relaxed);
}
