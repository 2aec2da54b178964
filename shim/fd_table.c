#include "shim/fd_table.h"

#include <sys/socket.h>

#include "shim/readable.h"
#include "shim/shared/check.h"
#include "shim/socket_id.h"

#define INDEX ((1u << GT_FD_INDEX_BITS) - 1)

GT_STATIC_ASSERT(GT_CONN_MAX <= INDEX, "an entry holds every index + 1");

_Atomic uint32_t gt_fd_entries[GT_FD_MAX];
static _Atomic uint32_t opened;	 /* the last serial */
static _Atomic int highest = -1; /* no entry above this was ever set */

static void note_highest(int fd)
{
	int top = atomic_load_explicit(&highest, memory_order_relaxed);

	while (fd > top &&
	       !atomic_compare_exchange_weak_explicit(&highest, &top, fd, memory_order_relaxed, memory_order_relaxed))
		;
}

static void set(int fd, uint32_t entry)
{
	note_highest(fd);
	atomic_store_explicit(&gt_fd_entries[fd], entry, memory_order_release);
}

static struct gt_conn *conn_of(uint32_t entry)
{
	return entry & INDEX ? gt_conn_at((entry & INDEX) - 1) : NULL;
}

void gt_fd_forget(int fd)
{
	struct gt_conn *c;
	uint32_t was;

	if ((unsigned)fd >= GT_FD_MAX || !gt_fd_entry(fd))
		return;
	was = atomic_exchange_explicit(&gt_fd_entries[fd], 0, memory_order_acq_rel);
	c = conn_of(was);
	if (c)
		gt_conn_close(c);
}

void gt_fd_forget_range(unsigned first, unsigned last)
{
	unsigned top = (unsigned)(atomic_load_explicit(&highest, memory_order_relaxed) + 1);

	for (unsigned fd = first; fd < top && fd <= last; fd++)
		gt_fd_forget((int)fd);
}

void gt_fd_open(int fd, enum gt_role role)
{
	uint32_t serial = atomic_fetch_add_explicit(&opened, 1, memory_order_relaxed) << GT_FD_INDEX_BITS & GT_FD_SERIAL;

	if ((unsigned)fd >= GT_FD_MAX) {
		if (fd >= 0)
			gt_conn_no_room();
		return;
	}
	gt_fd_forget(fd);
	set(fd, (role == GT_ROLE_INBOUND ? GT_FD_RX | GT_FD_TX | GT_FD_INBOUND : GT_FD_TX) | serial);
}

static bool is_stream_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Makes a connection for an entry without one. Gives a reference to the caller; NULL when it is not worth following. */
static struct gt_conn *begin(int fd, uint32_t entry)
{
	enum gt_role role = entry & GT_FD_INBOUND ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND;
	struct gt_conn *c = is_stream_socket(fd) ? gt_conn_new(role, false) : NULL;

	if (!c) {
		atomic_compare_exchange_strong(&gt_fd_entries[fd], &entry, 0);
		return NULL;
	}
	gt_conn_set_socket(c, fd, gt_socket_number(fd));
	gt_conn_ref(c); /* for the caller; gt_conn_new made the table's reference */
	if (!atomic_compare_exchange_strong(&gt_fd_entries[fd], &entry, entry | (gt_conn_index(c) + 1))) {
		/* another thread closed or reopened it meanwhile */
		gt_conn_unref(c);
		gt_conn_unref(c);
		return NULL;
	}
	return c;
}

/* First bytes of a connection: follow it, or clear the entry for good. */
static struct gt_conn *adopt(int fd, uint32_t entry, const char *p, size_t len)
{
	if (len > GT_CONN_HEAD_MAX)
		len = GT_CONN_HEAD_MAX;
	if (!gt_is_readable(p, len))
		return NULL; /* the entry stays new: the call will fail */
	if (gt_conn_may_be_http(p, len))
		return begin(fd, entry);
	atomic_compare_exchange_strong(&gt_fd_entries[fd], &entry, 0);
	return NULL;
}

void gt_fd_alias(int from, int to)
{
	uint32_t entry = gt_fd_entry(from), free_entry = 0;
	struct gt_conn *c = conn_of(entry);

	if (from == to || (unsigned)to >= GT_FD_MAX)
		return;
	gt_fd_forget(to);
	/* Copied before its first bytes, for example to get one stdio stream for reading and one for writing. Both
	 * numbers must then know what the connection is, so it begins now. */
	if (entry && !c && (c = begin(from, entry))) {
		gt_conn_unref(c);
		entry = gt_fd_entry(from);
		c = conn_of(entry); /* whatever it refers to by now */
	}
	if (!c || !gt_conn_alias(c))
		return;
	/* from now on both numbers watch all bytes: a call on one number cannot set the receive bit of the other */
	while (!atomic_compare_exchange_weak(&gt_fd_entries[from], &entry, entry | GT_FD_RX)) {
		if (conn_of(entry) != c) { /* another thread closed it meanwhile and gave its reference back */
			gt_conn_close(c);
			return;
		}
	}
	note_highest(to);
	if (!atomic_compare_exchange_strong(&gt_fd_entries[to], &free_entry, entry | GT_FD_RX))
		gt_conn_close(c);
}

struct gt_conn *gt_fd_conn(int fd, const char *p, size_t len)
{
	uint32_t entry = (unsigned)fd < GT_FD_MAX ? atomic_load_explicit(&gt_fd_entries[fd], memory_order_acquire) : 0;
	struct gt_conn *c = conn_of(entry);

	if (!entry)
		return NULL;
	if (!c)
		return len ? adopt(fd, entry, p, len) : NULL;
	if (!gt_conn_ref(c))
		return NULL;
	if (gt_fd_entry(fd) != entry) { /* the slot may belong to another connection by now */
		gt_conn_unref(c);
		return NULL;
	}
	if (gt_conn_socket(c) && gt_conn_socket(c) != gt_socket_number(fd)) {
		gt_conn_unref(c);
		gt_fd_forget(fd);
		return NULL;
	}
	return c;
}

void gt_fd_update(int fd, struct gt_conn *c)
{
	uint32_t entry = gt_fd_entry(fd), want;

	if (conn_of(entry) != c)
		return;
	if (gt_conn_is_over(c)) {
		gt_fd_forget(fd);
		return;
	}
	want = gt_rx_is_wanted(c) || gt_conn_is_aliased(c) ? entry | GT_FD_RX : entry & ~GT_FD_RX;
	if (want != entry)
		atomic_compare_exchange_strong(&gt_fd_entries[fd], &entry, want);
}

void gt_fd_after_fork(void)
{
	int top = atomic_load_explicit(&highest, memory_order_relaxed);

	for (int fd = 0; fd <= top; fd++)
		atomic_store_explicit(&gt_fd_entries[fd], 0, memory_order_relaxed);
	atomic_store_explicit(&highest, -1, memory_order_relaxed);
}
