/*
 * Runs a piece of a test in a forked child: for modules that read their settings once, and for behavior after fork. In the
 * child use gt_child_check instead of cmocka's asserts, which would jump into the parent's list of tests.
 */
#ifndef GT_IN_CHILD_H
#define GT_IN_CHILD_H

#include <stdio.h>
#include <unistd.h>

#define gt_child_check(x)                                                                 \
	do {                                                                              \
		if (!(x)) {                                                               \
			fprintf(stderr, "%s:%d: in child: %s\n", __FILE__, __LINE__, #x); \
			_exit(1);                                                         \
		}                                                                         \
	} while (0)

/* The child's exit status: 0 when `run` returned; -1 after a fatal signal, which SIGALRM is after 20 s. */
int gt_in_child(void (*run)(void *user), void *user);

/* The signal that killed the child; 0 when it ended by itself; -1 when fork failed. */
int gt_signal_of_child(void (*run)(void *user), void *user);

#endif
