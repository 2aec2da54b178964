/*
 * Segments are cut into blocks of one class. They are mapped in extents when needed, and stay mapped (only a forked
 * child unmaps its copies). Free blocks form one stack per class. The stack's head is (tag, index) in one word; the tag
 * makes a stale compare-and-swap fail. Since segments stay mapped, a reader that lost the race reads garbage at
 * worst, never unmapped memory.
 *
 * Blocks for private bytes are a class whose segments are numbered beyond all others, in extents of their own.
 */
#include "shim/pool.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "shim/shared/check.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/pool_layout.h"
#include "shim/shared/stat.h"
#include "shim/spool.h"

#define EXTENT		  4 /* segments that are mapped together */
#define EXTENTS_MAX	  ((PRIVATE_FIRST + PRIVATE_MAX) / EXTENT)
#define PRESSURE_DIVISOR  4		      /* a quarter of the memory in flight wakes or starts the exporter */
#define CAUGHT_UP_DIVISOR 16		      /* after a shortage: what may wait when bodies are copied again */
#define REPORT_DIVISOR	  4		      /* of the pool, for other events than bodies */
#define ADMIT_NS	  (10 * GT_NS_PER_MS) /* during a shortage: one call of so many keeps its bodies */
#define ADMITTED	  64		      /* a power of two; calls under way that were admitted */
#define BODY_CLASSES	  (GT_CLASSES - 1)
#define PRIVATE		  GT_CLASSES /* a class that no reader of a spool meets */
#define CLASSES		  (GT_CLASSES + 1)
#define PRIVATE_DIVISOR	  8 /* of the pool, at most, for private bytes: the share of received heads (conn.h) */
#define PRIVATE_FIRST	  GT_SEGMENTS_MAX
#define PRIVATE_MAX	  (GT_SEGMENTS_MAX / REPORT_DIVISOR)
#define SHARE_DIVISOR	  16 /* of the segments for bodies: what each size leaves to others */
#define SEGMENTS_MIN	  8  /* one of each class of bodies, and as many for reports */

GT_STATIC_ASSERT(sizeof(struct gt_event) + GT_EVENT_ROOM_MAX <= GT_BLOCK_MAX, "a large event fits its block");
GT_STATIC_ASSERT(GT_SEGMENT_SIZE / GT_BLOCK_REPORT < GT_BLOCKS_PER_SEGMENT, "each block has an index");

static _Atomic uint64_t free_head[CLASSES]; /* tag << 32 | block index + 1 */
static _Atomic uint64_t youngest[CLASSES];  /* segment << 32 | blocks of it in use so far; 0: no segment yet */
static char *_Atomic extents[EXTENTS_MAX];
static unsigned char segment_class[PRIVATE_FIRST + PRIVATE_MAX]; /* written before a block of the segment can be found */

/* Segments never change their class, so no class may take all of them. Small bodies leave some to large bodies. */
struct quota {
	_Atomic uint32_t n; /* segments */
	uint32_t limit;
};

static struct quota of_all, of_others /* than private bytes */, of_bodies, of_small_bodies, of_class[CLASSES];
static _Atomic uint32_t numbers, private_numbers; /* that segments have got */
static _Atomic int64_t waiting;			  /* bytes of blocks that are not free and that the exporter has not read */
static _Atomic int64_t waiting_reports;		  /* of these, in blocks of GT_CLASS_REPORT */
static _Atomic int64_t kept;			  /* bytes of blocks that the exporter keeps */
static _Atomic bool is_short;			  /* no room for bodies, until the exporter has caught up */
static int64_t pressure, caught_up;
static int64_t bodies_enough; /* bytes of bodies that wait; the rest of their share is for calls that are admitted */
static _Atomic uint64_t next_serial;

static _Atomic int64_t admitted_at;	    /* when a call was admitted last */
static _Atomic uint64_t admitted[ADMITTED]; /* streams, by their last bits */

static unsigned block_size(unsigned class)
{
	return gt_block_size(class == PRIVATE ? GT_CLASS_LARGE : class);
}

/* A block's index is its segment's number and its position there. All classes use the same numbering. */
static struct gt_event *block_at(uint32_t index)
{
	uint32_t segment = index / GT_BLOCKS_PER_SEGMENT;
	/* acquire: pairs with the release in map_extent(); the pages are visible */
	char *base = atomic_load_explicit(&extents[segment / EXTENT], memory_order_acquire);

