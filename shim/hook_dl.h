/*
 * dlopen without RTLD_DEEPBIND: see hook_dl.c.
 */
#ifndef GT_HOOK_DL_H
#define GT_HOOK_DL_H

#include <stdbool.h>

/* Once, from the constructor of a traced process. Without it, dlopen's flags stay as they are. */
void gt_dlopen_init(bool keep_deepbind);

/* The real dlopen, for gentap's own use. */
void *gt_dlopen(const char *file, int flags);

#endif
