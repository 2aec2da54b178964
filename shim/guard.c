#include "shim/guard.h"

#include <pthread.h>
#include <sys/mman.h>

#include "shim/filter.h"
#include "shim/shared/gate.h"

#define MARK_SIZE    4096 /* rounded up by the kernel */
#define WIPE_ON_FORK 18	  /* MADV_WIPEONFORK; older headers lack it */

GT_TLS struct gt_thread gt_self;
_Atomic bool gt_awake;
_Atomic int gt_owner_pid;
static _Atomic bool is_copy;
static _Atomic bool was_awake; /* until is_copy put gentap to sleep */

bool gt_is_own_thread(void)
{
	return gt_self.depth & GT_DEPTH_OURS;
}

/* libc keeps the number of each thread, but gives it away only as the owner of a lock that checks for errors. 0 where
 * it does not: in musl, and in a program without the thread library of glibc before 2.34. */
static int thread_number(void)
{
#ifdef __GLIBC__
	pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	int number;

	if (pthread_mutex_lock(&lock) != 0)
		return 0;
	number = lock.__data.__owner;
	pthread_mutex_unlock(&lock);
	return number;
#else
	return 0;
#endif
}

static _Atomic(unsigned char *) mark; /* 0 in a child that gentap has not seen begin */

bool gt_owner_mark(void)
{
	unsigned char *none = NULL;
	long page = MARK_SIZE, p;
	bool is_made;

	if (atomic_load_explicit(&mark, memory_order_relaxed))
		return true;
	p = gt_gate(pool_map, NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == -1)
		return false;
	*(unsigned char *)p = 1;
	is_made = gt_gate(owner_mark, p, page, WIPE_ON_FORK) == 0;
	/* release: pairs with the acquire in is_unseen_child() */
	if (!is_made || !atomic_compare_exchange_strong_explicit(&mark, &none, (unsigned char *)p, memory_order_release,
								 memory_order_relaxed))
		gt_gate(pool_unmap, p, page);
	return is_made;
}

static bool is_unseen_child(void)
{
	const volatile unsigned char *m = atomic_load_explicit(&mark, memory_order_acquire);

	return m && !*m;
}

void gt_owner_set(void)
{
	unsigned char *m = atomic_load_explicit(&mark, memory_order_relaxed);
	int number = thread_number();

	if (m)
		*m = 1;
	atomic_store_explicit(&is_copy, false, memory_order_relaxed);
	gt_self.doubt = GT_SURE;
	atomic_store(&gt_owner_pid, number ? number : (int)gt_gate(owner));
	atomic_store(&gt_gate_here.process, gt_owner_pid);
	/* an earlier fork handler has called a hook: the child was taken for a copy that gentap does not see begin */
	if (atomic_exchange_explicit(&was_awake, false, memory_order_relaxed))
		atomic_store(&gt_awake, true);
}

bool gt_is_copy(void)
{
	return atomic_load_explicit(&is_copy, memory_order_relaxed);
}

/* No thread exports what this process would collect. */
static bool fall_asleep(void)
{
	atomic_store_explicit(&is_copy, true, memory_order_relaxed);
	if (atomic_exchange_explicit(&gt_awake, false, memory_order_relaxed))
		atomic_store_explicit(&was_awake, true, memory_order_relaxed);
	return false;
}

static bool ask(void)
{
	int saved = errno;
	long pid;

	/* the first process of a namespace may have the number of its parent in another */
	if (is_unseen_child())
		return fall_asleep();
	gt_filter_look();
	pid = gt_gate(owner);
	errno = saved;
	if (pid == atomic_load_explicit(&gt_owner_pid, memory_order_relaxed)) {
		if (gt_self.doubt != GT_MAYBE_CONCURRENT)
			gt_self.doubt = GT_SURE;
		return true;
	}
	return pid >= 0 && gt_self.doubt == GT_MAYBE_FORKED ? fall_asleep() : false;
}

bool gt_is_surely_owner(void)
{
	return gt_likely(gt_self.doubt == GT_SURE) && gt_likely(!is_unseen_child());
}

bool gt_is_owner(void)
{
	if (gt_unlikely(gt_self.doubt != GT_SURE))
		return ask();
	return gt_likely(!is_unseen_child()) || fall_asleep();
}
