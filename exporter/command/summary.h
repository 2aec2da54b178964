/*
 * The summary for people: a heading, the tree, the totals. Pure.
 */
#ifndef GT_SUMMARY_H
#define GT_SUMMARY_H

#include "exporter/command/picture.h"
#include "exporter/command/run.h"
#include "exporter/command/trace.h"

/* Adds the summary of a run of the launcher; without spans, one line with the reason. `t` is linked. 0 or GT_ENOMEM. */
int gt_summary_of_run(struct gt_picture *p, const struct gt_run *run, const struct gt_trace *t);

/* Adds the summary of a trace file, headed by `name`. `t` is linked. 0 or GT_ENOMEM. */
int gt_summary_of_file(struct gt_picture *p, const char *name, const struct gt_trace *t);

#endif
