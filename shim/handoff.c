/*
 * Pool: blocks of two sizes, cut from segments that are mapped when needed and stay mapped (only a forked child
 * unmaps its copies). Free blocks form one stack per size. The stack's head is (tag, index) in one word; the tag
 * makes a stale compare-and-swap fail. Since segments stay mapped, a reader that lost the race reads garbage at
 * worst, never unmapped memory.
 *
 * List: producers push onto a stack with compare-and-swap. The consumer takes the whole stack and reverses it. A
 * producer may stop for ever between two instructions (a killed thread, a longjmp out of a signal handler). This list
 * then stays whole; a queue with a tail pointer would not.
 */
#include "shim/handoff.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/shared/check.h"
#include "shim/shared/compiler.h"

#define SEGMENT_SIZE	 (256 * 1024)
#define SEGMENTS_MAX	 4096		     /* 1 GiB: more than any sensible GENTAP_MEMORY_MAX */
#define DOZE_MAX_NS	 (50 * GT_NS_PER_MS) /* the first event ends a longer sleep */
#define PRESSURE_DIVISOR 4		     /* a quarter of the memory in flight wakes or starts the exporter */

enum { SMALL, LARGE, SIZES };

static const uint32_t block_size[SIZES] = { 1024, 16 * 1024 };

GT_STATIC_ASSERT(sizeof(struct gt_event) + GT_EVENT_ROOM_MAX <= 16 * 1024, "a large event fits its block");

static _Atomic uint64_t free_head[SIZES]; /* tag << 32 | block index + 1 */
static _Atomic uint64_t youngest[SIZES];  /* segment << 32 | blocks of it in use so far; 0: no segment yet */
static char *_Atomic segments[SEGMENTS_MAX];
static unsigned char segment_pool[SEGMENTS_MAX]; /* written before segments[] publishes the segment */
static _Atomic uint32_t segment_count;
static uint32_t segment_limit;
static _Atomic uint32_t pool_segments[SIZES]; /* segments of each pool */
static uint32_t pool_limit[SIZES];	      /* segments never change their pool, so neither pool may take all of them */
static _Atomic int64_t in_flight;	      /* bytes of blocks that are not free */
static int64_t pressure;

static struct gt_event *_Atomic arrived;
static _Atomic uint64_t next_stream;

enum { AWAKE, DOZING, ASLEEP };
static _Atomic uint32_t sleeping; /* futex word */
static _Atomic bool nudged;	  /* gt_handoff_wake was called since the last sleep */

/* A block's index is its segment's number and its position there. Both sizes use the same numbering. */
#define PER_SEGMENT (SEGMENT_SIZE / 1024)

static struct gt_event *block_at(uint32_t index)
{
	uint32_t segment = index / PER_SEGMENT;
	/* acquire: pairs with the release in grow(); the segment's pages and its pool are visible */
	char *base = atomic_load_explicit(&segments[segment], memory_order_acquire);

	return (struct gt_event *)(base + (size_t)(index % PER_SEGMENT) * block_size[segment_pool[segment]]);
}

static void push_free(int pool, struct gt_event *e)
{
	uint64_t head = atomic_load_explicit(&free_head[pool], memory_order_relaxed);

	do
		atomic_store_explicit(&e->pool_next, (uint32_t)head, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&free_head[pool], &head, ((head >> 32) + 1) << 32 | (e->pool_index + 1),
						      memory_order_release, memory_order_relaxed));
}

static struct gt_event *pop_free(int pool)
{
	/* acquire: pairs with the release in push_free(); the thread that freed the block no longer touches it */
	uint64_t head = atomic_load_explicit(&free_head[pool], memory_order_acquire);

	while ((uint32_t)head) {
		struct gt_event *e = block_at((uint32_t)head - 1);
		uint32_t below = atomic_load_explicit(&e->pool_next, memory_order_relaxed);

		if (atomic_compare_exchange_weak_explicit(&free_head[pool], &head, ((head >> 32) + 1) << 32 | below,
							  memory_order_acquire, memory_order_acquire))
			return e;
	}
	return NULL;
}

