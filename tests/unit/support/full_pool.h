/* A hand-off without room: takes every block of the pool and gives the blocks back. */
#ifndef GT_FULL_POOL_H
#define GT_FULL_POOL_H

void gt_pool_fill(void);

/* Gives back the block that was taken last. */
void gt_pool_free_one(void);

void gt_pool_empty(void);

#endif
