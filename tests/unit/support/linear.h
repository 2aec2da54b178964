/*
 * Shows that the work on an input grows with its size and no faster: runs it for n, 2n and 4n and compares the steps that
 * the loops of the modules count (exporter/base/steps.h).
 */
#ifndef GT_LINEAR_H
#define GT_LINEAR_H

#include <stddef.h>

/* Works on an input of size `n`. */
typedef void gt_linear_fn(void *ctx, size_t n);

/* Fails with `what` when twice the size takes more than 2.3 times the steps. Fails as well when 4n takes more than `most`
 * steps a unit, or when the work is not counted. */
void gt_assert_linear(const char *what, gt_linear_fn *run, void *ctx, size_t n, unsigned most);

#endif
