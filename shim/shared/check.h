/*
 * Assertions about gentap's own state. They never check the application's bytes: malformed input is not a bug in
 * gentap.
 *
 * GT_ASSERT aborts in a debug build (-DGT_DEBUG). In a release build it does nothing and does not evaluate its
 * argument: a preload must not end its host process.
 *
 * GT_ODD counts a case that "cannot happen" and execution continues. The statistics line of GENTAP_LOG=info has the
 * count.
 */
#ifndef GT_CHECK_H
#define GT_CHECK_H

#include "shim/shared/stat.h"

#ifdef GT_DEBUG
#include <stdlib.h>
#define GT_ASSERT(x) ((x) ? (void)0 : abort())
#else
#define GT_ASSERT(x) ((void)sizeof(x))
#endif

#define GT_STATIC_ASSERT(x, why) _Static_assert(x, why)
#define GT_ODD(what)		 gt_stat_add(GT_STAT_ODD, 1)

#endif
