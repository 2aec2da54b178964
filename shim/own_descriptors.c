#include "shim/own_descriptors.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "shim/guard.h"
#include "shim/shared/gate.h"
#include "shim/tools.h"

#define UNSHARE (1U << 1) /* CLOSE_RANGE_UNSHARE */

static _Atomic bool apart;

/* Occupies the standard numbers. Otherwise the next socket would get one of them, and code that prints to it would
 * write to the collector. What is written to an eventfd goes nowhere and never waits. */
static void fill_standard_numbers(void)
{
	for (int n = STDIN_FILENO; n <= STDERR_FILENO; n++)
		if (gt_gate(own_filler, 0, EFD_CLOEXEC | EFD_NONBLOCK) < 0)
			gt_gate(load_open, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
}

void gt_own_descriptors_take(void)
{
	bool is_done = !gt_tools_is_tsan() && gt_gate(own_numbers, 0U, ~0U, UNSHARE) == 0;

	atomic_store_explicit(&apart, is_done, memory_order_release);
	if (is_done)
		fill_standard_numbers();
}

static bool is_apart(void)
{
	return gt_self.depth & GT_DEPTH_OURS && atomic_load_explicit(&apart, memory_order_acquire);
}

bool gt_numbers_are_shared(void)
{
	return !is_apart() && gt_is_owner();
}

int gt_own_descriptors_stderr(void)
{
	int process, fd = -1;

	if (!is_apart())
		return GT_STDERR_IS_2;
	process = (int)gt_gate(stderr_process, atomic_load(&gt_owner_pid), 0);
	if (process >= 0) {
		fd = (int)gt_gate(stderr_get, process, STDERR_FILENO, 0);
		gt_gate(line_close, process);
	}
	if (fd < 0) /* without O_NONBLOCK, opening a named pipe would wait for its reader */
		fd = (int)gt_gate(line_open, AT_FDCWD, "/proc/self/fd/2",
				  O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	return fd;
}

void gt_own_descriptors_after_fork(void)
{
	atomic_store_explicit(&apart, false, memory_order_relaxed);
}