/* A block that was never used before: the next block of the pool's youngest segment. */
static struct gt_event *bump(int pool)
{
	uint64_t cur = atomic_load_explicit(&youngest[pool], memory_order_relaxed);
	struct gt_event *e;

	do
		if ((uint32_t)cur == 0 || (uint32_t)cur == SEGMENT_SIZE / block_size[pool])
			return NULL;
	while (!atomic_compare_exchange_weak_explicit(&youngest[pool], &cur, cur + 1, memory_order_acquire,
						      memory_order_relaxed));
	e = block_at((uint32_t)(cur >> 32) * PER_SEGMENT + (uint32_t)cur);
	e->pool = (uint8_t)pool;
	e->pool_index = (uint32_t)(cur >> 32) * PER_SEGMENT + (uint32_t)cur;
	return e;
}

/* A number for a new segment of the pool; false at the pool's limit or the overall limit. */
static bool take_number(int pool, uint32_t *s)
{
	if (atomic_fetch_add_explicit(&pool_segments[pool], 1, memory_order_relaxed) < pool_limit[pool]) {
		*s = atomic_fetch_add_explicit(&segment_count, 1, memory_order_relaxed);
		if (*s < segment_limit)
			return true;
		atomic_fetch_sub_explicit(&segment_count, 1, memory_order_relaxed);
	}
	atomic_fetch_sub_explicit(&pool_segments[pool], 1, memory_order_relaxed);
	return false;
}

/* Maps a new segment and gives its first block. Its pages are touched one by one as bump() reaches them. */
static GT_COLD struct gt_event *grow(int pool)
{
	struct gt_event *e;
	uint64_t cur;
	uint32_t s;
	char *base;

	/* another thread may have grown the pool meanwhile; replacing a segment before it is used up would lose its
	 * rest */
	for (;;) {
		cur = atomic_load_explicit(&youngest[pool], memory_order_relaxed);
		if ((uint32_t)cur == 0 || (uint32_t)cur == SEGMENT_SIZE / block_size[pool])
			break;
		e = bump(pool);
		if (e)
			return e;
	}
	if (!take_number(pool, &s))
		return NULL;
	base = mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return NULL; /* the number is used up: the pool stays one segment smaller */
	segment_pool[s] = (unsigned char)pool;
	atomic_store_explicit(&segments[s], base, memory_order_release);
	if (!atomic_compare_exchange_strong_explicit(&youngest[pool], &cur, (uint64_t)s << 32 | 1, memory_order_release,
						     memory_order_relaxed)) {
		/* another thread grew the pool meanwhile: the rest of this segment goes to the free blocks */
		for (uint32_t i = 1; i < SEGMENT_SIZE / block_size[pool]; i++) {
			struct gt_event *e = (struct gt_event *)(base + (size_t)i * block_size[pool]);

			e->pool = (uint8_t)pool;
			e->pool_index = s * PER_SEGMENT + i;
			push_free(pool, e);
		}
	}
	((struct gt_event *)base)->pool = (uint8_t)pool;
	((struct gt_event *)base)->pool_index = s * PER_SEGMENT;
	return (struct gt_event *)base;
}

static void start_nothing(void)
{
}

/* set once by the constructor, before any event exists */
static void (*on_pressure)(void) = start_nothing;

void gt_handoff_on_pressure(void (*call)(void))
{
	on_pressure = call;
}

void gt_handoff_init(uint64_t memory_max)
{
	uint64_t limit = memory_max / SEGMENT_SIZE;

	/* an exchange needs at least one segment of each size */
	segment_limit = memory_max == 0 ? 0 : limit < 2 ? 2 : limit > SEGMENTS_MAX ? SEGMENTS_MAX : (uint32_t)limit;
	pool_limit[SMALL] = segment_limit / 2;
	pool_limit[LARGE] = segment_limit - (segment_limit + 7) / 8;
	pressure = (int64_t)segment_limit * SEGMENT_SIZE / PRESSURE_DIVISOR;
}

uint64_t gt_stream_next(void)
{
	return atomic_fetch_add_explicit(&next_stream, 1, memory_order_relaxed) + 1;
}

