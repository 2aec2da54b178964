/* Reads a small file, such as those in /proc. */
#ifndef GT_SMALL_FILE_H
#define GT_SMALL_FILE_H

#include "exporter/base/arena.h"

/* The contents, terminated, in `a`; of a larger file the first 256 KiB. Does not wait: a FIFO counts as empty. NULL when
 * the file cannot be read. */
char *gt_small_file(struct gt_arena *a, const char *path, size_t *len);

#endif
