/*
 * The spool of this process: a file in memory that holds the pool, so that a kill loses nothing that was finished.
 *
 * It is made at the first exchange of interest, and removed at the end when everything has reached its destination.
 * After a kill, the launcher, the next process of the same user with the same destination, or `gentap flush` reads it.
 * Without a private folder in memory, under a seccomp filter, on a full file system, or with GENTAP_SPOOL=off, the pool
 * uses anonymous pages. A kill then loses what was not sent.
 *
 * A child has the same pages. fork's handlers drop them there; in any other child gt_owner_mark() puts gentap to sleep.
 * Before Linux 4.14 that mark does not exist, and a process has no spool.
 *
 * Every page is allocated before it is touched: a full file system must give an error, not SIGBUS.
 */
#ifndef GT_SPOOL_H
#define GT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gt_spool_head;

/* Allows a spool of that many bytes. Until then the pool has anonymous pages. Called by the constructor. */
void gt_spool_init(uint64_t bytes);

/* Allocates `size` bytes of the file, at `offset` after its head. NULL without a spool or space; the same address for
 * the same offset. The first call makes the file. Any thread; makes system calls, waits for nothing. */
char *gt_spool_extend(uint64_t offset, size_t size);

/* Any thread. */
void gt_spool_note_class(uint32_t segment, unsigned class);
bool gt_spool_is_open(void);

/* The head, for the exporter; NULL without a spool. */
struct gt_spool_head *gt_spool_head(void);

/* Removes the file. The pages stay mapped, so events stay valid. Exporter thread, or the thread that exits. */
void gt_spool_remove(void);

/* In a forked child, single-threaded: forgets the parent's spool. */
void gt_spool_after_fork(void);

#endif
