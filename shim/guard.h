/*
 * Per-thread nesting, and the switch that puts gentap to sleep.
 *
 * libcurl over TLS over a socket is one exchange, owned by the outermost layer. So the calls that libcurl and libssl
 * make inside a hooked call go straight through. The exporter's thread is inside for ever.
 *
 * The caller of a hook decides, not only the state of the thread. Inside a hooked call the application's own code may
 * run: in a callback of libcurl or OpenSSL, in a signal handler, or in a coroutine that such a callback switched to. A
 * jump (siglongjmp, a C++ exception) may also leave the call without a return. What the application calls there is an
 * exchange of its own. caller.h distinguishes its code from the libraries'.
 *
 * Invariants of `depth`:
 *
 *	* The count is the number of real library calls that contexts of this thread are in. Those in a callback that
 *	  gentap wraps do not count. Hooks add and subtract one. Nothing stores a value that it read before a real call,
 *	  because coroutines may interleave their calls in any order.
 *	* After a jump the count stays too high. Then the libraries' calls on this thread count as nested, even if the
 *	  application reaches the library past the hooks. All other calls are traced.
 *	* BUSY is set exactly while gentap's own code runs between enter and leave. It is clear during real calls and
 *	  callbacks. A signal handler that interrupts gentap's code makes its calls untraced.
 *
 * The test in the hot path is one load: 0, and the thread is outside.
 */
#ifndef GT_GUARD_H
#define GT_GUARD_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/caller.h"
#include "shim/shared/check.h"
#include "shim/shared/compiler.h"
#include "shim/tools.h"

#define GT_SERVING_MAX 8

/* Inside for ever: nothing this thread does is traced. */
#define GT_DEPTH_OURS (1u << 31)

/* gentap's own code is running. */
#define GT_DEPTH_BUSY (1u << 30)

/* All thread-local memory of the shim. It must stay small. A preload gets its static TLS from a reserve that glibc
 * keeps for late libraries. A few hundred bytes can make the program fail to start (jemalloc#937, mimalloc#147). */
struct gt_thread {
	uint32_t depth;	  /* GT_DEPTH_OURS, GT_DEPTH_BUSY, and a count: see above */
	uint32_t doubt;	  /* enum gt_doubt: this may be another process */
	uint32_t crowded; /* it has served more requests at once than `serving` holds: see serving.h */
	uint32_t serving[GT_SERVING_MAX];
	const void *from; /* the return address of the hook in which a connection's first bytes are looked at */
};

GT_STATIC_ASSERT(sizeof(struct gt_thread) <= 64, "static TLS of a preload");

extern GT_TLS struct gt_thread gt_self;

/* Is the caller one of gentap's threads? For the gate. */
bool gt_is_own_thread(void);

/* False before the constructor, after the destructor, and when gentap is switched off or has given up. Every hook
 * works in every state: asleep, it makes the real call and nothing else. */
extern _Atomic bool gt_awake;

/* The process that owns this memory; 0 when gentap was never awake in it. A vfork child shares the memory but is not
 * the owner. */
extern _Atomic int gt_owner_pid;

/* Sets it, in the constructor and in a forked child: there the calling thread is the only one, and libc knows its
 * number, so this makes no system call. */
void gt_owner_set(void);

/* What the thread has called since gentap last asked the kernel. Its child has a copy of this, or shares it. */
enum gt_doubt {
	GT_SURE,
	GT_MAYBE_VFORKED,    /* vfork, or clone with CLONE_VFORK: the child shares the memory until it executes or exits */
	GT_FILTERED,	     /* the same, and the child has filtered itself */
	GT_MAYBE_FORKED,     /* clone without fork's handlers: the child has its own memory and no thread of gentap's */
	GT_MAYBE_CONCURRENT, /* clone with CLONE_VM only: both run on, so the doubt stays */
};

/* Does this process own the memory? Asks the kernel only after vfork and its kind, which are hooked (hook_kernel.c).
 * Keeps errno. */
bool gt_is_owner(void);

/* The same without a system call: false also when that would be needed. */
bool gt_is_surely_owner(void);

/* Did gt_is_owner() find that this process is a child with no thread of gentap's? */
bool gt_is_copy(void);

/* Makes a page that the kernel clears in every child with a memory of its own, unless it exists. It shows a child that
 * came by a system call of the program's own: that child has no exporter, and shares a spool with its parent. Any thread.
 * False where that is impossible: Linux before 4.14, filters. */
bool gt_owner_mark(void);

struct gt_hook {
	int saved_errno;
	bool is_nested; /* entered by gt_hook_enter_to_note inside another hooked call */
	bool was_busy;
};

/* Is a call of a hook from `return_address` part of what this thread is already in? */
static inline bool gt_is_nested(const void *return_address)
{
	return gt_unlikely(gt_self.depth) &&
	       (gt_self.depth & (GT_DEPTH_OURS | GT_DEPTH_BUSY) || gt_caller_is_inner(return_address));
}