struct gt_event *gt_event_new(enum gt_event_type type, uint64_t stream, size_t room)
{
	int pool = room + sizeof(struct gt_event) <= block_size[SMALL] ? SMALL : LARGE;
	struct gt_event *e = NULL;

	GT_ASSERT(room <= GT_EVENT_ROOM_MAX);
	/* a small event may use a large block when small blocks have run out, never the other way round */
	for (; !e && pool < SIZES; pool++)
		if (!(e = pop_free(pool)) && !(e = bump(pool)))
			e = grow(pool);
	if (!e) {
		gt_stat_add(GT_STAT_DROP_FULL, 1);
		return NULL;
	}
	atomic_fetch_add_explicit(&in_flight, block_size[e->pool], memory_order_relaxed);
	e->next = NULL;
	e->stream = stream;
	e->at = gt_mono_now();
	e->len = 0;
	e->type = (uint8_t)type;
	return e;
}

void gt_event_free(struct gt_event *e)
{
	atomic_fetch_sub_explicit(&in_flight, block_size[e->pool], memory_order_relaxed);
	push_free(e->pool, e);
}

static void futex_wake(void)
{
	int saved = errno;

	syscall(SYS_futex, &sleeping, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
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

	do
		e->next = head;
	while (!atomic_compare_exchange_weak_explicit(&arrived, &head, e, memory_order_seq_cst, memory_order_relaxed));
	/* seq_cst with the store and the check in gt_handoff_wait(): either this thread sees it asleep, or it sees
	 * the event */
	state = atomic_load_explicit(&sleeping, memory_order_seq_cst);
	is_pressed = atomic_load_explicit(&in_flight, memory_order_relaxed) > pressure;
	if (state == ASLEEP || (state == DOZING && is_pressed))
		gt_handoff_wake();
	else if (gt_unlikely(is_pressed))
		on_pressure(); /* requests may fill the memory before the first of them is answered */
}

bool gt_handoff_bytes(enum gt_event_type type, uint64_t stream, struct gt_mono at, const char *p, size_t len)
{
	while (len) {
		size_t n = len < GT_EVENT_ROOM_MAX ? len : GT_EVENT_ROOM_MAX;
		struct gt_event *e = gt_event_new(type, stream, n);

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
	return atomic_load_explicit(&in_flight, memory_order_relaxed) > pressure;
}

void gt_handoff_wait(int64_t timeout_ns)
{
	struct timespec t = { timeout_ns / GT_NS_PER_S, timeout_ns % GT_NS_PER_S };
	uint32_t state = timeout_ns < 0 || timeout_ns > DOZE_MAX_NS ? ASLEEP : DOZING;

	if (timeout_ns == 0)
		return;
	atomic_store_explicit(&sleeping, state, memory_order_seq_cst);
	if (!must_stay_up(state))
		syscall(SYS_futex, &sleeping, FUTEX_WAIT_PRIVATE, state, timeout_ns < 0 ? NULL : &t, NULL, 0);
	atomic_store_explicit(&sleeping, AWAKE, memory_order_relaxed);
}

void gt_handoff_after_fork(void)
{
	uint32_t n = atomic_load_explicit(&segment_count, memory_order_relaxed);

	for (uint32_t s = 0; s < n && s < SEGMENTS_MAX; s++) {
		char *base = atomic_load_explicit(&segments[s], memory_order_relaxed);

		if (base)
			munmap(base, SEGMENT_SIZE);
		atomic_store_explicit(&segments[s], NULL, memory_order_relaxed);
	}
	for (int pool = 0; pool < SIZES; pool++) {
		atomic_store_explicit(&free_head[pool], 0, memory_order_relaxed);
		atomic_store_explicit(&youngest[pool], 0, memory_order_relaxed);
		atomic_store_explicit(&pool_segments[pool], 0, memory_order_relaxed);
	}
	atomic_store_explicit(&segment_count, 0, memory_order_relaxed);
	atomic_store_explicit(&in_flight, 0, memory_order_relaxed);
	atomic_store_explicit(&arrived, NULL, memory_order_relaxed);
	atomic_store_explicit(&sleeping, AWAKE, memory_order_relaxed);
	atomic_store_explicit(&nudged, false, memory_order_relaxed);
}
