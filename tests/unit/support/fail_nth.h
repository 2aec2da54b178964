/*
 * Makes the n-th allocation fail. Linked with --wrap, so that it sees the allocations of the modules under test, not those of
 * libc itself.
 *
 *	for (int n = 1; gt_fail_nth(n); n++)	fails allocation n; the loop ends when the last round did not get that far
 *		... use the module, expect no crash and no leak ...
 */
#ifndef GT_FAIL_NTH_H
#define GT_FAIL_NTH_H

#include <stdbool.h>

/* Arms the n-th allocation from now on (1 is the next). Returns whether the allocation armed before was reached, true for
 * n == 1. Call gt_fail_none() before using cmocka's own functions again. */
bool gt_fail_nth(int n);
void gt_fail_none(void);

/* Allocations since the last gt_fail_nth or gt_fail_none. */
int gt_fail_count(void);

#endif
