/*
 * The life of the exporter's thread: started late, ended early, bounded at exit, started again in a forked child.
 *
 * The thread starts at a response (or end) of a matched exchange, or when requests fill a quarter of the hand-off.
 * Before that the exporter has no thread, no library and no memory. The thread ends when everything is sent, no
 * exchange is open, and no event came for a second. So a quiet process has only its own threads. The next response
 * starts another.
 *
 * The thread blocks all signals but SIGSYS and stays inside the guard for ever, so gentap does not trace its calls.
 */
#ifndef GT_EXPORTER_THREAD_H
#define GT_EXPORTER_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* Once, from the constructor. Borrows `argv` for ever. */
void gt_exporter_thread_init(char *const argv[]);

/* Starts the thread when it does not run yet. Application threads; cheap when it runs already. */
void gt_exporter_thread_want(void);

/* Before a call that fails, or behaves otherwise, when the process has a second thread: makes the exporter send what it
 * holds and end its thread. False when it did not end in time. Application threads; keeps errno. */
bool gt_exporter_thread_rest(int64_t within_ns);

/* The same, within a quarter of a second, where the program has one thread of its own. */
void gt_exporter_thread_leave_alone(void);

/* True when a flush has something to wait for. Two loads. */
bool gt_exporter_thread_is_busy(void);

/* At the end of the process: lets the exporter send what it holds, for at most GENTAP_EXIT_TIMEOUT_MS over all calls.
 * Returns at once when nothing is pending. Keeps errno. False when the exporter did not answer in time: what it has
 * counted so far (GT_STAT_SPANS and the like) is then not all.
 *
 * `may_start`: starts the thread when it does not run. Only where the caller cannot be in the allocator, as a signal
 * handler or a failing allocator may be: pthread_create allocates. Without it the
 * caller only waits, on a futex, and takes no lock. If it holds a lock that the exporter wants, both wait until the
 * time is over.
 * `may_go_on`: the process may survive. Then no exchange is cut off, nothing is dropped, and the wait does not count. */
bool gt_exporter_thread_flush(bool may_start, bool may_go_on);

/* The same before a signal that may end the process, and is as often a message: starts nothing, and waits 50 ms at most
 * (a quarter of a second without a spool). After a wait in vain the messages of ten seconds do not wait. */
bool gt_exporter_thread_flush_briefly(void);

/* At an end that has nothing to wait for: removes the spool, which a flush would do. Keeps errno. */
void gt_exporter_thread_settle(void);

/* The process has survived its end: the next has the whole time again. */
void gt_exporter_thread_go_on(void);

/* atfork handlers. A fork must not interrupt the thread while it opens its library or is inside libcurl. A fork waits
 * for that, for a bounded time. If the wait times out, the child has no exporter and goes to sleep. */
void gt_exporter_thread_before_fork(void);
void gt_exporter_thread_after_fork_parent(void);
void gt_exporter_thread_after_fork_child(void);

#endif
