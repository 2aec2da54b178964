/*
 * The life of the exporter's thread: started late, bounded at the end, started again in a forked child.
 *
 * Nothing exists before the first response (or end) of a matched exchange, or before its requests fill a quarter of the hand-off: no
 * thread, no library, no memory of its own. The thread blocks all signals and stays inside the guard for ever, so that what it
 * calls is not traced.
 */
#ifndef GT_EXPORTER_THREAD_H
#define GT_EXPORTER_THREAD_H

/* Once, from the constructor. `argv` is borrowed for ever. */
void gt_exporter_thread_init(char *const argv[]);

/* Starts the thread when there is none. Application threads; cheap when it runs already. */
void gt_exporter_thread_want(void);

/* At the end of the process: lets the exporter send what there is, for at most GENTAP_EXIT_TIMEOUT_MS over all calls.
 * Returns at once when nothing is waiting. Keeps errno. */
void gt_exporter_thread_flush(void);

/* atfork handlers: the thread may be opening its library, or inside of libcurl, which must not be cut in two. A fork waits for
 * that, but not for ever; a child that could not be given a whole exporter goes without. */
void gt_exporter_thread_before_fork(void);
void gt_exporter_thread_after_fork_parent(void);
void gt_exporter_thread_after_fork_child(void);

#endif
