#include "shim/fd_table.h"

#include <unistd.h>

#include "shim/http2.h"
#include "shim/readable.h"
#include "shim/shared/check.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/socket_id.h"
#include "shim/socks.h"
#include "shim/unread.h"

GT_STATIC_ASSERT(GT_CONN_MAX <= GT_FD_INDEX, "an entry holds every index + 1");

_Atomic uint32_t gt_fd_entries[GT_FD_MAX];
static _Atomic uint32_t opened;	 /* the last serial */
static _Atomic int highest = -1; /* no number above this has had an entry other than 0 */

static void note_highest(int fd)
{
	int top = atomic_load_explicit(&highest, memory_order_relaxed);

	while (fd > top &&
	       !atomic_compare_exchange_weak_explicit(&highest, &top, fd, memory_order_relaxed, memory_order_relaxed))
		;
}

static uint32_t next_serial(void)
{
	return (atomic_fetch_add_explicit(&opened, 1, memory_order_relaxed) + 1) << GT_FD_INDEX_BITS & GT_FD_SERIAL;
}

static void set(int fd, uint32_t entry)
{
	note_highest(fd);
	atomic_store_explicit(&gt_fd_entries[fd], entry, memory_order_release);
}

static bool replace(int fd, uint32_t entry, uint32_t with)
{
	return atomic_compare_exchange_strong(&gt_fd_entries[fd], &entry, with);
}

static struct gt_conn *conn_of(uint32_t entry)
{
	return !gt_fd_is_ignored(entry) && entry & GT_FD_INDEX ? gt_conn_at((entry & GT_FD_INDEX) - 1) : NULL;
}

/* ---------------------------------------------------------------- bytes that no hook saw */

static void count_unseen(void)
{
	if (gt_stat_get(GT_STAT_CONN_UNSEEN) == 0)
		gt_log(GT_LOG_CONN, GT_LOG_INFO,
		       "a connection's bytes pass in calls that gentap does not see: stdio, io_uring or raw system calls");
	gt_stat_add(GT_STAT_CONN_UNSEEN, 1);
}

/* The number loses its connection. Counts it when no hook has seen a byte of it, and bytes have passed. `is_there`: it
 * still refers to the socket. */
static void check_unseen(int fd, uint32_t entry, bool is_there)
{
	struct gt_conn *c = conn_of(entry);

	if (c && (gt_conn_has_bytes(c) || gt_conn_has_alias(c)))
		return;
	if (entry & GT_FD_STDIO || (is_there && gt_socket_has_passed(fd, entry & GT_FD_INBOUND)))
		count_unseen();
}

void gt_fd_note_stdio(int fd)
{
	uint32_t entry = gt_fd_entry(fd);

	if (gt_fd_is_held(entry))
		replace(fd, entry, entry | GT_FD_STDIO);
}

bool gt_fd_has_entries(void)
{
	return atomic_load_explicit(&highest, memory_order_relaxed) >= 0;
}

void gt_fd_count_unseen(void)
{
	int top = atomic_load_explicit(&highest, memory_order_relaxed);

	for (int fd = 0; fd <= top; fd++)
		if (gt_fd_is_held(gt_fd_entry(fd)))
			check_unseen(fd, gt_fd_entry(fd), true);
}

/* ---------------------------------------------------------------- the life of an entry */

/* The number is not held any more. */
static void drop(int fd, uint32_t with, bool is_there)
{
	uint32_t was = gt_fd_entry(fd);
	struct gt_conn *c;

	if (!gt_fd_is_held(was))
		return;
	check_unseen(fd, was, is_there);
	was = atomic_exchange_explicit(&gt_fd_entries[fd], with, memory_order_acq_rel);
	c = conn_of(was);
	if (c)
		gt_conn_close(c);
}

void gt_fd_forget(int fd)
{
	drop(fd, next_serial(), true);
}

void gt_fd_replaced(int fd)
{
	drop(fd, next_serial(), false);
}

void gt_fd_leave(int fd)
{
	drop(fd, GT_FD_IGNORED | next_serial(), true);
}

void gt_fd_forget_range(unsigned first, unsigned last)
{
	unsigned top = (unsigned)(atomic_load_explicit(&highest, memory_order_relaxed) + 1);

	for (unsigned fd = first; fd < top && fd <= last; fd++) {
		if (gt_fd_is_ignored(gt_fd_entry((int)fd)))
			gt_fd_unignore((int)fd);
		else
			gt_fd_forget((int)fd);
	}
}

