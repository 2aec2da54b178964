#include "shim/exporter_request.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>

#include "shim/handoff.h"
#include "shim/shared/gate.h"

#define GONE_POLL_NS 20000 /* between two looks whether the kernel has removed the thread */
#define GONE_LOOKS   500

static _Atomic bool busy;		  /* the exporter holds something that it has not sent */
static _Atomic bool is_end;		  /* the flush that waits is the end of the process */
static _Atomic bool settled;		  /* nothing in the spool is needed any more; valid while not busy */
static _Atomic int64_t flush_deadline_ns; /* 0: no flush waits */
static _Atomic uint32_t drained_word;	  /* futex: counts answers to flushes */

static _Atomic int64_t rest_deadline_ns; /* 0: nothing waits for the thread's end */
static _Atomic uint32_t ended_word;	 /* futex: counts ends of the thread */
/* The kernel's number of the thread that ends or has ended; -1 when not known, 0 when none has since the last wait. */
static _Atomic int ended_id;

/* ---------------------------------------------------------------- the exporter's thread */

bool gt_exporter_request_must_flush(struct gt_mono *deadline, bool *may_go_on)
{
	/* acquire: pairs with the release in gt_exporter_request_flush; the exiting thread's events are visible */
	deadline->ns = atomic_load_explicit(&flush_deadline_ns, memory_order_acquire);
	*may_go_on = !atomic_load_explicit(&is_end, memory_order_relaxed);
	return deadline->ns != 0;
}

void gt_exporter_request_drained(bool is_busy)
{
	atomic_store_explicit(&busy, is_busy, memory_order_relaxed);
	atomic_store_explicit(&is_end, false, memory_order_relaxed);
	atomic_store_explicit(&flush_deadline_ns, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&drained_word, 1, memory_order_release);
	gt_gate(wake, &drained_word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void gt_exporter_request_set_busy(bool is_busy)
{
	atomic_store_explicit(&busy, is_busy, memory_order_seq_cst);
}

void gt_exporter_request_set_settled(bool is_settled)
{
	atomic_store_explicit(&settled, is_settled, memory_order_relaxed);
}

bool gt_exporter_request_must_rest(struct gt_mono *deadline)
{
	deadline->ns = atomic_load_explicit(&rest_deadline_ns, memory_order_acquire);
	return deadline->ns != 0;
}

bool gt_exporter_request_is_flush_due(void)
{
	return atomic_load_explicit(&flush_deadline_ns, memory_order_seq_cst) != 0;
}

void gt_exporter_request_leaves(int id)
{
	/* seq_cst: before the store that shows application threads that the thread does not run */
	atomic_store_explicit(&ended_id, id ? id : -1, memory_order_seq_cst);
}

void gt_exporter_request_stays(void)
{
	atomic_store_explicit(&ended_id, 0, memory_order_seq_cst);
}

void gt_exporter_request_ended(int id)
{
	gt_exporter_request_leaves(id);
	atomic_fetch_add_explicit(&ended_word, 1, memory_order_release);
	gt_gate(wake, &ended_word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* ---------------------------------------------------------------- application threads */

bool gt_exporter_request_is_busy(void)
{
	return !gt_handoff_is_empty() || atomic_load_explicit(&busy, memory_order_seq_cst);
}

bool gt_exporter_request_is_settled(void)
{
	return atomic_load_explicit(&settled, memory_order_relaxed);
}

uint32_t gt_exporter_request_answers(void)
{
	return atomic_load_explicit(&drained_word, memory_order_acquire);
}

uint32_t gt_exporter_request_ends(void)
{
	return atomic_load_explicit(&ended_word, memory_order_acquire);
}

/* Waits until the word has left the value `before`. False after `until`, or when a filter forbids the wait. */
static bool wait_for(_Atomic uint32_t *word, uint32_t before, struct gt_mono until)
{
	int64_t left;

	/* acquire: pairs with the release of the exporter's thread; what it stored before is visible */
	while (atomic_load_explicit(word, memory_order_acquire) == before && (left = until.ns - gt_mono_now().ns) > 0) {
		struct timespec t = { left / GT_NS_PER_S, left % GT_NS_PER_S };

		if (gt_gate(exit_wait, word, FUTEX_WAIT_PRIVATE, before, &t, NULL, 0) < 0 && errno != EINTR && errno != EAGAIN)
			break; /* the kernel's timeout, or a filter */
	}
	return atomic_load_explicit(word, memory_order_acquire) != before;
}

bool gt_exporter_request_flush(uint32_t answers, int64_t within_ns, bool may_go_on)
{
	struct gt_mono now = gt_mono_now();
	int saved = errno;
	bool is_answered;

	if (!may_go_on)
		atomic_store_explicit(&is_end, true, memory_order_relaxed);
	/* the exporter stops a little earlier, so that it can count and log what it could not send */
	atomic_store_explicit(&flush_deadline_ns, now.ns + within_ns - within_ns / 8, memory_order_release);
	gt_handoff_wake();
	is_answered = wait_for(&drained_word, answers, (struct gt_mono){ now.ns + within_ns });
	errno = saved;
	return is_answered;
}

/* The kernel removes a thread a little after libc has finished with it. */
void gt_exporter_request_wait_until_gone(void)
{
	const struct timespec nap = { 0, GONE_POLL_NS }, longer = { 0, GT_NS_PER_MS };
	int id = atomic_load_explicit(&ended_id, memory_order_seq_cst), saved = errno;

	if (!id)
		return;
	if (id < 0 || !gt_gate_is_open(GT_CALL_thread_gone))
		gt_gate(short_wait, &longer, NULL);
	else
		for (int i = 0; i < GONE_LOOKS && gt_gate(thread_gone, gt_gate_process(), id, 0) == 0; i++)
			gt_gate(short_wait, &nap, NULL);
	/* only now: a second caller waits as well */
	atomic_compare_exchange_strong(&ended_id, &id, 0);
	errno = saved;
}

bool gt_exporter_request_rest(uint32_t ends, int64_t within_ns)
{
	struct gt_mono until = { gt_mono_now().ns + within_ns };
	int saved = errno;
	bool is_over;

	atomic_store_explicit(&rest_deadline_ns, until.ns, memory_order_release);
	gt_handoff_wake();
	is_over = wait_for(&ended_word, ends, until);
	if (is_over)
		gt_exporter_request_wait_until_gone();
	atomic_store_explicit(&rest_deadline_ns, 0, memory_order_relaxed);
	errno = saved;
	return is_over;
}

void gt_exporter_request_after_fork(void)
{
	atomic_store_explicit(&busy, false, memory_order_relaxed);
	atomic_store_explicit(&is_end, false, memory_order_relaxed);
	atomic_store_explicit(&flush_deadline_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&settled, false, memory_order_relaxed);
	atomic_store_explicit(&ended_id, 0, memory_order_relaxed);
	atomic_store_explicit(&rest_deadline_ns, 0, memory_order_relaxed);
}
