/*
 * Whether a signal that a process sends to itself ends it.
 *
 * The kernel knows: this asks it for the present action of the signal and for the mask of the calling thread. An
 * application may have changed either by any means a moment ago. Safe in a signal handler. Keeps errno.
 */
#ifndef GT_DEADLY_SIGNAL_H
#define GT_DEADLY_SIGNAL_H

#include <stdbool.h>

enum gt_deadly {
	GT_DEADLY_NO, /* a handler, an ignored signal, or no deadly signal */
	/*
	 * The default action ends the process, but the signal does not reach it yet. It is blocked, as in its own
	 * handler: the usual way to end by a signal after a clean-up is to reset the action there and to raise it again.
	 * Or it is for another thread, which may block it. A program may as well wait for it there (sigwait). Only for
	 * signals by which programs end; GT_DEADLY_NO for the rest.
	 */
	GT_DEADLY_PERHAPS,
	GT_DEADLY_YES,
};

/* `is_for_caller`: for the calling thread or for the process, not for another thread. */
enum gt_deadly gt_deadly_signal(int sig, bool is_for_caller);

/* The same for abort(), which raises SIGABRT even if it is blocked or ignored. A handler comes first: it may jump, and
 * what it wants to save must not depend on the exporter, whose heap is the application's. */
enum gt_deadly gt_deadly_abort(void);

#endif
