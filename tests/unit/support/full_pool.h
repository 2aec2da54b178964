/* A hand-off without room: takes every block of the pool and gives the blocks back. */
#ifndef GT_FULL_POOL_H
#define GT_FULL_POOL_H

void gt_pool_fill(void);

/* Give back one block: the first that was taken, a large one, or the last. */
void gt_pool_free_first(void);
void gt_pool_free_last(void);

void gt_pool_empty(void);

#endif