	return (struct gt_event *)(base + (size_t)(segment % EXTENT) * GT_SEGMENT_SIZE +
				   (size_t)(index % GT_BLOCKS_PER_SEGMENT) * block_size(segment_class[segment]));
}

static void push_free(struct gt_event *e)
{
	uint64_t head = atomic_load_explicit(&free_head[e->class], memory_order_relaxed);

	do
		atomic_store_explicit(&e->free_below, (uint32_t)head, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&free_head[e->class], &head, ((head >> 32) + 1) << 32 | (e->index + 1),
						      memory_order_release, memory_order_relaxed));
}

static struct gt_event *pop_free(unsigned class)
{
	/* acquire: pairs with the release in push_free(); the thread that freed the block no longer touches it */
	uint64_t head = atomic_load_explicit(&free_head[class], memory_order_acquire);

	while ((uint32_t)head) {
		struct gt_event *e = block_at((uint32_t)head - 1);
		uint32_t below = atomic_load_explicit(&e->free_below, memory_order_relaxed);

		if (atomic_compare_exchange_weak_explicit(&free_head[class], &head, ((head >> 32) + 1) << 32 | below,
							  memory_order_acquire, memory_order_acquire))
			return e;
	}
	return NULL;
}

static bool is_used_up(unsigned class, uint64_t young)
{
	return (uint32_t)young == 0 || (uint32_t)young == GT_SEGMENT_SIZE / block_size(class);
}

static struct gt_event *name_block(unsigned class, uint32_t segment, uint32_t position)
{
	uint32_t index = segment * GT_BLOCKS_PER_SEGMENT + position;
	struct gt_event *e = block_at(index);

	e->class = (uint8_t) class;
	e->index = index;
	return e;
}

/* A block that was never used before: the next block of the class's youngest segment. */
static struct gt_event *bump(unsigned class)
{
	uint64_t cur = atomic_load_explicit(&youngest[class], memory_order_relaxed);

	do
		if (is_used_up(class, cur))
			return NULL;
	while (!atomic_compare_exchange_weak_explicit(&youngest[class], &cur, cur + 1, memory_order_acquire,
						      memory_order_relaxed));
	return name_block(class, (uint32_t)(cur >> 32), (uint32_t)cur);
}

/* A number for a new segment of the class; false when a quota is used up. */
static bool take_number(unsigned class, uint32_t *s)
{
	bool is_for_bodies = class != GT_CLASS_REPORT && class != PRIVATE;
	struct quota *quotas[] = { &of_class[class], is_for_bodies ? &of_bodies : NULL,
				   is_for_bodies && class != GT_CLASS_LARGE ? &of_small_bodies : NULL,
				   class != PRIVATE ? &of_others : NULL, &of_all };

	for (size_t i = 0; i < GT_COUNT_OF(quotas); i++) {
		if (!quotas[i] || atomic_fetch_add_explicit(&quotas[i]->n, 1, memory_order_relaxed) < quotas[i]->limit)
			continue;
		for (size_t k = 0; k <= i; k++)
			if (quotas[k])
				atomic_fetch_sub_explicit(&quotas[k]->n, 1, memory_order_relaxed);
		return false;
	}
	if (class == PRIVATE)
		*s = PRIVATE_FIRST + atomic_fetch_add_explicit(&private_numbers, 1, memory_order_relaxed);
	else
		*s = atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed);
	return true;
}

