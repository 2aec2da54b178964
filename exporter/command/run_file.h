/*
 * The private file to which every process of a run appends its spans.
 */
#ifndef GT_RUN_FILE_H
#define GT_RUN_FILE_H

#include <limits.h>
#include <stdbool.h>

struct gt_run_file {
	char path[PATH_MAX]; /* absolute */
	int fd;		     /* ours to read: another file put in its place is not read */
};

/* Makes an empty one that only this user may read, in TMPDIR or else in /tmp. False: in neither; errno tells. */
bool gt_run_file_create(struct gt_run_file *f);

void gt_run_file_remove(struct gt_run_file *f);

#endif
