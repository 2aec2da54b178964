#include "shim/fork_locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "shim/shared/clock.h"
#include "shim/shared/gate.h"

/* How long a fork waits. A call under `whole` takes a few milliseconds. If it takes longer it may be blocked itself:
 * an allocator's fork handler may have taken the allocator's locks first. Then the exporter waits for them and the
 * fork waits for the exporter. */
#define WAIT_NS GT_NS_PER_S
#define POLL_NS 100000

/* protects: calls in which a fork would leave the child a lock of the loader or of libcurl that is never released.
 * rank: 2.   at fork: taken by gt_fork_locks_before.   taken by: exporter thread.
 * never across: a wait for the network */
static pthread_mutex_t whole = PTHREAD_MUTEX_INITIALIZER;
/* protects: no data of gentap. Name look-ups hold it for reading, a fork for writing: modules of the name service
 * have locks that a child would find held.
 * rank: 3, after `whole`.   at fork: taken by gt_fork_locks_before, made anew in the child.
 * taken by: libcurl's threads, during getaddrinfo */
static pthread_rwlock_t lookups = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic int64_t lookup_began_ns; /* when the latest look-up began */
/* The forking thread holds `lookups`. Only that thread uses it, between the prepare handler and the parent or child
 * handler. */
static bool no_lookups;
/* The thread that holds `whole` for a fork; the same thread in the child. */
static _Atomic pthread_t forking;

void gt_fork_locks_hold(void)
{
	pthread_mutex_lock(&whole);
}

void gt_fork_locks_let(void)
{
	pthread_mutex_unlock(&whole);
}

void gt_fork_locks_hold_lookup(void)
{
	pthread_rwlock_rdlock(&lookups);
	atomic_store_explicit(&lookup_began_ns, gt_mono_now().ns, memory_order_relaxed);
}

void gt_fork_locks_let_lookup(void)
{
	pthread_rwlock_unlock(&lookups);
}

/* Not pthread_mutex_timedlock: its deadline is wall time, which may be set meanwhile. */
static bool lock_by(int (*try)(void *lock), void *lock, int64_t deadline_ns)
{
	const struct timespec nap = { 0, POLL_NS };

	while (try(lock) != 0)
		if (gt_mono_now().ns >= deadline_ns || (gt_gate(short_wait, &nap, NULL) < 0 && errno != EINTR))
			return false;
	return true;
}

static int try_whole(void *lock)
{
	return pthread_mutex_trylock(lock);
}

static int try_lookups(void *lock)
{
	return pthread_rwlock_trywrlock(lock);
}

void gt_fork_locks_before(void)
{
	int64_t now = gt_mono_now().ns, until = now + WAIT_NS;

	if (!lock_by(try_whole, &whole, until))
		return;
	/* a look-up that takes this long will not end soon: the name server is down, and waiting would delay every
	 * fork */
	if (now - atomic_load_explicit(&lookup_began_ns, memory_order_relaxed) > WAIT_NS)
		until = 0;
	no_lookups = lock_by(try_lookups, &lookups, until);
	atomic_store(&forking, pthread_self());
}

void gt_fork_locks_after_in_parent(void)
{
	if (atomic_load(&forking) != pthread_self())
		return;
	atomic_store(&forking, 0);
	if (no_lookups)
		pthread_rwlock_unlock(&lookups);
	pthread_mutex_unlock(&whole);
}

bool gt_fork_locks_after_in_child(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	pthread_rwlock_t fresh_lookups = PTHREAD_RWLOCK_INITIALIZER;
	bool is_good = atomic_load(&forking) == pthread_self();

	lookups = fresh_lookups;
	whole = fresh; /* its owner is a thread that does not exist in the child */
	atomic_store(&forking, 0);
	return is_good;
}
