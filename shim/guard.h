/*
 * Per-thread nesting, and the switch that puts gentap to sleep.
 *
 * While a thread is inside one of gentap's hooks, every hooked call it makes goes straight through. So libcurl over
 * TLS over a socket is one exchange, owned by the outermost layer. The exporter's thread is inside for ever.
 * Application callbacks that gentap's libcurl wrappers call are outside again.
 *
 * A longjmp out of a hook leaves the thread inside for ever. gentap cannot tell it from a signal handler or a
 * coroutine with its own stack, which must stay inside: addresses on different stacks do not show which called which.
 */
#ifndef GT_GUARD_H
#define GT_GUARD_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/check.h"
#include "shim/shared/compiler.h"

#define GT_SERVING_MAX 8

/* Inside for ever: nothing this thread does is traced. */
#define GT_DEPTH_OURS 2

/* All thread-local memory of the shim. It must stay small. A preload gets its static TLS from a reserve that glibc
 * keeps for late libraries. A few hundred bytes can make the program fail to start (jemalloc#937, mimalloc#147). */
struct gt_thread {
	uint32_t depth;	  /* > 0: inside a hook; GT_DEPTH_OURS: a thread of the exporter */
	uint32_t crowded; /* it has served more requests at once than `serving` holds: see serving.h */
	uint32_t serving[GT_SERVING_MAX];
};

GT_STATIC_ASSERT(sizeof(struct gt_thread) <= 64, "static TLS of a preload");

extern GT_TLS struct gt_thread gt_self;

/* False before the constructor, after the destructor, and when gentap is switched off or has given up. Every hook
 * works in every state: asleep, it makes the real call and nothing else. */
extern _Atomic bool gt_awake;

/* The process that owns this memory; 0 when gentap was never awake in it. A vfork child shares the memory but is not
 * the owner. */
extern _Atomic int gt_owner_pid;

bool gt_is_owner(void);

struct gt_hook {
	int saved_errno;
	uint32_t depth; /* on entry */
};

/* Enters the slow part of a hook. False when nested, asleep, or in a vfork child. */
static inline bool gt_hook_enter(struct gt_hook *h)
{
	if (gt_self.depth || !atomic_load_explicit(&gt_awake, memory_order_relaxed) || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = 0;
	gt_self.depth = 1;
	return true;
}

/* Has gentap been awake in this process, so that the application's handles may hold gentap's values? When gentap is
 * asleep from the start it makes no system calls, not even getpid. */
static inline bool gt_was_awake(void)
{
	return atomic_load_explicit(&gt_owner_pid, memory_order_relaxed) != 0;
}

/* As gt_hook_enter, but also after gentap has gone to sleep: what gentap put into a handle must be followed and
 * removed. */
static inline bool gt_hook_enter_to_undo(struct gt_hook *h)
{
	if (gt_self.depth || !gt_was_awake() || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = 0;
	gt_self.depth = 1;
	return true;
}

/* As gt_hook_enter_to_undo, but also when nested: for changes to a handle that gentap must always see. gentap does
 * not wrap libcurl's progress, header and debug callbacks. They run inside a hook and may change other handles. */
static inline bool gt_hook_enter_to_note(struct gt_hook *h)
{
	if (!gt_was_awake() || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = gt_self.depth;
	gt_self.depth = 1;
	return true;
}

/* Restores errno to its value on entry, or to the real call's value after gt_hook_real_done. */
static inline void gt_hook_leave(struct gt_hook *h)
{
	gt_self.depth = h->depth;
	errno = h->saved_errno;
}

static inline void gt_hook_real_done(struct gt_hook *h)
{
	h->saved_errno = errno;
}

#endif
