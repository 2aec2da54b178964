/*
 * Which of two functions of glibc a program means.
 *
 * glibc changes what a function does and keeps the former for objects that were built before: it has both under one
 * name, in two versions. Both kinds of object bind to the hook, which therefore chooses.
 *
 *	pthread_kill	since 2.34 the answer for a thread that has ended is 0, before ESRCH;
 *	posix_spawn	since 2.15 a file that the kernel cannot execute is an error, before it was given to a shell.
 *			posix_spawnp likewise. Not on processors that glibc supports for less long.
 */
#ifndef GT_OLD_LIBC_H
#define GT_OLD_LIBC_H

enum gt_old_libc { GT_OLD_PTHREAD_KILL, GT_OLD_POSIX_SPAWN, GT_OLD_POSIX_SPAWNP, GT_OLD_FUNCTIONS };

/* Once, from the constructor, after gt_real_init. */
void gt_old_libc_init(void);

/* The old function when the object with `address` was built for it, else NULL. Safe in a signal handler from glibc
 * 2.35. */
void *gt_old_libc_for(enum gt_old_libc which, const void *address);

#endif
