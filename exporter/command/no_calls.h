/*
 * One line in place of a tree: why a run has no spans, as far as gentap knows. Pure.
 */
#ifndef GT_NO_CALLS_H
#define GT_NO_CALLS_H

#include "exporter/command/picture.h"
#include "exporter/command/run.h"
#include "exporter/command/trace.h"

void gt_no_calls_put(struct gt_picture *p, const struct gt_run *run, const struct gt_trace *t);

#endif
