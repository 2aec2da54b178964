#include "shim/curl_added.h"

#include <pthread.h>

#include "shim/curl_state.h"

/* protects: the list from gt_added_first on, and `last`.   rank: 1, never together with the lock of curl_easy.c
 * at fork: the child makes a new lock. The list is always whole, except for `last`, which the child finds again.
 * taken by: application threads in hooks.   never across: a real call, malloc, a log line */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
_Atomic(struct gt_easy *) gt_added_first;
static struct gt_easy *last;

void gt_added_put(struct gt_easy *e, void *multi)
{
	e->added_to = multi;
	atomic_store_explicit(&e->next_added, NULL, memory_order_relaxed);
	pthread_mutex_lock(&lock);
	/* release: a child forked at this point sees a complete entry */
	atomic_store_explicit(last ? &last->next_added : &gt_added_first, e, memory_order_release);
	last = e;
	pthread_mutex_unlock(&lock);
}

/* Takes the first handle that waits for `multi` off the list, or `e` if that is not NULL. */
static struct gt_easy *take(const struct gt_easy *e, const void *multi)
{
	_Atomic(struct gt_easy *) *at = &gt_added_first;
	struct gt_easy *found, *before = NULL;

	pthread_mutex_lock(&lock);
	while ((found = atomic_load_explicit(at, memory_order_relaxed)) && (e ? found != e : found->added_to != multi)) {
		before = found;
		at = &found->next_added;
	}
	if (found) {
		atomic_store_explicit(at, atomic_load_explicit(&found->next_added, memory_order_relaxed), memory_order_relaxed);
		if (last == found)
			last = before;
		found->added_to = NULL;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

bool gt_added_take(struct gt_easy *e)
{
	return e->added_to && take(e, NULL);
}

struct gt_easy *gt_added_take_for(void *multi)
{
	return take(NULL, multi);
}

void gt_added_after_fork(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	struct gt_easy *e = atomic_load_explicit(&gt_added_first, memory_order_relaxed);

	lock = fresh;
	for (last = NULL; e; e = atomic_load_explicit(&e->next_added, memory_order_relaxed))
		last = e;
}
