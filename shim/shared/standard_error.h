/*
 * The application's standard error, as something to write to and not to depend on.
 *
 * A write of ours never raises SIGPIPE, and never waits unless it may. Any thread; keeps errno; calls nothing that is hooked.
 */
#ifndef GT_STANDARD_ERROR_H
#define GT_STANDARD_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Opens what number 2 is to the application's threads, for a thread with numbers of its own (own_numbers.h). Gives a descriptor that
 * the caller closes, -1 when there is none, or GT_STDERR_IS_2 when the caller's numbers are the application's. */
typedef int gt_stderr_open_fn(void);

#define GT_STDERR_IS_2 (-2)

/* NULL, as it is in the beginning: number 2 is right for everybody. */
void gt_stderr_set_open(gt_stderr_open_fn *fn);

/* Writes it all, or says false: closed, full (when it may not wait, or has waited for a second), or half written. */
bool gt_stderr_write(const char *p, size_t len, bool may_wait);

#endif
