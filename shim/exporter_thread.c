#include "shim/exporter_thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "shim/filter.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/hook_dl.h"
#include "shim/own_descriptors.h"
#include "shim/real.h"
#include "shim/shared/check.h"
#include "shim/shared/exporter_host.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/str.h"
#include "shim/spool.h"

#define STACK_SIZE (512 * 1024) /* name resolution and TLS need most of it */
/* How long a fork waits. A call under `whole` takes a few milliseconds. If it takes longer it may be blocked itself:
 * an allocator's fork handler may have taken the allocator's locks first. Then the exporter waits for them and the
 * fork waits for the exporter. */
#define FORK_WAIT_NS GT_NS_PER_S
#define FORK_POLL_NS 100000
#define LIBRARY_NAME "libgentap-exporter.so"

enum { NOT_STARTED, RUNNING, FAILED };

static _Atomic int state;
static char library[PATH_MAX]; /* absolute, because the program may change its directory before the thread starts */
static char executable[PATH_MAX];
static char *const *arguments;

/* protects: calls in which a fork would leave the child a lock of the loader or of libcurl that is never released.
 * rank: 2.   at fork: taken by gt_exporter_thread_before_fork.   taken by: exporter thread.
 * never across: a wait for the network */
static pthread_mutex_t whole = PTHREAD_MUTEX_INITIALIZER;
/* protects: no data of gentap. Name look-ups hold it for reading, a fork for writing: modules of the name service
 * have locks that a child would find held.
 * rank: 3, after `whole`.   at fork: taken by gt_exporter_thread_before_fork, made anew in the child.
 * taken by: libcurl's threads, during getaddrinfo */
static pthread_rwlock_t lookups = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic int64_t lookup_began_ns; /* when the latest look-up began */
/* The forking thread holds `lookups`. Only that thread uses it, between the prepare handler and the parent or child
 * handler. */
static bool no_lookups;
/* The thread that holds `whole` for a fork; the same thread in the child. */
static _Atomic pthread_t forking;

static _Atomic bool busy;		  /* the exporter holds something that it has not sent */
static _Atomic bool is_end;		  /* the flush that waits is the end of the process */
static _Atomic int64_t flush_deadline_ns; /* 0: no flush waits */
static _Atomic uint32_t drained_word;	  /* futex: counts answers to flushes */
static _Atomic int64_t spent_ns;	  /* of GENTAP_EXIT_TIMEOUT_MS: _exit after exit after quick_exit share it */

static void find_library(void)
{
	Dl_info info;
	size_t len;
	int n;

	library[0] = 0;
	if (!dladdr((void *)find_library, &info) || !info.dli_fname)
		return;
	len = strlen(info.dli_fname);
	while (len && info.dli_fname[len - 1] != '/')
		len--;
	if (info.dli_fname[0] != '/' && gt_gate(folder, library, sizeof(library)) < 0)
		return;
	n = snprintf(library + strlen(library), sizeof(library) - strlen(library), "%s%.*s" LIBRARY_NAME,
		     info.dli_fname[0] == '/' ? "" : "/", (int)len, info.dli_fname);
	if (n < 0 || (size_t)n >= sizeof(library))
		library[0] = 0;
}

void gt_exporter_thread_init(char *const argv[])
{
	arguments = argv;
	find_library();
}

/* ---------------------------------------------------------------- what the preload lends to the exporter */

static bool must_flush(struct gt_mono *deadline, bool *may_go_on)
{
	/* acquire: pairs with the release in gt_exporter_thread_flush; the exiting thread's events are visible */
	deadline->ns = atomic_load_explicit(&flush_deadline_ns, memory_order_acquire);
	*may_go_on = !atomic_load_explicit(&is_end, memory_order_relaxed);
	return deadline->ns != 0;
}