/* Does libssl or libcurl make that call, inside a hooked call? False where gentap's own code was interrupted: then it is a
 * signal handler's. */
static inline bool gt_is_librarys(const void *return_address)
{
	return gt_unlikely(gt_self.depth) && !(gt_self.depth & (GT_DEPTH_OURS | GT_DEPTH_BUSY)) &&
	       gt_caller_is_inner(return_address);
}

static inline void gt_hook_in(struct gt_hook *h)
{
	h->saved_errno = errno;
	h->was_busy = gt_self.depth & GT_DEPTH_BUSY;
	gt_self.depth = (gt_self.depth + 1) | GT_DEPTH_BUSY;
	gt_tools_begin();
}

/* Has gentap been awake in this process, so that the application's handles may hold gentap's values? When gentap is
 * asleep from the start it makes no system calls. */
static inline bool gt_was_awake(void)
{
	return atomic_load_explicit(&gt_owner_pid, memory_order_relaxed) != 0;
}

/* Enters the slow part of a hook that was called from `return_address`. False when nested, asleep, or in a vfork
 * child. */
static inline bool gt_hook_enter_from(struct gt_hook *h, const void *return_address)
{
	if (gt_is_nested(return_address) || !atomic_load_explicit(&gt_awake, memory_order_relaxed) || !gt_is_owner())
		return false;
	h->is_nested = false;
	gt_hook_in(h);
	return true;
}

/* As gt_hook_enter_from, but also after gentap has gone to sleep: what gentap put into a handle must be followed and
 * removed. */
static inline bool gt_hook_enter_to_undo_from(struct gt_hook *h, const void *return_address)
{
	if (gt_is_nested(return_address) || !gt_was_awake() || !gt_is_owner())
		return false;
	h->is_nested = false;
	gt_hook_in(h);
	return true;
}

/* As gt_hook_enter_to_undo_from, but also when nested: for changes to a handle that gentap must always see. libcurl
 * itself may make them, and an application in a callback. */
static inline bool gt_hook_enter_to_note_from(struct gt_hook *h, const void *return_address)
{
	if (!gt_was_awake() || !gt_is_owner())
		return false;
	h->is_nested = gt_is_nested(return_address);
	gt_hook_in(h);
	return true;
}

/* For use in the exported function itself. A helper function gets the return address from its caller. */
#define gt_hook_enter(h)	 gt_hook_enter_from(h, __builtin_return_address(0))
#define gt_hook_enter_to_undo(h) gt_hook_enter_to_undo_from(h, __builtin_return_address(0))
#define gt_hook_enter_to_note(h) gt_hook_enter_to_note_from(h, __builtin_return_address(0))

/* Before and after the real call, which may run code of the application. It sees its own errno, and afterwards the real
 * call's is kept. */
static inline void gt_hook_real_begin(struct gt_hook *h)
{
	if (!h->was_busy)
		gt_self.depth &= ~GT_DEPTH_BUSY;
	gt_tools_end();
	errno = h->saved_errno;
}

static inline void gt_hook_real_done(struct gt_hook *h)
{
	h->saved_errno = errno;
	gt_tools_begin();
	gt_self.depth |= GT_DEPTH_BUSY;
}

/* The depth with one real call less. A context that was moved from another thread may find none. */
static inline uint32_t gt_depth_less(uint32_t depth)
{
	return depth & ~(GT_DEPTH_OURS | GT_DEPTH_BUSY) ? depth - 1 : depth;
}

/* Restores errno to its value on entry, or to the real call's value after gt_hook_real_done. */
static inline void gt_hook_leave(struct gt_hook *h)
{
	gt_self.depth = (gt_depth_less(gt_self.depth) & ~GT_DEPTH_BUSY) | (h->was_busy ? GT_DEPTH_BUSY : 0);
	gt_tools_end();
	errno = h->saved_errno;
}

/* Before and after a real call that needs no guard, because the library below makes no hooked calls (libc): the thread
 * is outside meanwhile. */
static inline void gt_hook_step_out(struct gt_hook *h)
{
	gt_hook_real_begin(h);
	gt_self.depth = gt_depth_less(gt_self.depth);
}

static inline void gt_hook_step_in(struct gt_hook *h)
{
	gt_self.depth++;
	gt_hook_real_done(h);
}

/* From inside a hook: is this thread in another real call as well, as in a callback that gentap does not wrap? */
static inline bool gt_hook_is_in_call(void)
{
	return (gt_self.depth & ~(GT_DEPTH_OURS | GT_DEPTH_BUSY)) > 1;
}

/* Around a callback of the application that gentap wraps: its calls are traced, whatever their caller. */
static inline void gt_callback_begin(void)
{
	gt_self.depth = gt_depth_less(gt_self.depth);
}

static inline void gt_callback_end(void)
{
	gt_self.depth++;
}

#endif
