#include "shim/tls_table.h"

#include "shim/http2.h"
#include "shim/shared/check.h"

#define SLOTS  8192
#define WINDOW 16 /* two cache lines of keys; a full window means thousands of sessions: the new session is ignored */

static struct {
	_Atomic uintptr_t key; /* 0: free */
	_Atomic uint32_t entry;
	_Atomic uint32_t owners; /* beyond the first */
} slots[SLOTS + WINDOW];

static size_t home_of(const void *ssl)
{
	/* sessions are heap blocks: the low bits carry no information */
	return (size_t)(((uintptr_t)ssl >> 4) * 0x9e3779b97f4a7c15ULL >> 51) & (SLOTS - 1);
}

static int slot_of(const void *ssl)
{
	size_t home = home_of(ssl);

	for (size_t i = home; i < home + WINDOW; i++)
		if (atomic_load_explicit(&slots[i].key, memory_order_acquire) == (uintptr_t)ssl)
			return (int)i;
	return -1;
}

uint32_t gt_tls_entry(const void *ssl)
{
	int i = slot_of(ssl);

	return i < 0 ? 0 : atomic_load_explicit(&slots[i].entry, memory_order_acquire);
}

bool gt_tls_is_known(const void *ssl)
{
	return slot_of(ssl) >= 0;
}

/* The slot of `ssl`, if need be a free slot that it gets; -1 when the window is full. */
static int add(const void *ssl)
{
	size_t home = home_of(ssl);
	int known = slot_of(ssl);

	if (known >= 0)
		return known;
	for (size_t i = home; i < home + WINDOW; i++) {
		uintptr_t none = 0;

		if (atomic_load_explicit(&slots[i].key, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong_explicit(&slots[i].key, &none, (uintptr_t)ssl, memory_order_acq_rel,
							    memory_order_relaxed))
			return (int)i;
	}
	return -1;
}

static bool insert(const void *ssl, uint32_t entry)
{
	int i = add(ssl);

	if (i >= 0)
		atomic_store_explicit(&slots[i].entry, entry, memory_order_release);
	return i >= 0;
}

void gt_tls_hold(const void *ssl)
{
	int i = add(ssl);

	if (i >= 0)
		atomic_fetch_add_explicit(&slots[i].owners, 1, memory_order_relaxed);
	else
		gt_stat_add(GT_STAT_CONN_FULL, 1);
}

bool gt_tls_release(const void *ssl)
{
	int i = slot_of(ssl);
	uint32_t owners = i < 0 ? 0 : atomic_load_explicit(&slots[i].owners, memory_order_relaxed);

	while (owners)
		if (atomic_compare_exchange_weak_explicit(&slots[i].owners, &owners, owners - 1, memory_order_acq_rel,
							  memory_order_relaxed))
			return false;
	return true;
}

struct gt_conn *gt_tls_adopt(const void *ssl, enum gt_role role, const char *p, size_t len)
{
	struct gt_conn *c = NULL;

	if (role == GT_ROLE_INBOUND ? gt_http2_may_answer(p, len) : gt_http2_may_begin(role, p, len))
		c = gt_conn_new_http2(true);
	else if (gt_conn_may_be_http(p, len))
		c = gt_conn_new(role, true);
	if (!insert(ssl, c ? gt_conn_index(c) + GT_TLS_CONN : GT_TLS_IGNORED)) {
		/* Without an entry, the session's next bytes will be taken for its first bytes. They are followed
		 * only when they look like the start of a request, and from there the exchange is followed correctly. */
		gt_conn_no_room();
		if (c)
			gt_conn_unref(c);
		return NULL;
	}
	if (c)
		gt_conn_ref(c);
	return c;
}

struct gt_conn *gt_tls_conn(const void *ssl, uint32_t entry)
{
	struct gt_conn *c = entry >= GT_TLS_CONN ? gt_conn_at(entry - GT_TLS_CONN) : NULL;

	if (!c || !gt_conn_ref(c))
		return NULL;
	if (gt_tls_entry(ssl) != entry) {
		gt_conn_unref(c);
		return NULL;
	}
	return c;
}

static void replace(const void *ssl, uint32_t with)
{
	int i = slot_of(ssl);
	struct gt_conn *c;
	uint32_t was;

	if (i < 0)
		return;
	was = atomic_exchange_explicit(&slots[i].entry, with, memory_order_acq_rel);
	if (!with && !atomic_load_explicit(&slots[i].owners, memory_order_relaxed))
		atomic_store_explicit(&slots[i].key, 0, memory_order_release);
	c = was >= GT_TLS_CONN ? gt_conn_at(was - GT_TLS_CONN) : NULL;
	if (c)
		gt_conn_close(c);
}

void gt_tls_ignore(const void *ssl)
{
	replace(ssl, GT_TLS_IGNORED);
}

void gt_tls_forget(const void *ssl)
{
	replace(ssl, 0);
}

void gt_tls_after_fork(void)
{
	for (size_t i = 0; i < SLOTS + WINDOW; i++)
		if (atomic_load_explicit(&slots[i].key, memory_order_relaxed)) {
			atomic_store_explicit(&slots[i].key, 0, memory_order_relaxed);
			atomic_store_explicit(&slots[i].entry, 0, memory_order_relaxed);
			atomic_store_explicit(&slots[i].owners, 0, memory_order_relaxed);
		}
}
