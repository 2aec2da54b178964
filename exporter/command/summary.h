/*
 * What a run did, for people: a heading, the tree, the totals. Pure.
 */
#ifndef GT_SUMMARY_H
#define GT_SUMMARY_H

#include "exporter/command/picture.h"
#include "exporter/command/run.h"
#include "exporter/command/trace.h"

/* One of the launcher's runs. Says so when nothing was seen. 0 or GT_ENOMEM. */
int gt_summary_of_run(struct gt_picture *p, const struct gt_run *run, const struct gt_trace *t);

/* A file. 0 or GT_ENOMEM. */
int gt_summary_of_file(struct gt_picture *p, const char *name, const struct gt_trace *t);

#endif
