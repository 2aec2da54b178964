/*
 * Easy handles that were added to a multi handle and whose transfer has not started yet.
 *
 * libcurl reads a handle's options when it first runs the transfer, not in curl_multi_add_handle. Until then the
 * application may set and free any option, so gentap must not look at the handle's data.
 *
 * Threads: as libcurl requires, one thread at a time per handle and per multi handle. The list takes a lock (rank 1).
 */
#ifndef GT_CURL_ADDED_H
#define GT_CURL_ADDED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct gt_easy;

extern _Atomic(struct gt_easy *) gt_added_first;

/* Does any handle wait, in any multi handle? For hooks that run often: one load. */
static inline bool gt_added_any(void)
{
	/* relaxed: the thread that adds a handle also runs its multi handle, or has synchronized with the thread that
	 * does */
	return atomic_load_explicit(&gt_added_first, memory_order_relaxed) != NULL;
}

/* Adds `e` to the list: it waits for `multi`. It must not be waiting already. */
void gt_added_put(struct gt_easy *e, void *multi);

/* Takes `e` off the list. False when it was not waiting. */
bool gt_added_take(struct gt_easy *e);

/* Takes the handle that has waited longest for `multi` off the list and returns it; NULL when none waits. */
struct gt_easy *gt_added_take_for(void *multi);

/* In a forked child, single-threaded: the waiting handles are copies that wait in the child. */
void gt_added_after_fork(void);

#endif
