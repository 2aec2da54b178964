/*
 * Per-thread nesting, and the switch that puts gentap to sleep.
 *
 * While a thread is inside one of our hooks, every hooked call it makes goes straight through: libcurl over TLS over a
 * socket is one exchange, owned by the outermost layer. The exporter's thread is inside for ever. Application callbacks that
 * run inside a hook (libcurl's) are outside again.
 *
 * A jump out of a hook leaves the thread inside for ever. That cannot be told from a signal handler or a coroutine with a stack of
 * its own, which must stay inside: addresses of different stacks say nothing of who called whom.
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

/* All thread-local memory of the shim. It must stay small: a preload gets its static TLS from a reserve that glibc keeps
 * for late libraries, and a few hundred bytes can make the program fail to start (jemalloc#937, mimalloc#147). */
struct gt_thread {
	uint32_t depth;	  /* > 0: inside a hook; GT_DEPTH_OURS: a thread of the exporter's */
	uint32_t crowded; /* served more requests at once than `serving` holds: see serving.h */
	uint32_t serving[GT_SERVING_MAX];
};

GT_STATIC_ASSERT(sizeof(struct gt_thread) <= 64, "static TLS of a preload");

extern GT_TLS struct gt_thread gt_self;

/* False before the constructor, after the destructor, when switched off, and in a vfork child's parent memory. Every hook
 * works in every state: asleep means that the real call is made and nothing else. */
extern _Atomic bool gt_awake;

/* The process that memory belongs to; a vfork child shares the memory and is not it. */
extern _Atomic int gt_owner_pid;

bool gt_is_owner(void);

struct gt_hook {
	int saved_errno;
	uint32_t depth; /* on entry */
};

/* The way into the slow part of a hook: false when nested, asleep, or in a vfork child. */
static inline bool gt_hook_enter(struct gt_hook *h)
{
	if (gt_self.depth || !atomic_load_explicit(&gt_awake, memory_order_relaxed) || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = 0;
	gt_self.depth = 1;
	return true;
}

/* Has gentap been awake in this process, so that something of ours may be in the application's handles? Asleep from the start,
 * a process sees no system call of ours, not even getpid. */
static inline bool gt_was_awake(void)
{
	return atomic_load_explicit(&gt_owner_pid, memory_order_relaxed) != 0;
}

/* As gt_hook_enter, but also when gentap has gone to sleep since: what was put into a handle must be followed and taken out. */
static inline bool gt_hook_enter_to_undo(struct gt_hook *h)
{
	if (gt_self.depth || !gt_was_awake() || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = 0;
	gt_self.depth = 1;
	return true;
}

/* As gt_hook_enter_to_undo, but also when nested: for what must be known of a handle wherever it happens. An application's
 * callback that has no wrapper of ours (libcurl's for progress, headers, debugging) runs inside a hook and may do anything with
 * other handles. */
static inline bool gt_hook_enter_to_note(struct gt_hook *h)
{
	if (!gt_was_awake() || !gt_is_owner())
		return false;
	h->saved_errno = errno;
	h->depth = gt_self.depth;
	gt_self.depth = 1;
	return true;
}

/* Puts errno back as it was on entry, or as the real call left it when gt_hook_real_done was called since. */
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
