/*
 * Producers push onto a stack with compare-and-swap. The consumer takes the whole stack and reverses it. A producer may
 * stop for ever between two instructions (a killed thread, a longjmp out of a signal handler). This list then stays
 * whole; a queue with a tail pointer would not.
 */
#include "shim/handoff.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>

#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"

#define DOZE_MAX_NS (50 * GT_NS_PER_MS) /* the first event ends a longer sleep */

static struct gt_event *_Atomic arrived;
static _Atomic uint64_t next_stream;

enum { AWAKE, DOZING, ASLEEP };
static _Atomic uint32_t sleeping; /* futex word */
static _Atomic bool nudged;	  /* gt_handoff_wake was called since the last sleep */

static void start_nothing(void)
{
}

/* set once by the constructor, before any event exists */
static void (*on_pressure)(void) = start_nothing;

void gt_handoff_on_pressure(void (*call)(void))
{
	on_pressure = call;
}

uint64_t gt_stream_next(void)
{
	return atomic_fetch_add_explicit(&next_stream, 1, memory_order_relaxed) + 1;
}

static void futex_wake(void)
{
	int saved = errno;

	gt_gate(wake, &sleeping, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	errno = saved;
}

void gt_handoff_wake(void)
{
	/* for a consumer that is about to sleep */
	atomic_store_explicit(&nudged, true, memory_order_seq_cst);
	if (atomic_exchange_explicit(&sleeping, AWAKE, memory_order_seq_cst) != AWAKE)
		futex_wake();
}

void gt_handoff_put(struct gt_event *e)
{
	struct gt_event *head = atomic_load_explicit(&arrived, memory_order_relaxed);
	uint32_t state;
	bool is_pressed;

	gt_event_publish(e);
	do
		e->next = head;
	while (!atomic_compare_exchange_weak_explicit(&arrived, &head, e, memory_order_seq_cst, memory_order_relaxed));
	/* seq_cst with the store and the check in gt_handoff_wait(): either this thread sees it asleep, or it sees
	 * the event */
	state = atomic_load_explicit(&sleeping, memory_order_seq_cst);
	is_pressed = gt_pool_is_pressed();
	if (state == ASLEEP || (state == DOZING && is_pressed))
		gt_handoff_wake();
	else if (gt_unlikely(is_pressed))
		on_pressure(); /* requests may fill the memory before the first of them is answered */
}

bool gt_handoff_bytes(enum gt_event_type type, uint64_t stream, struct gt_mono at, const char *p, size_t len)
{
	while (len) {
		size_t n = len < GT_EVENT_ROOM_MAX ? len : GT_EVENT_ROOM_MAX;
		struct gt_event *e = gt_event_new_part(type, stream, &n);

		if (!e)
			return false;
		memcpy(e->data, p, n);
		e->len = (uint32_t)n;
		e->at = at;
		gt_handoff_put(e);
		p += n;
		len -= n;
	}
	return true;
}

struct gt_event *gt_handoff_take(void)
{
	/* acquire: pairs with the push in gt_handoff_put(); the events' contents are visible. seq_cst: a thread that
	 * then finds the list empty with gt_handoff_is_empty() also sees what the taker stored before. */
	struct gt_event *e = atomic_exchange_explicit(&arrived, NULL, memory_order_seq_cst), *ordered = NULL;

	while (e) {
		struct gt_event *next = e->next;

		e->next = ordered;
		ordered = e;
		e = next;
	}
	return ordered;
}

bool gt_handoff_is_empty(void)
{
	return atomic_load_explicit(&arrived, memory_order_seq_cst) == NULL;
}

/* Is there a reason not to sleep, now that producers can see that the consumer is about to? */
static bool must_stay_up(uint32_t state)
{
	if (atomic_exchange_explicit(&nudged, false, memory_order_seq_cst))
		return true;
	if (state == ASLEEP)
		return !gt_handoff_is_empty();
	return gt_pool_is_pressed();
}

void gt_handoff_wait(int64_t timeout_ns)
{
	struct timespec t = { timeout_ns / GT_NS_PER_S, timeout_ns % GT_NS_PER_S };
	uint32_t state = timeout_ns < 0 || timeout_ns > DOZE_MAX_NS ? ASLEEP : DOZING;

	if (timeout_ns == 0)
		return;
	atomic_store_explicit(&sleeping, state, memory_order_seq_cst);
	if (!must_stay_up(state))
		gt_gate(waits, &sleeping, FUTEX_WAIT_PRIVATE, state, timeout_ns < 0 ? NULL : &t, NULL, 0);
	atomic_store_explicit(&sleeping, AWAKE, memory_order_relaxed);
}

void gt_handoff_after_fork(void)
{
	gt_pool_after_fork();
	atomic_store_explicit(&arrived, NULL, memory_order_relaxed);
	atomic_store_explicit(&sleeping, AWAKE, memory_order_relaxed);
	atomic_store_explicit(&nudged, false, memory_order_relaxed);
}