void gt_fd_ignore(int fd, uint32_t entry, bool is_file)
{
	if ((unsigned)fd >= GT_FD_MAX)
		return;
	note_highest(fd);
	replace(fd, entry, GT_FD_IGNORED | (is_file ? GT_FD_FILE : 0) | (entry & GT_FD_SERIAL));
}

void gt_fd_open(int fd, enum gt_role role)
{
	if ((unsigned)fd >= GT_FD_MAX) {
		if (fd >= 0)
			gt_conn_no_room();
		return;
	}
	gt_fd_replaced(fd);
	set(fd, GT_FD_OPENED | (role == GT_ROLE_INBOUND ? GT_FD_INBOUND : GT_FD_UNHEARD) | next_serial());
}

void gt_fd_arrived(int fd)
{
	if ((unsigned)fd >= GT_FD_MAX)
		return;
	gt_fd_replaced(fd);
	set(fd, next_serial());
}

/* How the connection of an entry begins: with a request, at an unknown point, or with the preface of HTTP/2. */
enum beginning { FIRST_REQUEST, SOMEWHERE, HTTP2 };

/* Makes a connection for an entry without one. Gives a reference to the caller; NULL when it is not worth following. */
static struct gt_conn *begin(int fd, uint32_t entry, enum gt_role role, enum beginning how)
{
	struct gt_conn *c = NULL;
	uint32_t with;

	if (gt_socket_is_stream(fd))
		c = how == HTTP2 ? gt_conn_new_http2(false) : gt_conn_new(role, false);

	if (!c) {
		gt_fd_ignore(fd, entry, false);
		return NULL;
	}
	gt_conn_set_socket(c, fd, gt_socket_number(fd));
	if (how == SOMEWHERE)
		gt_conn_guess(c);
	gt_conn_ref(c); /* for the caller; gt_conn_new made the table's reference */
	note_highest(fd);
	with = entry & ~(gt_fd_is_ignored(entry) ? GT_FD_IGNORED | GT_FD_FILE : 0);
	with |= (gt_conn_index(c) + 1) | (role == GT_ROLE_INBOUND ? GT_FD_INBOUND : 0);
	if (!replace(fd, entry, with)) {
		/* another thread closed or reopened it meanwhile */
		gt_conn_unref(c);
		gt_conn_unref(c);
		return NULL;
	}
	return c;
}

/* First bytes of an opened connection: follow it, or ignore it for good. */
static struct gt_conn *decide(int fd, uint32_t entry, const char *p, size_t len)
{
	enum gt_role role = entry & GT_FD_INBOUND ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND;
	struct gt_conn *c;

	if (len > GT_CONN_HEAD_MAX)
		len = GT_CONN_HEAD_MAX;
	if (!gt_is_readable(p, len))
		return NULL; /* the entry stays new: the call will fail */
	if (gt_http2_may_begin(role, p, len) && (c = begin(fd, entry, role, HTTP2)))
		return c;
	if (gt_conn_may_be_http(p, len))
		return begin(fd, entry, role, FIRST_REQUEST);
	if (!gt_socks_is_request(p, len)) { /* else the proxy's client comes first, and then what is sent through the proxy */
		if (role == GT_ROLE_OUTBOUND)
			gt_unread_begin(fd, p, len);
		else
			gt_unread_accepted(p, len);
		gt_fd_ignore(fd, entry, false);
	}
	return NULL;
}

bool gt_fd_may_begin(const char *p, size_t len)
{
	return gt_conn_begins_http(p, len < GT_CONN_HEAD_MAX ? len : GT_CONN_HEAD_MAX) || gt_socks_is_request(p, len);
}

struct gt_conn *gt_fd_adopt(int fd, uint32_t entry, enum gt_role role, const char *p, size_t len)
{
	struct gt_conn *c;

	if (gt_socks_is_request(p, len)) { /* connect was not seen either: torsocks calls libc's */
		if (role == GT_ROLE_OUTBOUND && gt_socket_is_stream(fd))
			gt_fd_open(fd, role);
		else
			gt_fd_ignore(fd, entry, false); /* a proxy */
		return NULL;
	}
	c = begin(fd, entry, role, SOMEWHERE);

