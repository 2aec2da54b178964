/*
 * Writes that raise no signal.
 *
 * The kernel answers some writes with a signal to the writing thread: SIGPIPE where a pipe or socket has lost its
 * reader, SIGXFSZ beyond RLIMIT_FSIZE, SIGTTOU on a terminal of another job (`stty tostop`). By default they end or
 * stop the process. The application asked for none of gentap's writes, so none of these may reach it.
 *
 *	if (gt_quiet_begin(&q)) {
 *		n = write(...);
 *		gt_quiet_end(&q, n < 0 ? errno : 0);
 *	}
 *
 * Any thread, also in a signal handler. Both keep errno.
 */
#ifndef GT_QUIET_WRITE_H
#define GT_QUIET_WRITE_H

#include <signal.h>
#include <stdbool.h>

struct gt_quiet {
	sigset_t before;  /* the thread's mask */
	sigset_t pending; /* these belong to the application */
};

/* Blocks the three signals on this thread. A blocked SIGTTOU lets the write pass: POSIX, 11.1.4.
 * False where a filter forbids it: then do not write. */
bool gt_quiet_begin(struct gt_quiet *q);

/* Discards the signal that the write has raised, if `error` is what comes with one (EPIPE, EFBIG), and restores the
 * mask. */
void gt_quiet_end(const struct gt_quiet *q, int error);

#endif
