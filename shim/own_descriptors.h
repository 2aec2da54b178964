/*
 * A descriptor table of their own for the exporter's threads.
 *
 * POSIX promises a program the lowest free number, and programs rely on it. They redirect output with close(1) and
 * open(), and two threads may have agreed on which of them frees which number. A gentap thread that opens files and
 * sockets in the program's table would occasionally break that. So the thread unshares the table and closes the
 * program's descriptors in its copy: close_range(2) with CLOSE_RANGE_UNSHARE, Linux 5.9. Threads that it creates
 * inherit that table.
 *
 * Where the kernel or a seccomp filter refuses, and under the thread sanitizer, the table stays shared. The exporter
 * then watches its sockets (exporter/transfer/own_sockets.h).
 *
 * The program's standard error is opened anew for each line. So a reader at its other end gets end of file when the
 * program closes it.
 */
#ifndef GT_OWN_DESCRIPTORS_H
#define GT_OWN_DESCRIPTORS_H

#include <stdbool.h>

#include "shim/shared/standard_error.h"

/* For the calling thread and threads that it creates, for ever. Once per process, from a thread that has opened
 * nothing. */
void gt_own_descriptors_take(void);

/* Do the caller's numbers mean what they mean to the program's threads? False on the exporter's threads when they
 * have their own table. Also false in a vfork child, which has the program's memory but not its descriptors. */
bool gt_numbers_are_shared(void);

/* For gt_stderr_set_open. Duplicates the program's standard error with pidfd_getfd(2), Linux 5.6; many containers'
 * filters refuse that. Otherwise opens it by name, which does not work for sockets. Neither works once the program's
 * first thread has exited. */
gt_stderr_open_fn gt_own_descriptors_stderr;

/* In a forked child, before its exporter starts. */
void gt_own_descriptors_after_fork(void);

#endif
