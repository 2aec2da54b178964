/*
 * What the exporter's thread does not take over from the thread that starts it.
 *
 * glibc puts the static thread-local memory of all libraries on the stack of each thread. A program with much of it
 * needs larger stacks. A realtime policy, or one processor that the program has reserved for itself, is not for
 * gentap's work. A choice of several processors is the user's, and kept.
 */
#ifndef GT_THREAD_RULES_H
#define GT_THREAD_RULES_H

#include <stddef.h>

/* The size of a stack that has `room` bytes beside the thread-local memory. Application threads, outside any lock of
 * the loader. */
size_t gt_thread_stack_size(size_t room);

/* For the calling thread, one of gentap's. */
void gt_thread_leave_policy(void);

#endif
