/*
 * Feeds an input whole, cut in two at every place, cut in three at many places, and byte by byte. A parser must give the
 * same result each time.
 */
#ifndef GT_EVERY_SPLIT_H
#define GT_EVERY_SPLIT_H

#include <stddef.h>

/* One run: `n` pieces in their order. Each piece is a copy that ends at a guard page (guard_page.h). */
typedef void gt_split_fn(void *user, const char *const piece[], const size_t len[], int n);

void gt_every_split(const char *p, size_t len, gt_split_fn *run, void *user);

#endif