	/* started by inetd or systemd: it receives under one standard number and answers under another */
	if (c && fd == STDIN_FILENO && gt_fd_is_unknown(gt_fd_entry(STDOUT_FILENO)) && gt_conn_socket(c) &&
	    gt_socket_number(STDOUT_FILENO) == gt_conn_socket(c))
		gt_fd_alias(STDIN_FILENO, STDOUT_FILENO, gt_fd_entry(STDOUT_FILENO));
	return c;
}

/* ---------------------------------------------------------------- copies */

void gt_fd_alias(int from, int to, uint32_t before)
{
	uint32_t entry = gt_fd_entry(from);
	struct gt_conn *c = conn_of(entry);

	if (from == to || to < 0)
		return;
	if (to >= GT_FD_MAX) {
		if (gt_fd_is_held(entry))
			gt_conn_no_room();
		return;
	}
	if (gt_fd_is_same(gt_fd_entry(to), before)) {
		gt_fd_replaced(to);
		before = gt_fd_entry(to);
	}
	/* Copied before its first bytes, for example to get one stdio stream for reading and one for writing. Both
	 * numbers must then know what the connection is, so it begins now. */
	if (gt_fd_is_held(entry) && !c &&
	    (c = begin(from, entry, entry & GT_FD_INBOUND ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND, FIRST_REQUEST))) {
		gt_conn_unref(c);
		entry = gt_fd_entry(from);
		c = conn_of(entry); /* whatever it refers to by now */
	}
	if (!c || !gt_conn_alias(c)) {
		/* a copy of what is not followed is not followed, and one of an unknown number is unknown */
		if (gt_fd_is_ignored(entry) || gt_fd_is_unknown(entry))
			replace(to, before, (entry & GT_FD_IGNORED) | (before & GT_FD_SERIAL));
		return;
	}
	/* from now on both numbers watch all bytes: a call on one number cannot let the other hear */
	while (!atomic_compare_exchange_weak(&gt_fd_entries[from], &entry, entry & ~GT_FD_UNHEARD)) {
		if (conn_of(entry) != c) { /* another thread closed it meanwhile and gave its reference back */
			gt_conn_close(c);
			return;
		}
	}
	note_highest(to);
	if (!replace(to, before, entry & ~GT_FD_UNHEARD))
		gt_conn_close(c);
}

/* ---------------------------------------------------------------- use */

static uint32_t entry_of(int fd)
{
	return (unsigned)fd < GT_FD_MAX ? atomic_load_explicit(&gt_fd_entries[fd], memory_order_acquire) : GT_FD_IGNORED;
}

static struct gt_conn *hold(int fd, uint32_t entry)
{
	struct gt_conn *c = conn_of(entry);

	if (!c || !gt_conn_ref(c))
		return NULL;
	if (gt_fd_entry(fd) != entry) { /* the slot may belong to another connection by now */
		gt_conn_unref(c);
		return NULL;
	}
	return c;
}

struct gt_conn *gt_fd_conn_unchecked(int fd)
{
	return hold(fd, entry_of(fd));
}

struct gt_conn *gt_fd_conn(int fd, const char *p, size_t len)
{
	uint32_t entry = entry_of(fd);
	struct gt_conn *c;

	if (!gt_fd_is_held(entry))
		return NULL;
	if (!conn_of(entry))
		return len ? decide(fd, entry, p, len) : NULL;
	c = hold(fd, entry);
	if (c && gt_conn_socket(c) && gt_conn_socket(c) != gt_socket_number(fd)) {
		gt_conn_unref(c);
		gt_fd_replaced(fd);
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
		gt_fd_leave(fd);
		return;
	}
	want = gt_rx_is_wanted(c) || gt_conn_is_aliased(c) ? entry & ~GT_FD_UNHEARD : entry | GT_FD_UNHEARD;
	if (want != entry)
		replace(fd, entry, want);
}

void gt_fd_after_fork(void)
{
	int top = atomic_load_explicit(&highest, memory_order_relaxed);

	/* the child has copies of the parent's descriptors: their connections are unknown to it, and may carry requests of
	 * its own */
	for (int fd = 0; fd <= top; fd++)
		if (!gt_fd_is_ignored(gt_fd_entry(fd)))
			atomic_store_explicit(&gt_fd_entries[fd], 0, memory_order_relaxed);
}
