#include "shim/exporter_thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "shim/exporter_request.h"
#include "shim/filter.h"
#include "shim/fork_locks.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/hook_dl.h"
#include "shim/host_table.h"
#include "shim/own_descriptors.h"
#include "shim/real.h"
#include "shim/shared/exporter_host.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/spool.h"
#include "shim/thread_rules.h"

#define STACK_SIZE   (512 * 1024) /* name resolution and TLS need most of it */
#define STACK_TRIES  4		  /* each twice as large: libc may want more than gt_thread_stack_size expects */
#define RETRY_NS     GT_NS_PER_S  /* between two tries to make a thread */
#define LIBRARY_NAME "libgentap-exporter.so"
/* A forking program waits at most so long for the exporter to send what it holds and end. A slow collector would delay
 * each fork: after a wait in vain, forks do not wait for a while. */
#define FORK_REST_NS	(50 * GT_NS_PER_MS)
#define FORK_NO_WAIT_NS (10 * GT_NS_PER_S)
#define ALONE_REST_NS	(250 * GT_NS_PER_MS) /* the same before a call that a program makes once */
/* The sender of a signal that may be a message waits at most so long. What a spool holds survives an end. After a wait in
 * vain, messages do not wait for a while. */
#define MESSAGE_WAIT_NS		 (50 * GT_NS_PER_MS)
#define MESSAGE_WITHOUT_SPOOL_NS (250 * GT_NS_PER_MS)
#define MESSAGE_NO_WAIT_NS	 (10 * GT_NS_PER_S)

enum { NOT_STARTED, RUNNING, FAILED };

static _Atomic int state;
static char library[PATH_MAX]; /* absolute, because the program may change its directory before the thread starts */

static _Atomic int64_t spent_ns; /* of GENTAP_EXIT_TIMEOUT_MS: _exit after exit after quick_exit share it */
static _Atomic int64_t no_fork_wait_before_ns;
static _Atomic int64_t no_message_wait_before_ns;
static _Atomic bool is_answer_late; /* a flush before a message got no answer in its time */

static _Atomic int64_t retry_at_ns; /* after a failure to make the thread */
static _Atomic uint32_t failures;

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
	gt_host_table_init(argv);
	find_library();
}

