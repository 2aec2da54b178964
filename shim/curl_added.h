/*
 * Easy handles that were added to a multi handle and whose transfer has not started yet.
 *
 * libcurl reads a handle's options when it first runs the transfer, not in curl_multi_add_handle: until then the application
 * sets and frees what it likes, and nothing of the handle's may be looked at.
 *
 * Threads: as libcurl demands, one thread at a time per handle and per multi handle. The list takes a lock (rank 1).
 */
#ifndef GT_CURL_ADDED_H
#define GT_CURL_ADDED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct gt_easy;

extern _Atomic(struct gt_easy *) gt_added_first;

/* Does any handle wait, for whichever multi handle? For hooks that run often: one load. */
static inline bool gt_added_any(void)
{
	/* relaxed: who adds a handle and who then runs its multi handle are one thread, or have met */
	return atomic_load_explicit(&gt_added_first, memory_order_relaxed) != NULL;
}

/* `e` waits for `multi`. It must not be waiting. */
void gt_added_put(struct gt_easy *e, void *multi);

/* `e` waits no more. False when it did not. */
bool gt_added_take(struct gt_easy *e);

/* The one that has waited longest for `multi`, which waits no more; NULL when none does. */
struct gt_easy *gt_added_take_for(void *multi);

/* In a forked child, single-threaded: what waits has a copy of its own that waits here. */
void gt_added_after_fork(void);

#endif
