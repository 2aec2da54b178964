#include "shim/session_note.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "shim/write_retry.h"

#define SLOTS  512
#define WINDOW 8

static struct {
	_Atomic uintptr_t key; /* 0: free */
	struct gt_session_note note;
} slots[SLOTS + WINDOW];

static size_t home_of(const void *session)
{
	/* sessions are heap blocks: the low bits carry no information */
	return (size_t)(((uintptr_t)session >> 4) * 0x9e3779b97f4a7c15ULL >> 55) & (SLOTS - 1);
}

static int slot_of(const void *session)
{
	size_t home = home_of(session);

	for (size_t i = home; session && i < home + WINDOW; i++)
		/* acquire: pairs with the release of the thread that added it */
		if (atomic_load_explicit(&slots[i].key, memory_order_acquire) == (uintptr_t)session)
			return (int)i;
	return -1;
}

struct gt_session_note *gt_session_note_of(const void *session)
{
	int i = slot_of(session);

	return i < 0 ? NULL : &slots[i].note;
}

struct gt_session_note *gt_session_note_add(const void *session)
{
	size_t home = home_of(session);
	int known = slot_of(session);

	if (known >= 0)
		return &slots[known].note;
	for (size_t i = home; session && i < home + WINDOW; i++) {
		uintptr_t none = 0;

		if (atomic_compare_exchange_strong_explicit(&slots[i].key, &none, (uintptr_t)session, memory_order_acq_rel,
							    memory_order_relaxed))
			return &slots[i].note;
	}
	return NULL;
}

void gt_session_note_drop(const void *session)
{
	int i = slot_of(session);

	if (i < 0)
		return;
	if (slots[i].note.refused)
		free(slots[i].note.refused);
	slots[i].note = (struct gt_session_note){ .refused = NULL };
	atomic_store_explicit(&slots[i].key, 0, memory_order_release);
}

void gt_session_note_refused(struct gt_session_note *n, const char *p, size_t len)
{
	if (n->refused)
		free(n->refused);
	n->refused_len = len < GT_WRITE_RETRY_COPY_MAX ? len : GT_WRITE_RETRY_COPY_MAX;
	n->refused = malloc(n->refused_len);
	if (n->refused)
		memcpy(n->refused, p, n->refused_len);
}
