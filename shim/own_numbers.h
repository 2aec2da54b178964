/*
 * Descriptor numbers of their own for the exporter's threads.
 *
 * POSIX promises a program the lowest free number, and programs count on it: close(1) and open() is how output is redirected,
 * and two threads may have agreed on who frees which number. A thread of ours that opens files and sockets among the program's
 * would break that now and then. So it has a table of its own, in which nothing of the program's is held open: close_range(2)
 * with CLOSE_RANGE_UNSHARE, Linux 5.9. Threads that it creates have that table too. Where the kernel or a seccomp filter refuses,
 * numbers are shared as between any threads, and the exporter's sockets are watched (exporter/own_sockets.h).
 *
 * The program's standard error is opened for each line anew, so that whoever reads its other end sees it end when the program's
 * own is gone.
 */
#ifndef GT_OWN_NUMBERS_H
#define GT_OWN_NUMBERS_H

#include <stdbool.h>

#include "shim/shared/standard_error.h"

/* For the calling thread and those that it will create, for ever. Once in a process, from a thread that has opened nothing. */
void gt_own_numbers_take(void);

/* Do the caller's numbers mean what they mean to the program's threads? False on the exporter's threads when they have their own,
 * and in a vfork child, which has the program's memory but not its descriptors. */
bool gt_numbers_are_shared(void);

/* For gt_stderr_set_open. Where the program's standard error cannot be had as it is (pidfd_getfd(2): Linux 5.6, and many a
 * container's filter), it is opened by name, which sockets do not allow; nor can it be had once the program's first thread is gone. */
gt_stderr_open_fn gt_own_numbers_stderr;

/* In a forked child, whose exporter has yet to begin. */
void gt_own_numbers_after_fork(void);

#endif
