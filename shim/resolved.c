#include "shim/resolved.h"

#include <link.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "shim/shared/gate.h"

#define FIRST_BITS 8
#define MAX_BITS   17 /* 2 MiB: 131,072 calls in the code of one process */

#define LAST_OF(n) [(n) + GT_RESOLVED_PROBES - 1] = { 0 }

static struct gt_resolved_table first = { .shift = 64 - FIRST_BITS,
					  .capacity = 1 << FIRST_BITS,
					  .slots = { LAST_OF(1 << FIRST_BITS) } };

/* For ever empty: while the lock below cannot be had. */
static struct gt_resolved_table none = { .shift = 63, .capacity = 0, .slots = { LAST_OF(2) } };

_Atomic(struct gt_resolved_table *) gt_resolved_table = &first;

/* protects: writing to the slots, and growing.   rank: none; nothing else is taken inside.   at fork: new in the child
 * taken by: application threads in hooks, which try once and go without; gt_resolved_check() waits. */
static atomic_flag writing = ATOMIC_FLAG_INIT;

static _Atomic uint64_t unloads; /* the loader's count at the last check */

static bool try_lock(void)
{
	return !atomic_flag_test_and_set_explicit(&writing, memory_order_acquire);
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&writing, memory_order_release);
}

/* False when the key's window is full. */
static bool put(struct gt_resolved_table *t, uint64_t key, void *value)
{
	struct gt_resolved_slot *s = &t->slots[key * 0x9e3779b97f4a7c15ULL >> t->shift];

	for (int i = 0; i < GT_RESOLVED_PROBES; i++, s++) {
		uint64_t found = atomic_load_explicit(&s->key, memory_order_relaxed);

		if (found && found != key)
			continue;
		atomic_store_explicit(&s->value, value, memory_order_relaxed);
		/* release: pairs with gt_resolved() */
		atomic_store_explicit(&s->key, key, memory_order_release);
		return true;
	}
	return false;
}

/* A table of twice the size with the same entries, or NULL. The old table is never unmapped: another thread may be
 * reading it. The old tables together are smaller than the present table. */
static struct gt_resolved_table *larger(const struct gt_resolved_table *t)
{
	struct gt_resolved_table *more;
	uint32_t bits = 64 - t->shift + 1;
	size_t size;

	for (; bits <= MAX_BITS; bits++) {
		bool fits = true;

		size = sizeof(*t) + ((1UL << bits) + GT_RESOLVED_PROBES) * sizeof(t->slots[0]);
		more = (void *)gt_gate(pool_map, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (more == MAP_FAILED)
			return NULL;
		more->shift = 64 - bits;
		more->capacity = 1U << bits;
		for (uint32_t i = 0; i < t->capacity + GT_RESOLVED_PROBES && fits; i++)
			if (t->slots[i].key)
				fits = put(more, t->slots[i].key, t->slots[i].value);
		if (fits)
			return more;
		gt_gate(pool_unmap, more, size);
	}
	return NULL;
}

void gt_resolved_keep(const void *address, unsigned which, void *value)
{
	struct gt_resolved_table *t, *more;
	uint64_t key = gt_resolved_key(address, which);

	/* a signal handler may interrupt a thread that holds the lock */
	if (!try_lock())
		return;
	t = atomic_load_explicit(&gt_resolved_table, memory_order_relaxed);
	while (t->capacity && !put(t, key, value)) {
		more = larger(t);
		if (!more)
			break;
		/* release: pairs with gt_resolved() */
		atomic_store_explicit(&gt_resolved_table, more, memory_order_release);
		t = more;
	}
	unlock();
}

static int note_unloads(struct dl_phdr_info *info, size_t size, void *data)
{
	if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs))
		*(uint64_t *)data = info->dlpi_subs;
	return 1;
}

void gt_resolved_check(void)
{
	struct gt_resolved_table *t;
	uint64_t now = 0;

	dl_iterate_phdr(note_unloads, &now);
	if (atomic_load_explicit(&unloads, memory_order_relaxed) == now)
		return;
	for (int i = 0; !try_lock(); i++) {
		/* the holder does a few stores; a thread that was killed in between never ends them */
		if (i == 1 << 24) {
			atomic_store_explicit(&gt_resolved_table, &none, memory_order_release);
			return;
		}
	}
	t = atomic_load_explicit(&gt_resolved_table, memory_order_relaxed);
	for (uint32_t i = 0; t->capacity && i < t->capacity + GT_RESOLVED_PROBES; i++)
		if (atomic_load_explicit(&t->slots[i].key, memory_order_relaxed))
			atomic_store_explicit(&t->slots[i].key, 0, memory_order_release);
	unlock();
	atomic_store_explicit(&unloads, now, memory_order_relaxed); /* last: a thread that checks meanwhile also clears */
}

void gt_resolved_after_fork(void)
{
	unlock();
}
