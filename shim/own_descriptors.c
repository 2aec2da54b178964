#include "shim/own_descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/guard.h"

/* the same on all processors; older headers lack them */
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

static _Atomic bool apart;

/* Occupies the standard numbers. Otherwise the next socket would get one of them, and code that prints to it would
 * write to the collector. What is written to an eventfd goes nowhere and never waits. Raw system calls, because the
 * hooks would take the numbers for the program's. */
static void fill_standard_numbers(void)
{
	for (int n = STDIN_FILENO; n <= STDERR_FILENO; n++)
		syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void gt_own_descriptors_take(void)
{
	if (syscall(SYS_close_range, 0U, ~0U, UNSHARE) != 0)
		return;
	atomic_store_explicit(&apart, true, memory_order_release);
	fill_standard_numbers();
}

static bool is_apart(void)
{
	return gt_self.depth == GT_DEPTH_OURS && atomic_load_explicit(&apart, memory_order_acquire);
}

bool gt_numbers_are_shared(void)
{
	return gt_is_owner() && !is_apart();
}

/* Some filters kill the process for an unknown call, so rare calls are not tried under a filter. */
static bool is_filtered(void)
{
	return prctl(PR_GET_SECCOMP) != 0;
}

int gt_own_descriptors_stderr(void)
{
	int process, fd = -1;

	if (!is_apart())
		return GT_STDERR_IS_2;
	process = is_filtered() ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (process >= 0) {
		fd = (int)syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0);
		syscall(SYS_close, process);
	}
	if (fd < 0) /* without O_NONBLOCK, opening a named pipe would wait for its reader */
		fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/2",
				  O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	return fd;
}

void gt_own_descriptors_after_fork(void)
{
	atomic_store_explicit(&apart, false, memory_order_relaxed);
}
