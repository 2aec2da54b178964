/*
 * Which descriptor is which connection. One word per descriptor, so that a call we ignore costs one load.
 *
 * An entry starts at connect or accept and ends at close, dup2 onto it, or when another socket turns up under its number: a
 * close can escape us (libuv closes by raw system call, a vfork child shares our memory), so the kernel's socket number is
 * compared whenever bytes matter. Descriptors from elsewhere (inherited, passed, opened) have no entry and are left alone.
 */
#ifndef GT_FD_TABLE_H
#define GT_FD_TABLE_H

#include "shim/conn.h"

#define GT_FD_MAX 65536 /* higher descriptors are left alone */

/* Bits of an entry; between them and the connection's index + 1 (0 before the first byte) is the serial. */
#define GT_FD_TX      (1u << 31) /* what is sent must be looked at */
#define GT_FD_RX      (1u << 30) /* what is received must be looked at */
#define GT_FD_INBOUND (1u << 29) /* accepted, not connected */

/* Tells one user of a number from the next: a receive call may wait on a socket whose number is closed by another thread, and
 * given out again, before it returns with bytes of the first one. */
#define GT_FD_SERIAL	 (0xffffu << GT_FD_INDEX_BITS)
#define GT_FD_INDEX_BITS 13

extern _Atomic uint32_t gt_fd_entries[GT_FD_MAX];

static inline uint32_t gt_fd_entry(int fd)
{
	return (unsigned)fd < GT_FD_MAX ? atomic_load_explicit(&gt_fd_entries[fd], memory_order_relaxed) : 0;
}

/* Do both entries of one number stand for the same connection? */
static inline bool gt_fd_is_same(uint32_t a, uint32_t b)
{
	return ((a ^ b) & GT_FD_SERIAL) == 0;
}

/* connect or accept has made (or is making) a connection of it. */
void gt_fd_open(int fd, enum gt_role role);

/* The number no longer stands for what it stood for. */
void gt_fd_forget(int fd);

/* Every number from `first` to `last`; cheap when there is nothing. */
void gt_fd_forget_range(unsigned first, unsigned last);

/* dup: `to` is another number of `from`. */
void gt_fd_alias(int from, int to);

/* The connection, with a reference for the caller; NULL when there is none or it is not worth following. A fresh entry
 * becomes a connection when `p` can begin an HTTP request, and is cleared for good when it cannot. */
struct gt_conn *gt_fd_conn(int fd, const char *p, size_t len);

/* Sets the receive bit when a response is to be copied, clears the entry when the connection is over. */
void gt_fd_update(int fd, struct gt_conn *c);

void gt_fd_after_fork(void);

#endif
