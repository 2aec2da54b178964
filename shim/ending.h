/*
 * What gentap does at the end of a process: it lets the exporter send what is finished, then reports what the process
 * did, to the log and to the launcher. The time for it is bounded by GENTAP_EXIT_TIMEOUT_MS. A process that had no
 * requests pays a few loads.
 *
 * A process ends by exit, by _exit, by a program that replaces it, or by a signal. Whatever a process does itself comes
 * here first. A signal of another process, with the default action, runs nothing in this process.
 *
 * Any thread, also in a signal handler, with any lock of the application held, and on a small stack: see
 * gt_exporter_thread_flush. In a vfork child it does nothing: the memory is the parent's. Keeps errno.
 */
#ifndef GT_ENDING_H
#define GT_ENDING_H

#include <stdbool.h>

enum gt_ending {
	GT_ENDING_EXIT,	   /* by ordinary code: exit, quick_exit; starts the exporter's thread if it does not run */
	GT_ENDING_AT_ONCE, /* perhaps in a signal handler, perhaps in the allocator: _exit, exec, a signal */
	GT_ENDING_PERHAPS, /* the same, but the process may survive: nothing is cut off or reported */
	GT_ENDING_MESSAGE, /* the same for a signal that may be a message to another thread: a short wait, which costs no end
			      its time */
};

/* True when there is something to send or to report. Loads only, for callers that first ask whether it is an end. */
bool gt_ending_is_due(void);

/* Returns true when there was something to do. */
bool gt_ending(enum gt_ending how);

/* The process has survived an end of which gt_ending returned true. The next one has the whole time again. */
void gt_ending_undo(void);

/* In a forked child, single-threaded. */
void gt_ending_after_fork(void);

#endif
