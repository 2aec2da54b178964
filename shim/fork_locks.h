/*
 * Locks of gentap's threads that a fork must not find held.
 *
 * A child has the locks as they were, and no thread that would release them. So a fork waits for calls of gentap's
 * threads into the loader, libcurl and the name service, for a bounded time.
 */
#ifndef GT_FORK_LOCKS_H
#define GT_FORK_LOCKS_H

#include <stdbool.h>

/* Around calls that would leave a child a held lock or half-initialized state. gentap's threads. */
void gt_fork_locks_hold(void);
void gt_fork_locks_let(void);

/* Around a name look-up. gentap's threads. */
void gt_fork_locks_hold_lookup(void);
void gt_fork_locks_let_lookup(void);

/* atfork handlers. The child's returns false when the wait timed out: the locks in use may stay held for ever. */
void gt_fork_locks_before(void);
void gt_fork_locks_after_in_parent(void);
bool gt_fork_locks_after_in_child(void);

#endif
