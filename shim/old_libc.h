/*
 * Which pthread_kill a program means.
 *
 * glibc 2.34 changed the answer for a thread that has ended from ESRCH to 0, and kept the old function for objects that
 * were built before. Both kinds of object bind to the hook, which therefore chooses.
 */
#ifndef GT_PTHREAD_KILL_H
#define GT_PTHREAD_KILL_H

#include <pthread.h>

typedef int gt_pthread_kill_fn(pthread_t thread, int sig);

/* Once, from the constructor, after gt_real_init. */
void gt_pthread_kill_init(void);

/* The function that the object with `address` was built for. Safe in a signal handler from glibc 2.35. */
gt_pthread_kill_fn *gt_pthread_kill_for(const void *address);

#endif
