/*
 * Writes to the application's standard error.
 *
 * A write raises no signal (quiet_write.h), and never waits unless the caller allows it. Any thread; keeps errno; calls
 * no hooked function.
 */
#ifndef GT_STANDARD_ERROR_H
#define GT_STANDARD_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* For a thread with a descriptor table of its own (own_descriptors.h): opens what number 2 is for the application's
 * threads. Gives a descriptor that the caller closes, or -1 when it cannot be opened. GT_STDERR_IS_2 when the caller
 * shares the application's table. */
typedef int gt_stderr_open_fn(void);

#define GT_STDERR_IS_2 (-2)

/* NULL, the initial state: descriptor 2 is right for every thread. */
void gt_stderr_set_open(gt_stderr_open_fn *fn);

#define GT_STDERR_MARK_ROOM 48

/* What descriptor 2 refers to: the same text in every process that has inherited it. False when it is closed. */
bool gt_stderr_mark(char mark[GT_STDERR_MARK_ROOM]);

/* Writes all of it. Returns false when it wrote nothing or only a part: the descriptor is closed, or it is full and
 * the call may not wait, or it stayed full for a second. */
bool gt_stderr_write(const char *p, size_t len, bool may_wait);

#endif
