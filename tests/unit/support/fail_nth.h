/*
 * Makes the n-th allocation fail. Linked with --wrap, so it sees the allocations of the modules under test, not those of libc.
 *
 *	for (int n = 1; gt_fail_nth(n); n++)	fails allocation n; ends when the last round made fewer than n
 *		... use the module, expect no crash and no leak ...
 */
#ifndef GT_FAIL_NTH_H
#define GT_FAIL_NTH_H

#include <stdbool.h>

/* Arms the n-th allocation from now on; 1 is the next. True for n == 1, or when the allocation armed before was reached.
 * Call gt_fail_none() before using cmocka's functions again. */
bool gt_fail_nth(int n);
void gt_fail_none(void);

/* Allocations since the last gt_fail_nth or gt_fail_none. */
int gt_fail_count(void);

#endif
