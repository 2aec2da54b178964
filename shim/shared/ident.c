#include "shim/shared/ident.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>

#include "shim/shared/clock.h"
#include "shim/shared/gate.h"

static _Atomic uint64_t key[3];
static _Atomic uint64_t counter;
static atomic_bool keyed;

/* The finalizer of splitmix64: a bijection on 64 bits. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static void make_key(void)
{
	uint64_t fresh[3] = { 0 };

	if (gt_gate(random, fresh, sizeof(fresh), 0) != (long)sizeof(fresh)) {
		/* an old kernel, or a sandbox that refuses the call: ids must be unique, they need not be secret */
		const uint64_t *at_random = (const uint64_t *)getauxval(AT_RANDOM);

		fresh[0] = mix((at_random ? at_random[0] : 1) ^ ((uint64_t)gt_gate_process() << 32) ^ gt_wall_now().unix_ns);
		fresh[1] = mix(fresh[0] + (uint64_t)gt_mono_now().ns);
		fresh[2] = mix(fresh[1] + (uint64_t)(uintptr_t)&fresh);
	}
	/* two threads may both get here: the later key wins; ids made with either key are good */
	for (int i = 0; i < 3; i++)
		atomic_store_explicit(&key[i], fresh[i], memory_order_relaxed);
	/* release: pairs with the acquire in draw(); publishes key[] */
	atomic_store_explicit(&keyed, true, memory_order_release);
}

static uint64_t draw(int which)
{
	uint64_t k, id;

	if (!atomic_load_explicit(&keyed, memory_order_acquire))
		make_key();
	k = atomic_load_explicit(&key[which], memory_order_relaxed);
	do
		id = mix(k + 0x9e3779b97f4a7c15ULL * (1 + atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed)));
	while (id == 0);
	return id;
}

struct gt_trace_id gt_ident_trace(void)
{
	uint64_t word[2] = { draw(0), draw(1) };
	struct gt_trace_id id;

	memcpy(id.b, word, sizeof(id.b));
	return id;
}

struct gt_span_id gt_ident_span(void)
{
	uint64_t word = draw(2);
	struct gt_span_id id;

	memcpy(id.b, &word, sizeof(id.b));
	return id;
}

void gt_ident_after_fork(void)
{
	atomic_store_explicit(&keyed, false, memory_order_relaxed);
}
