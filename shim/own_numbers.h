/*
 * Descriptor numbers of its own for the exporter's thread.
 *
 * POSIX promises a program the lowest free number, and programs count on it: close(1) and open() is how output is redirected,
 * and two threads may have agreed on who frees which number. A thread of ours that opens files and sockets among the program's
 * would break that now and then. So it has a table of its own, in which nothing of the program's is held open: close_range(2)
 * with CLOSE_RANGE_UNSHARE, Linux 5.9. Where the kernel or a seccomp filter has none, numbers are shared as between any two
 * threads, and the exporter's sockets are watched (exporter/own_sockets.h).
 *
 * Standard error alone is kept, for log lines and the console exporter. When the program closes or replaces its own by close,
 * dup2 or their like, ours follows, so that whoever reads the other end sees it end; a change inside of libc (fclose, freopen,
 * daemon) is not seen.
 */
#ifndef GT_OWN_NUMBERS_H
#define GT_OWN_NUMBERS_H

#include <stdbool.h>

/* For the calling thread, for ever. Once in a process, from a thread that has opened nothing. */
void gt_own_numbers_take(void);

/* Do the caller's numbers mean what they mean to the program's threads? False on the exporter's thread when it has its own,
 * and in a vfork child, which has the program's memory but not its descriptors. */
bool gt_numbers_are_shared(void);

/* The program's standard error may be another file now, or closed. Any thread and process; keeps errno; safe in a signal
 * handler. */
void gt_own_numbers_stderr_changed(void);

/* Takes over the program's standard error if it has changed since. Exporter's thread; system calls only after a change. */
void gt_own_numbers_follow_stderr(void);

/* In a forked child, whose exporter has yet to begin. */
void gt_own_numbers_after_fork(void);

#endif