static void be_off(void)
{
	atomic_store(&state, FAILED);
	atomic_store(&gt_awake, false);
	gt_exporter_request_drained(false);
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

/* The library stays open: its code and its state are there when the thread starts again. */
static gt_exporter_run_fn *open_library(void)
{
	static gt_exporter_run_fn *run;
	const char *problem;
	void *lib;

	if (run)
		return run;
	gt_fork_locks_hold();
	lib = library[0] ? gt_dlopen(library, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (lib)
		*(void **)&run = dlsym(lib, GT_EXPORTER_ENTRY);
	problem = run ? NULL : dlerror(); /* this thread's own error, with the path in it */
	gt_fork_locks_let();
	if (!run)
		give_up_without_library(problem ? problem : "the path of " LIBRARY_NAME " is unknown");
	return run;
}

static void begin_thread(void)
{
	gt_host_table_begin_thread();
	gt_filter_look_at_container();
	gt_thread_leave_policy();
	gt_own_descriptors_take();
	gt_owner_mark();
	gt_stderr_set_open(gt_own_descriptors_stderr);
	gt_gate(thread_name, PR_SET_NAME, "gentap");
}

/* Lets the next response start another thread, unless something has arrived meanwhile that would not. */
static bool has_ended(int id)
{
	int expected = NOT_STARTED;

	gt_exporter_request_leaves(id);
	/* seq_cst with gt_exporter_thread_want(): either it sees this, or this thread sees what was put before */
	atomic_store_explicit(&state, NOT_STARTED, memory_order_seq_cst);
	if (gt_handoff_is_empty() && !gt_exporter_request_is_flush_due())
		return true;
	if (!atomic_compare_exchange_strong(&state, &expected, RUNNING))
		return true;
	gt_exporter_request_stays();
	return false;
}

static void *thread_main(void *unused)
{
	const struct gt_exporter_host *host;
	gt_exporter_run_fn *run;
	int ret = -1;
	long id;

	(void)unused;
	begin_thread();
	id = gt_gate(thread_id);
	host = gt_host_table();
	run = open_library();
	do
		ret = run ? run(host) : 0;
	while (run && ret >= 0 && !has_ended(id > 0 ? (int)id : 0));
	if (ret < 0)
		give_up("the exporter could not start");
	gt_exporter_request_ended(id > 0 ? (int)id : 0);
	gt_host_table_end_thread();
	return NULL;
}

/* 0, or the error of pthread_create. */
static int create(void)
{
	size_t size = gt_thread_stack_size(STACK_SIZE);
	int ret = EINVAL;
	pthread_attr_t attr;
	pthread_t thread;

	for (int i = 0; i < STACK_TRIES && ret == EINVAL; i++, size *= 2) {
		ret = pthread_attr_init(&attr);
		if (ret)
			break;
		pthread_attr_setstacksize(&attr, size);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		ret = pthread_create(&thread, &attr, thread_main, NULL);
		pthread_attr_destroy(&attr);
	}
	return ret;
}

/* Spans wait meanwhile. The user must learn this even without GENTAP_LOG, but once. */
static void fail_to_create(int error)
{
	uint32_t n = atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);

	atomic_store_explicit(&retry_at_ns, gt_mono_now().ns + RETRY_NS, memory_order_relaxed);
	if (!n && !gt_log_is_silenced())
		gt_log_line(GT_LOG_EXPORTER, GT_LOG_WARN,
			    "the system allows no thread for the exporter (error %d); spans wait until it does, or are lost",
			    error);
	atomic_store(&state, NOT_STARTED);
}

/* Spans wait in memory until the program has closed something. */
static void wait_for_descriptor(void)
{
	static _Atomic bool is_known;

	atomic_store_explicit(&retry_at_ns, gt_mono_now().ns + RETRY_NS, memory_order_relaxed);
	atomic_store(&state, NOT_STARTED);
	if (!atomic_exchange_explicit(&is_known, true, memory_order_relaxed))
		gt_log(GT_LOG_EXPORTER, GT_LOG_WARN, "the program has no free descriptor; spans wait until it has");
}

GT_COLD static void start(void)
{
	int expected = NOT_STARTED, saved = errno, error;
	const char *forbidden;
	sigset_t all, before;

	if (!atomic_load(&gt_awake) || gt_mono_now().ns < atomic_load_explicit(&retry_at_ns, memory_order_relaxed) ||
	    !atomic_compare_exchange_strong(&state, &expected, RUNNING))
		return;
	if (!gt_filter_look()) { /* the library cannot be opened either */
		wait_for_descriptor();
		return;
	}
	gt_gate_inherit();
	forbidden = gt_gate_missing(GT_SIDE_APP, GT_NEED_START);
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
	error = create();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		fail_to_create(error);
	errno = saved;
}

void gt_exporter_thread_want(void)
{
	if (gt_unlikely(atomic_load_explicit(&state, memory_order_seq_cst) == NOT_STARTED))
		start();
}

/* ---------------------------------------------------------------- the end of the thread, and of the process */

/* False when the thread runs. When it does not, the kernel has removed the last. */
static bool is_gone(void)
{
	if (atomic_load(&state) == RUNNING)
		return false;
	gt_exporter_request_wait_until_gone();
	return atomic_load(&state) != RUNNING;
}

bool gt_exporter_thread_rest(int64_t within_ns)
{
	uint32_t ends = gt_exporter_request_ends();

	return is_gone() || gt_exporter_request_rest(ends, within_ns);
}

bool gt_exporter_thread_is_busy(void)
{
	return gt_exporter_request_is_busy();
}

bool gt_exporter_thread_flush(bool may_start, bool may_go_on)
{
	uint32_t answers = gt_exporter_request_answers();
	int64_t spent = atomic_load_explicit(&spent_ns, memory_order_relaxed), left = gt_limits.exit_timeout_ns - spent;
	struct gt_mono begun;
	bool is_answered;

	if (!gt_exporter_request_is_busy())
		return true;
	if (left <= 0)
		return false;
	atomic_store_explicit(&retry_at_ns, 0, memory_order_relaxed);
	if (may_start)
		gt_exporter_thread_want(); /* an exchange may have begun without an answer; the thread may have ended */
	if (atomic_load_explicit(&state, memory_order_relaxed) != RUNNING)
		return false;
	begun = gt_mono_now();
	is_answered = gt_exporter_request_flush(answers, left, may_go_on);
	if (may_go_on)
		return is_answered;
	/* that may have been the answer to an earlier question */
	if (is_answered && atomic_exchange(&is_answer_late, false) && gt_exporter_request_is_busy()) {
		answers = gt_exporter_request_answers();
		left -= gt_mono_now().ns - begun.ns;
		is_answered = left > 0 && gt_exporter_request_flush(answers, left, false);
	}
	atomic_fetch_add_explicit(&spent_ns, gt_mono_now().ns - begun.ns, memory_order_relaxed);
	return is_answered;
}

bool gt_exporter_thread_flush_briefly(void)
{
	uint32_t answers = gt_exporter_request_answers();
	int64_t within = gt_spool_is_open() ? MESSAGE_WAIT_NS : MESSAGE_WITHOUT_SPOOL_NS, now;

	if (!gt_exporter_request_is_busy())
		return true;
	if (atomic_load_explicit(&state, memory_order_relaxed) != RUNNING)
		return false;
	now = gt_mono_now().ns;
	if (now < atomic_load_explicit(&no_message_wait_before_ns, memory_order_relaxed))
		return false;
	if (within > gt_limits.exit_timeout_ns)
		within = gt_limits.exit_timeout_ns;
	if (gt_exporter_request_flush(answers, within, true))
		return true;
	atomic_store(&is_answer_late, true);
	atomic_store_explicit(&no_message_wait_before_ns, now + MESSAGE_NO_WAIT_NS, memory_order_relaxed);
	return false;
}

void gt_exporter_thread_settle(void)
{
	if (!gt_exporter_request_is_busy() && gt_exporter_request_is_settled())
		gt_spool_remove();
}

void gt_exporter_thread_go_on(void)
{
	atomic_store_explicit(&spent_ns, 0, memory_order_relaxed);
}

/* The program's threads, gentap's included; 0 when not known. */
static unsigned count_threads(void)
{
	struct stat st;

	/* a folder has two links, and one for each folder in it */
	return gt_gate(count_threads, AT_FDCWD, "/proc/self/task", &st, 0) == 0 && st.st_nlink > 2 ? (unsigned)st.st_nlink - 2 :
												     0;
}

void gt_exporter_thread_leave_alone(void)
{
	if (!is_gone() && count_threads() == 2)
		gt_exporter_thread_rest(ALONE_REST_NS);
}

/* A program with one thread may fork and count its threads then, and Python warns when it finds two. So the exporter's
 * thread ends before. */
static void rest_before_fork(void)
{
	int64_t now;

	if (is_gone() || count_threads() != 2)
		return;
	now = gt_mono_now().ns;
	if (now < atomic_load_explicit(&no_fork_wait_before_ns, memory_order_relaxed))
		return;
	if (!gt_exporter_thread_rest(FORK_REST_NS))
		atomic_store_explicit(&no_fork_wait_before_ns, now + FORK_NO_WAIT_NS, memory_order_relaxed);
}

void gt_exporter_thread_before_fork(void)
{
	rest_before_fork();
	gt_fork_locks_before();
}

void gt_exporter_thread_after_fork_parent(void)
{
	gt_fork_locks_after_in_parent();
}

void gt_exporter_thread_after_fork_child(void)
{
	gt_own_descriptors_after_fork();
	gt_stderr_set_open(NULL);
	if (!gt_fork_locks_after_in_child()) {
		atomic_store(&state, FAILED);
		atomic_store(&gt_awake, false);
	}
	if (atomic_load_explicit(&state, memory_order_relaxed) == RUNNING)
		atomic_store_explicit(&state, NOT_STARTED, memory_order_relaxed);
	gt_exporter_request_after_fork();
	gt_exporter_thread_go_on();
	atomic_store_explicit(&is_answer_late, false, memory_order_relaxed);
	atomic_store_explicit(&no_message_wait_before_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&retry_at_ns, 0, memory_order_relaxed);
}
