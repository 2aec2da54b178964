/*
 * What look-ups have found: from an address in the program, usually the return address of a hooked call, and a number
 * to a pointer.
 *
 * A hook gets its real function from here, so the look-up must be cheap however many objects call: a hash, a few
 * loads, no lock. The table grows with the calls in a program's code, not with the calls it makes. When an object is
 * unloaded, all entries are dropped: another object may get its addresses, and functions in it are gone. gentap holds
 * no handle, because that would keep the object loaded (DESIGN: the lifetime of libraries is the program's).
 */
#ifndef GT_RESOLVED_H
#define GT_RESOLVED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/shared/compiler.h"

#define GT_RESOLVED_PROBES 8

struct gt_resolved_slot {
	_Atomic uint64_t key; /* 0: free */
	_Atomic(void *) value;
};

struct gt_resolved_table {
	uint32_t shift;	   /* 64 - log2 of the slots */
	uint32_t capacity; /* slots; GT_RESOLVED_PROBES more follow */
	struct gt_resolved_slot slots[];
};

extern _Atomic(struct gt_resolved_table *) gt_resolved_table;

/* User addresses have at most 56 bits on all processors that gentap knows. `which` < 256. */
static inline uint64_t gt_resolved_key(const void *address, unsigned which)
{
	return (uint64_t)(uintptr_t)address << 8 | which;
}

/* The pointer that was kept, or NULL. Any thread, any time, also in a signal handler. */
static inline void *gt_resolved(const void *address, unsigned which)
{
	/* acquire: pairs with the release in gt_resolved_keep(), which publishes a larger table */
	struct gt_resolved_table *t = atomic_load_explicit(&gt_resolved_table, memory_order_acquire);
	uint64_t key = gt_resolved_key(address, which);
	struct gt_resolved_slot *s = &t->slots[key * 0x9e3779b97f4a7c15ULL >> t->shift];

	for (int i = 0; i < GT_RESOLVED_PROBES; i++, s++) {
		/* acquire: pairs with the release in gt_resolved_keep(); the value is the key's */
		uint64_t found = atomic_load_explicit(&s->key, memory_order_acquire);

		if (gt_likely(found == key)) {
			/* acquire: the key is read again after the value; it has changed if the slot was reused meanwhile */
			void *value = atomic_load_explicit(&s->value, memory_order_acquire);

			return gt_likely(atomic_load_explicit(&s->key, memory_order_relaxed) == key) ? value : NULL;
		}
		if (!found)
			return NULL;
	}
	return NULL;
}

/* Keeps `value`, not NULL. Does nothing when another thread is changing the table or it is full: the next look-up then
 * takes the long way again. Maps memory when the table grows; never waits. */
void gt_resolved_keep(const void *address, unsigned which, void *value);

/* An object may have been unloaded: drops all entries if the loader has unloaded any since the last call. Outside
 * signal handlers. */
void gt_resolved_check(void);

/* In a forked child, single-threaded. */
void gt_resolved_after_fork(void);

#endif
