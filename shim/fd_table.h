/*
 * Maps descriptors to connections. One word per descriptor, so that an ignored call costs one load.
 *
 * An entry begins at connect or accept. It ends at close, at a dup2 onto it, or when another socket appears under its
 * number. The hooks can miss a close: libuv closes by raw system call, and a vfork child shares this memory. So the
 * kernel's socket number is compared whenever bytes matter. Other descriptors (inherited, passed, opened) have no
 * entry and are ignored.
 *
 * Threads: any application thread; lock-free.
 */
#ifndef GT_FD_TABLE_H
#define GT_FD_TABLE_H

#include "shim/conn.h"

#define GT_FD_MAX 65536 /* higher descriptors are ignored */

/* Bits of an entry. Between them and the connection's index + 1 (0 before the first byte) is the serial. */
#define GT_FD_TX      (1u << 31) /* look at sent bytes */
#define GT_FD_RX      (1u << 30) /* look at received bytes */
#define GT_FD_INBOUND (1u << 29) /* accepted, not connected */

/* Tells one user of a number from the next. A receive call may wait while another thread closes the socket and the
 * number is given out again. The call then returns with bytes of the old socket. */
#define GT_FD_SERIAL	 (0xffffu << GT_FD_INDEX_BITS)
#define GT_FD_INDEX_BITS 13

extern _Atomic uint32_t gt_fd_entries[GT_FD_MAX];

static inline uint32_t gt_fd_entry(int fd)
{
	return (unsigned)fd < GT_FD_MAX ? atomic_load_explicit(&gt_fd_entries[fd], memory_order_relaxed) : 0;
}

/* Do both entries of one number belong to the same connection? */
static inline bool gt_fd_is_same(uint32_t a, uint32_t b)
{
	return ((a ^ b) & GT_FD_SERIAL) == 0;
}

/* connect or accept has made a connection of `fd`, or is making it. */
void gt_fd_open(int fd, enum gt_role role);

/* The number no longer refers to its connection: clears the entry and gives back its reference. */
void gt_fd_forget(int fd);

/* The same for every number from `first` to `last`; cheap when none has an entry. */
void gt_fd_forget_range(unsigned first, unsigned last);

/* dup: `to` is another number of `from`. */
void gt_fd_alias(int from, int to);

/* Gives the connection with a reference for the caller; NULL when the number has none or it is not worth following. A
 * new entry becomes a connection when `p` can begin an HTTP request; otherwise it is cleared for good. */
struct gt_conn *gt_fd_conn(int fd, const char *p, size_t len);

/* Sets the receive bit when a response must be copied. Clears the entry when the connection is over. */
void gt_fd_update(int fd, struct gt_conn *c);

void gt_fd_after_fork(void);

#endif
