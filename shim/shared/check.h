/*
 * Checks on ourselves. None of them is about the application's bytes: those are never a bug of ours.
 *
 * GT_ASSERT aborts in a debug build (-DGT_DEBUG) and is nothing in a release build: a preload must not end its host.
 * GT_ODD counts what "cannot happen" and goes on; the count is printed by the statistics line of GENTAP_LOG=info.
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