/* Maps the extent of a segment, unless another thread has. */
static bool map_extent(uint32_t extent)
{
	char *none = NULL, *base = NULL;

	if (atomic_load_explicit(&extents[extent], memory_order_acquire))
		return true;
	if (extent < PRIVATE_FIRST / EXTENT)
		base = gt_spool_extend((uint64_t)extent * EXTENT * GT_SEGMENT_SIZE, EXTENT * GT_SEGMENT_SIZE);
	if (!base)
		base = (char *)gt_gate(pool_map, NULL, EXTENT * GT_SEGMENT_SIZE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return false;
	if (!atomic_compare_exchange_strong_explicit(&extents[extent], &none, base, memory_order_acq_rel,
						     memory_order_acquire) &&
	    base != none) /* another thread may have got the same pages of the spool */
		gt_gate(pool_unmap, base, EXTENT * GT_SEGMENT_SIZE);
	return true;
}

/* Maps a new segment and gives its first block. Its pages are touched one by one as bump() reaches them. */
static GT_COLD struct gt_event *grow(unsigned class)
{
	struct gt_event *first, *e;
	uint64_t cur;
	uint32_t s;

	/* another thread may have grown the class meanwhile; replacing a segment before it is used up would lose its
	 * rest */
	for (;;) {
		cur = atomic_load_explicit(&youngest[class], memory_order_relaxed);
		if (is_used_up(class, cur))
			break;
		e = bump(class);
		if (e)
			return e;
	}
	if (!take_number(class, &s))
		return NULL;
	if (!map_extent(s / EXTENT))
		return NULL; /* the number is used up: the pool stays one segment smaller */
	segment_class[s] = (unsigned char)class;
	if (class != PRIVATE)
		gt_spool_note_class(s, class);
	first = name_block(class, s, 0);
	if (atomic_compare_exchange_strong_explicit(&youngest[class], &cur, (uint64_t)s << 32 | 1, memory_order_release,
						    memory_order_relaxed))
		return first;
	/* another thread grew the class meanwhile: the rest of this segment goes to the free blocks */
	for (uint32_t i = 1; i < GT_SEGMENT_SIZE / block_size(class); i++)
		push_free(name_block(class, s, i));
	return first;
}

void gt_pool_init(uint64_t memory_max)
{
	uint64_t limit = memory_max / GT_SEGMENT_SIZE;
	uint32_t bodies, left;
	uint32_t segments = limit < SEGMENTS_MIN ? SEGMENTS_MIN : limit > GT_SEGMENTS_MAX ? GT_SEGMENTS_MAX : (uint32_t)limit;

	if (!memory_max)
		segments = 0;
	bodies = segments - segments / REPORT_DIVISOR;
	left = bodies > SHARE_DIVISOR ? bodies / SHARE_DIVISOR : segments ? 1 : 0;
	of_all.limit = of_class[GT_CLASS_REPORT].limit = segments;
	of_class[PRIVATE].limit = segments / PRIVATE_DIVISOR + left;
	if (segments && of_class[PRIVATE].limit > segments - bodies - 1)
		of_class[PRIVATE].limit = segments - bodies - 1;
	of_others.limit = segments - left;
	of_bodies.limit = bodies;
	of_small_bodies.limit = bodies - left;
	for (unsigned class = GT_CLASS_TINY; class <= GT_CLASS_LARGE; class ++)
		of_class[class].limit = bodies - (class == GT_CLASS_LARGE ? BODY_CLASSES - 1 : 1) * left;
	pressure = (int64_t)segments * GT_SEGMENT_SIZE / PRESSURE_DIVISOR;
	caught_up = (int64_t)segments * GT_SEGMENT_SIZE / CAUGHT_UP_DIVISOR;
	bodies_enough = (int64_t)bodies * GT_SEGMENT_SIZE / 8 * 7;
}

uint64_t gt_pool_size(void)
{
	return ((uint64_t)of_all.limit + EXTENT - 1) / EXTENT * EXTENT * GT_SEGMENT_SIZE;
}

/* Bytes of the application that may be left out. */
static bool is_body(enum gt_event_type type)
{
	return type == GT_EVENT_REQUEST || type == GT_EVENT_REQUEST_HEAD || type == GT_EVENT_RESPONSE ||
	       type == GT_EVENT_RESPONSE_HEAD;
}

static unsigned class_for(size_t room)
{
	unsigned class = GT_CLASS_TINY;

	while (class < GT_CLASS_LARGE && room + sizeof(struct gt_event) > gt_block_size(class))
		class ++;
	return class;
}

static struct gt_event *take(unsigned class)
{
	struct gt_event *e = pop_free(class);

	if (!e)
		e = bump(class);
	return e ? e : grow(class);
}

static void count_waiting(const struct gt_event *e, int64_t bytes)
{
	atomic_fetch_add_explicit(&waiting, bytes, memory_order_relaxed);
	if (e->class == GT_CLASS_REPORT)
		atomic_fetch_add_explicit(&waiting_reports, bytes, memory_order_relaxed);
}

static struct gt_event *made(struct gt_event *e, enum gt_event_type type, uint64_t stream)
{
	if (!e) {
		gt_stat_add(GT_STAT_DROP_FULL, 1);
		return NULL;
	}
	count_waiting(e, block_size(e->class));
	e->next = NULL;
	e->stream = stream;
	e->at = gt_mono_now();
	e->len = 0;
	e->type = (uint8_t)type;
	e->is_waiting = true;
	e->is_partial = e->is_written = e->is_sent = false;
	return e;
}

bool gt_pool_is_short(void)
{
	if (!atomic_load_explicit(&is_short, memory_order_relaxed))
		return false;
	if (atomic_load_explicit(&waiting, memory_order_relaxed) > caught_up)
		return true;
	atomic_store_explicit(&is_short, false, memory_order_relaxed);
	return false;
}

static _Atomic uint64_t *admitted_slot(uint64_t stream)
{
	return &admitted[stream % ADMITTED];
}

static bool is_admitted(uint64_t stream)
{
	return atomic_load_explicit(admitted_slot(stream), memory_order_relaxed) == stream;
}

bool gt_pool_leaves_out(uint64_t stream)
{
	int64_t bodies;

	if (!gt_pool_is_short()) {
		bodies = atomic_load_explicit(&waiting, memory_order_relaxed) -
			 atomic_load_explicit(&waiting_reports, memory_order_relaxed);
		if (gt_likely(bodies <= bodies_enough))
			return false;
		atomic_store_explicit(&is_short, true, memory_order_relaxed);
	}
	return !is_admitted(stream);
}

bool gt_pool_admit(uint64_t stream, struct gt_mono at)
{
	uint64_t was_admitted = stream;
	int64_t last;

	if (!gt_pool_is_short())
		return true;
	last = atomic_load_explicit(&admitted_at, memory_order_relaxed);
	if (at.ns - last >= ADMIT_NS &&
	    atomic_compare_exchange_strong_explicit(&admitted_at, &last, at.ns, memory_order_relaxed, memory_order_relaxed)) {
		atomic_store_explicit(admitted_slot(stream), stream, memory_order_relaxed);
		return true;
	}
	atomic_compare_exchange_strong_explicit(admitted_slot(stream), &was_admitted, 0, memory_order_relaxed,
						memory_order_relaxed);
	return false;
}

static struct gt_event *none(bool is_for_body)
{
	if (is_for_body)
		atomic_store_explicit(&is_short, true, memory_order_relaxed);
	return NULL;
}

struct gt_event *gt_event_new(enum gt_event_type type, uint64_t stream, size_t room)
{
	struct gt_event *e = NULL;

	GT_ASSERT(room <= GT_EVENT_ROOM_MAX);
	if (is_body(type) && gt_pool_leaves_out(stream))
		return made(NULL, type, stream);
	if (!is_body(type) && room + sizeof(*e) <= gt_block_size(GT_CLASS_REPORT))
		e = take(GT_CLASS_REPORT);
	/* an event may use a larger block when the blocks of its class have run out */
	for (unsigned class = class_for(room); !e && class <= GT_CLASS_LARGE; class ++)
		e = take(class);
	return made(e ? e : none(is_body(type)), type, stream);
}

struct gt_event *gt_event_new_private(void)
{
	return made(take(PRIVATE), GT_EVENT_SCRATCH, 0);
}

struct gt_event *gt_event_new_part(enum gt_event_type type, uint64_t stream, size_t *room)
{
	unsigned fit = class_for(*room);
	struct gt_event *e = NULL;

	GT_ASSERT(*room <= GT_EVENT_ROOM_MAX);
	if (is_body(type) && gt_pool_leaves_out(stream))
		return made(NULL, type, stream);
	for (unsigned class = fit; !e && class <= GT_CLASS_LARGE; class ++)
		e = take(class);
	for (unsigned class = fit; !e && class > GT_CLASS_TINY; class --)
		e = take(class - 1);
	if (e && *room > block_size(e->class) - sizeof(*e))
		*room = block_size(e->class) - sizeof(*e);
	return made(e ? e : none(is_body(type)), type, stream);
}

struct gt_event *gt_event_fit(struct gt_event *e)
{
	unsigned fit = class_for(e->len);
	struct gt_event *less = fit < e->class ? take(fit) : NULL;

	if (!less)
		return e;
	made(less, (enum gt_event_type)e->type, e->stream);
	less->at = e->at;
	less->len = e->len;
	memcpy(less->data, e->data, e->len);
	gt_event_free(e);
	return less;
}

static void stop_waiting(struct gt_event *e)
{
	if (e->is_waiting)
		count_waiting(e, -(int64_t)block_size(e->class));
	else
		atomic_fetch_sub_explicit(&kept, block_size(e->class), memory_order_relaxed);
	e->is_waiting = false;
}

void gt_event_free(struct gt_event *e)
{
	atomic_store_explicit(&e->is_live, false, memory_order_relaxed);
	stop_waiting(e);
	push_free(e);
}

void gt_event_publish(struct gt_event *e)
{
	e->serial = atomic_fetch_add_explicit(&next_serial, 1, memory_order_relaxed) + 1;
	/* release: for the reader of the spool, which sees what the dead process had stored */
	atomic_store_explicit(&e->is_live, true, memory_order_release);
}

bool gt_event_keep(struct gt_event *e)
{
	int64_t size = block_size(e->class), now_kept = atomic_load_explicit(&kept, memory_order_relaxed);
	int64_t in_use = now_kept + atomic_load_explicit(&waiting, memory_order_relaxed);
	bool is_span = e->type == GT_EVENT_SPAN;

	if (!e->is_waiting)
		return true;
	/* new events come first, then finished spans, then the bytes of exchanges under way */
	if (!gt_spool_is_open() || now_kept + size > (is_span ? 2 : 1) * pressure || in_use > (is_span ? 6 : 5) * pressure / 2)
		return false;
	stop_waiting(e);
	atomic_fetch_add_explicit(&kept, size, memory_order_relaxed);
	return true;
}

bool gt_pool_is_pressed(void)
{
	return atomic_load_explicit(&waiting, memory_order_relaxed) > pressure;
}

bool gt_pool_is_scarce(void)
{
	int64_t for_reports = ((int64_t)of_all.limit - atomic_load_explicit(&of_bodies.n, memory_order_relaxed) -
			       atomic_load_explicit(&of_class[PRIVATE].n, memory_order_relaxed)) *
			      GT_SEGMENT_SIZE;

	return atomic_load_explicit(&waiting, memory_order_relaxed) > 3 * pressure ||
	       atomic_load_explicit(&waiting_reports, memory_order_relaxed) > for_reports / 4 * 3;
}

/* `n` segments from a first number on. */
static void unmap(uint32_t first, uint32_t n)
{
	for (uint32_t x = first / EXTENT; x < (first + n + EXTENT - 1) / EXTENT; x++) {
		char *base = atomic_load_explicit(&extents[x], memory_order_relaxed);

		if (base)
			gt_gate(pool_unmap, base, EXTENT * GT_SEGMENT_SIZE);
		atomic_store_explicit(&extents[x], NULL, memory_order_relaxed);
	}
}

void gt_pool_after_fork(void)
{
	unmap(0, atomic_load_explicit(&numbers, memory_order_relaxed));
	unmap(PRIVATE_FIRST, atomic_load_explicit(&private_numbers, memory_order_relaxed));
	for (int class = 0; class < CLASSES; class ++) {
		atomic_store_explicit(&free_head[class], 0, memory_order_relaxed);
		atomic_store_explicit(&youngest[class], 0, memory_order_relaxed);
		atomic_store_explicit(&of_class[class].n, 0, memory_order_relaxed);
	}
	atomic_store_explicit(&of_all.n, 0, memory_order_relaxed);
	atomic_store_explicit(&numbers, 0, memory_order_relaxed);
	atomic_store_explicit(&private_numbers, 0, memory_order_relaxed);
	atomic_store_explicit(&of_others.n, 0, memory_order_relaxed);
	atomic_store_explicit(&of_bodies.n, 0, memory_order_relaxed);
	atomic_store_explicit(&of_small_bodies.n, 0, memory_order_relaxed);
	atomic_store_explicit(&waiting, 0, memory_order_relaxed);
	atomic_store_explicit(&waiting_reports, 0, memory_order_relaxed);
	atomic_store_explicit(&kept, 0, memory_order_relaxed);
	atomic_store_explicit(&admitted_at, 0, memory_order_relaxed);
	atomic_store_explicit(&is_short, false, memory_order_relaxed);
}
