/*
 * A sequence lock made of atomic words. Each word is stored with release and loaded with acquire: a reader that gets a
 * word of a later context also sees that the version has changed. A reader that loses the race gives up after a few
 * attempts, because the writer may be a thread that a signal handler has interrupted.
 */
#include "shim/served.h"

#include <string.h>

#include "shim/shared/check.h"

#define ATTEMPTS 4

#define REMOTE	  (1ULL << 63)
#define LEN_SHIFT 32

GT_STATIC_ASSERT(sizeof(struct gt_trace_context) <= sizeof(((struct gt_served_cell *)0)->context), "a context fits");

static void store(_Atomic uint64_t *to, const void *from, size_t len)
{
	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = 0;

		memcpy(&word, (const char *)from + at, len - at < 8 ? len - at : 8);
		atomic_store_explicit(&to[at / 8], word, memory_order_release);
	}
}

static void load(void *to, const _Atomic uint64_t *from, size_t len)
{
	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = atomic_load_explicit(&from[at / 8], memory_order_acquire);

		memcpy((char *)to + at, &word, len - at < 8 ? len - at : 8);
	}
}

void gt_served_put(struct gt_served_cell *cell, uint32_t request, const struct gt_served *s)
{
	uint32_t version = atomic_load_explicit(&cell->version, memory_order_relaxed);
	uint64_t facts = (s->is_remote ? REMOTE : 0) | (uint64_t)s->tracestate_len << LEN_SHIFT | request;

	/* the release of the first word below keeps this store before it */
	atomic_store_explicit(&cell->version, version + 1, memory_order_relaxed);
	atomic_store_explicit(&cell->request, facts, memory_order_release);
	store(cell->context, &s->context, sizeof(s->context));
	store(cell->tracestate, s->tracestate, s->tracestate_len);
	/* release: pairs with the acquire in gt_served_get(); the words are complete */
	atomic_store_explicit(&cell->version, version + 2, memory_order_release);
}

bool gt_served_get(const struct gt_served_cell *cell, uint32_t request, struct gt_served *out)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		uint32_t version = atomic_load_explicit(&cell->version, memory_order_acquire);
		uint64_t facts = atomic_load_explicit(&cell->request, memory_order_acquire);

		if ((uint32_t)facts != request)
			return false;
		if (version & 1)
			continue;
		out->is_remote = (facts & REMOTE) != 0;
		out->tracestate_len = (uint16_t)(facts >> LEN_SHIFT & 0x7fff);
		if (out->tracestate_len > GT_TRACESTATE_MAX)
			continue;
		load(&out->context, cell->context, sizeof(out->context));
		load(out->tracestate, cell->tracestate, out->tracestate_len);
		/* the acquires above keep this load after them */
		if (atomic_load_explicit(&cell->version, memory_order_relaxed) == version)
			return true;
	}
	return false;
}
