/*
 * Maps descriptors to connections. One word per descriptor, so that an ignored call costs one load.
 *
 * A number is in one of four states:
 *
 *	unknown		no hook saw where it came from: inherited by exec or fork, passed by another process, or a file.
 *			The first call that moves bytes decides, after it was made: a stream socket whose bytes begin
 *			an HTTP request becomes a connection. Otherwise the number is ignored.
 *	opened		connect or accept made a connection of it, and its first bytes have not passed.
 *	followed	it has a connection.
 *	ignored		not worth following, until a hook gives the number a new meaning.
 *
 * The hooks can miss a close: libuv closes by raw system call, and a vfork child shares this memory. So the kernel's
 * socket number is compared whenever bytes matter. It is not compared for bytes that are only counted.
 *
 * Threads: any application thread; lock-free.
 */
#ifndef GT_FD_TABLE_H
#define GT_FD_TABLE_H

#include "shim/conn.h"

#define GT_FD_MAX 65536 /* higher descriptors are ignored */

/* Bits of an entry, which is 0 for an unknown number that was never opened. Between them and the connection's index + 1
 * (or 0) is the serial. */
#define GT_FD_IGNORED (1u << 31)
#define GT_FD_UNHEARD (1u << 30) /* received bytes are of no interest at present */
#define GT_FD_INBOUND (1u << 29) /* accepted, not connected */
#define GT_FD_OPENED  (1u << 28) /* connect or accept made it */
#define GT_FD_STDIO   (1u << 27) /* opened: a FILE was made of it before its first bytes passed */
#define GT_FD_FILE    (1u << 27) /* ignored: so far only read and write were called. send and recv show that it is a socket */

/* Tells one user of a number from the next. A receive call may wait while another thread closes the socket and the
 * number is given out again. The call then returns with bytes of the old socket. */
#define GT_FD_SERIAL	 (0x3fffu << GT_FD_INDEX_BITS)
#define GT_FD_INDEX_BITS 13
#define GT_FD_INDEX	 ((1u << GT_FD_INDEX_BITS) - 1)

extern _Atomic uint32_t gt_fd_entries[GT_FD_MAX];

static inline uint32_t gt_fd_entry(int fd)
{
	return (unsigned)fd < GT_FD_MAX ? atomic_load_explicit(&gt_fd_entries[fd], memory_order_relaxed) : GT_FD_IGNORED;
}

/* Do both entries of one number belong to the same connection? */
static inline bool gt_fd_is_same(uint32_t a, uint32_t b)
{
	return ((a ^ b) & GT_FD_SERIAL) == 0;
}

static inline bool gt_fd_is_ignored(uint32_t entry)
{
	return (entry & GT_FD_IGNORED) != 0;
}

/* The same for calls that only sockets take: a file's number may have become a socket's without a hook. */
static inline bool gt_fd_is_ignored_socket(uint32_t entry)
{
	return (entry & (GT_FD_IGNORED | GT_FD_FILE)) == GT_FD_IGNORED;
}

static inline bool gt_fd_is_unknown(uint32_t entry)
{
	return !(entry & (GT_FD_IGNORED | GT_FD_OPENED | GT_FD_INDEX));
}

/* Opened or followed: it must be forgotten when the number is closed. */
static inline bool gt_fd_is_held(uint32_t entry)
{
	return !gt_fd_is_ignored(entry) && (entry & (GT_FD_OPENED | GT_FD_INDEX));
}

/* connect or accept has made a connection of `fd`, or is making it. */
void gt_fd_open(int fd, enum gt_role role);

/* The number has another descriptor now, and no hook saw where that came from. */
void gt_fd_arrived(int fd);

/* The number is about to lose its connection: gives back its reference. Call before the number is free. */
void gt_fd_forget(int fd);

/* The same when it has another descriptor by now. */
void gt_fd_replaced(int fd);

/* The same for every number from `first` to `last`. What was ignored there is unknown. */
void gt_fd_forget_range(unsigned first, unsigned last);

/* What the number refers to is not worth following. This and gt_fd_unignore may be called in a vfork child too, whose
 * numbers may differ: the worst is a span too few, or a connection that is looked at twice. */
void gt_fd_ignore(int fd, uint32_t entry, bool is_file);

/* An ignored number is about to be free: what gets it next is unknown. */
static inline void gt_fd_unignore(int fd)
{
	uint32_t entry = gt_fd_entry(fd);

	/* when one thread closes a number twice, another may have opened it in between */
	if ((unsigned)fd < GT_FD_MAX && gt_fd_is_ignored(entry))
		atomic_compare_exchange_strong_explicit(&gt_fd_entries[fd], &entry, entry & GT_FD_SERIAL, memory_order_relaxed,
							memory_order_relaxed);
}

/* The connection is over; the number may live on. */
void gt_fd_leave(int fd);

/* dup: `to` is another number of `from`. `before` is the entry of `to` before it was: another thread may have closed and
 * opened it since. */
void gt_fd_alias(int from, int to, uint32_t before);

/* A stdio stream is made of the number. */
void gt_fd_note_stdio(int fd);

/* Gives the connection with a reference for the caller; NULL when the number has none or it is not worth following. An
 * opened number becomes a connection when `p` can begin an HTTP request. It stays opened when `p` belongs to a SOCKS
 * handshake, and is ignored otherwise. Compares the kernel's socket number. */
struct gt_conn *gt_fd_conn(int fd, const char *p, size_t len);

/* The same for a number that is followed, without comparing. */
struct gt_conn *gt_fd_conn_unchecked(int fd);

/* May the first bytes of an unknown number be looked at closer? They have passed, so they can be read. No system call. */
bool gt_fd_may_begin(const char *p, size_t len);

/* The first bytes under an unknown number may begin a request. Gives its connection with a reference for the caller, or
 * ignores the number and gives NULL. NULL also for a SOCKS handshake, after which the number is opened. `entry` is what
 * the caller found. */
struct gt_conn *gt_fd_adopt(int fd, uint32_t entry, enum gt_role role, const char *p, size_t len);

/* Watches received bytes or not, as the connection wants. Ignores the number when the connection is over. */
void gt_fd_update(int fd, struct gt_conn *c);

/* Was there ever an entry in this process? */
bool gt_fd_has_entries(void);

/* At the end of the process: counts open connections whose bytes passed unseen. */
void gt_fd_count_unseen(void);

void gt_fd_after_fork(void);

#endif