static void drained(bool is_busy)
{
	atomic_store_explicit(&busy, is_busy, memory_order_relaxed);
	atomic_store_explicit(&is_end, false, memory_order_relaxed);
	atomic_store_explicit(&flush_deadline_ns, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&drained_word, 1, memory_order_release);
	gt_gate(wake, &drained_word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void set_busy(bool is_busy)
{
	atomic_store_explicit(&busy, is_busy, memory_order_seq_cst);
}

/* Sets busy before anything leaves the queue. Otherwise an exiting thread could see an empty queue and an idle
 * exporter. */
static struct gt_event *take(void)
{
	set_busy(true);
	return gt_handoff_take();
}

static void hold_forks(void)
{
	pthread_mutex_lock(&whole);
}

static void let_fork(void)
{
	pthread_mutex_unlock(&whole);
}

static void begin_thread(void)
{
	gt_self.depth = GT_DEPTH_OURS;
}

static void hold_lookup(void)
{
	pthread_rwlock_rdlock(&lookups);
	atomic_store_explicit(&lookup_began_ns, gt_mono_now().ns, memory_order_relaxed);
}

static void let_lookup(void)
{
	pthread_rwlock_unlock(&lookups);
}

static void count(enum gt_stat which, uint64_t n)
{
	gt_stat_add(which, n);
}

static const struct gt_exporter_host host = {
	.abi = GT_EXPORTER_ABI,
	.gate = &gt_gate_here,
	.take = take,
	.give_back = gt_event_free,
	.new_part = gt_event_new_part,
	.keep = gt_event_keep,
	.publish = gt_event_publish,
	.spool_head = gt_spool_head,
	.remove_spool = gt_spool_remove,
	.is_scarce = gt_pool_is_scarce,
	.wait = gt_handoff_wait,
	.must_flush = must_flush,
	.drained = drained,
	.set_busy = set_busy,
	.hold_forks = hold_forks,
	.let_fork = let_fork,
	.begin_thread = begin_thread,
	.hold_lookup = hold_lookup,
	.let_lookup = let_lookup,
	.open_stderr = gt_own_descriptors_stderr,
	.libc_own = gt_libc_own,
	.env = gt_env_get,
	.env_raw = gt_env_raw,
	.env_unknown = gt_env_unknown,
	.limits = &gt_limits,
	.executable = executable,
	.stat = gt_stat_get,
	.count = count,
};

static void be_off(void)
{
	atomic_store(&state, FAILED);
	atomic_store(&gt_awake, false);
	drained(false);
	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		next = e->next;
		gt_event_free(e);
	}
}

static void give_up(const char *why)
{
	gt_log(GT_LOG_EXPORTER, GT_LOG_ERROR, "%s; nothing is traced in this process", why);
	be_off();
}

/* The user must learn this even without GENTAP_LOG: the library is missing from its place, or the loader rejects it. */
static void give_up_without_library(const char *why)
{
	if (!gt_log_is_silenced())
		gt_log_line(GT_LOG_EXPORTER, GT_LOG_ERROR, "%s; nothing is traced in this process", why);
	be_off();
}

/* The program filters its system calls, so it expects no surprise on standard error: only the log says it. */
static void give_up_filtered(const char *call)
{
	gt_log(GT_LOG_EXPORTER, GT_LOG_ERROR, "a seccomp filter forbids %s; nothing is traced in this process", call);
	be_off();
}

static void *thread_main(void *unused)
{
	struct gt_exporter_host lent = host;
	const char *problem;
	gt_exporter_run_fn *run = NULL;
	ssize_t n;
	void *lib;

	(void)unused;
	begin_thread();
	gt_filter_look_at_container();
	gt_own_descriptors_take();
	gt_owner_mark();
	gt_stderr_set_open(gt_own_descriptors_stderr);
	gt_gate(thread_name, PR_SET_NAME, "gentap");
	n = gt_gate(executable, AT_FDCWD, "/proc/self/exe", executable, sizeof(executable) - 1);
	executable[n > 0 ? n : 0] = 0;
	lent.argv = arguments;
	hold_forks();
	lib = library[0] ? gt_dlopen(library, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (lib)
		*(void **)&run = dlsym(lib, GT_EXPORTER_ENTRY);
	problem = run ? NULL : dlerror(); /* this thread's own error, with the path in it */
	let_fork();
	if (!run)
		give_up_without_library(problem ? problem : "the path of " LIBRARY_NAME " is unknown");
	else if (run(&lent) < 0)
		give_up("the exporter could not start");
	return NULL;
}

GT_COLD static void start(void)
{
	int expected = NOT_STARTED, saved = errno;
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	const char *forbidden;
	bool made = false;

	if (!atomic_load(&gt_awake) || !atomic_compare_exchange_strong(&state, &expected, RUNNING))
		return;
	gt_filter_look();
	gt_gate_inherit();
	forbidden = gt_gate_missing(GT_SIDE_APP, GT_NEED_START);
	if (!forbidden)
		forbidden = gt_gate_missing(GT_SIDE_OWN, GT_NEED_START);
	if (forbidden) {
		give_up_filtered(forbidden);
		errno = saved;
		return;
	}
	/* The thread inherits the mask, so it never gets a signal of the application. SIGSYS stays unblocked: a
	 * filter may trap a system call of gentap (SECCOMP_RET_TRAP), and the kernel ends the process when that
	 * signal is blocked. */
	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_attr_init(&attr) == 0) {
		pthread_attr_setstacksize(&attr, STACK_SIZE);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		made = pthread_create(&thread, &attr, thread_main, NULL) == 0;
		pthread_attr_destroy(&attr);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!made)
		give_up("cannot create a thread");
	errno = saved;
}

void gt_exporter_thread_want(void)
{
	if (gt_unlikely(atomic_load_explicit(&state, memory_order_relaxed) == NOT_STARTED))
		start();
}

bool gt_exporter_thread_is_busy(void)
{
	return !gt_handoff_is_empty() || atomic_load_explicit(&busy, memory_order_seq_cst);
}

void gt_exporter_thread_flush(bool may_start, bool may_go_on)
{
	uint32_t before = atomic_load_explicit(&drained_word, memory_order_acquire);
	int64_t spent = atomic_load_explicit(&spent_ns, memory_order_relaxed), left = gt_limits.exit_timeout_ns - spent;
	struct gt_mono start_at;
	int saved = errno;

	if (!gt_exporter_thread_is_busy() || left <= 0)
		return;
	if (may_start)
		gt_exporter_thread_want(); /* an exchange may have begun without an answer */
	if (atomic_load_explicit(&state, memory_order_relaxed) != RUNNING)
		return;
	start_at = gt_mono_now();
	if (!may_go_on)
		atomic_store_explicit(&is_end, true, memory_order_relaxed);
	/* the exporter stops a little earlier, so that it can count and log what it could not send */
	atomic_store_explicit(&flush_deadline_ns, start_at.ns + left - left / 8, memory_order_release);
	gt_handoff_wake();
	while (left > 0 && atomic_load_explicit(&drained_word, memory_order_acquire) == before) {
		struct timespec t = { left / GT_NS_PER_S, left % GT_NS_PER_S };

		if (gt_gate(exit_wait, &drained_word, FUTEX_WAIT_PRIVATE, before, &t, NULL, 0) < 0 && errno != EINTR &&
		    errno != EAGAIN)
			break; /* the kernel's timeout, or a filter */
		left = start_at.ns + gt_limits.exit_timeout_ns - spent - gt_mono_now().ns;
	}
	atomic_fetch_add_explicit(&spent_ns, gt_mono_now().ns - start_at.ns, memory_order_relaxed);
	errno = saved;
}

void gt_exporter_thread_go_on(void)
{
	atomic_store_explicit(&spent_ns, 0, memory_order_relaxed);
}

/* Not pthread_mutex_timedlock: its deadline is wall time, which may be set meanwhile. */
static bool lock_by(int (*try)(void *lock), void *lock, int64_t deadline_ns)
{
	const struct timespec nap = { 0, FORK_POLL_NS };

	while (try(lock) != 0) {
		if (gt_mono_now().ns >= deadline_ns)
			return false;
		if (gt_gate(short_wait, &nap, NULL) < 0 && errno != EINTR)
			return false;
	}
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

void gt_exporter_thread_before_fork(void)
{
	int64_t now = gt_mono_now().ns, until = now + FORK_WAIT_NS;

	if (!lock_by(try_whole, &whole, until))
		return;
	/* a look-up that takes this long will not end soon: the name server is down, and waiting would delay every
	 * fork */
	if (now - atomic_load_explicit(&lookup_began_ns, memory_order_relaxed) > FORK_WAIT_NS)
		until = 0;
	no_lookups = lock_by(try_lookups, &lookups, until);
	atomic_store(&forking, pthread_self());
}

void gt_exporter_thread_after_fork_parent(void)
{
	if (atomic_load(&forking) == pthread_self()) {
		atomic_store(&forking, 0);
		if (no_lookups)
			pthread_rwlock_unlock(&lookups);
		pthread_mutex_unlock(&whole);
	}
}

void gt_exporter_thread_after_fork_child(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	pthread_rwlock_t fresh_lookups = PTHREAD_RWLOCK_INITIALIZER;

	gt_own_descriptors_after_fork();
	gt_stderr_set_open(NULL);
	lookups = fresh_lookups;
	whole = fresh; /* its owner is a thread that does not exist in the child */
	if (atomic_load(&forking) != pthread_self()) {
		atomic_store(&state, FAILED);
		atomic_store(&gt_awake, false);
	}
	atomic_store(&forking, 0);
	if (atomic_load_explicit(&state, memory_order_relaxed) == RUNNING)
		atomic_store_explicit(&state, NOT_STARTED, memory_order_relaxed);
	atomic_store_explicit(&busy, false, memory_order_relaxed);
	atomic_store_explicit(&is_end, false, memory_order_relaxed);
	atomic_store_explicit(&flush_deadline_ns, 0, memory_order_relaxed);
	gt_exporter_thread_go_on();
}
