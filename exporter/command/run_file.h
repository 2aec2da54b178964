/*
 * The private file to which every process of a run appends its spans.
 */
#ifndef GT_RUN_FILE_H
#define GT_RUN_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "shim/shared/named_file.h"

struct gt_run_file {
	char path[PATH_MAX];	      /* absolute */
	char mark[GT_FILE_MARK_ROOM]; /* the processes of the run write to no other file of that name */
	int fd; /* gentap reads through it, from after the mark: a file that replaces `path` is never read */
};

/* Creates a file that only this user may access, in TMPDIR or else in /tmp. A TMPDIR that is not absolute is
 * ignored. False when it can be created in neither; errno has the reason. */
bool gt_run_file_create(struct gt_run_file *f);

/* Unlinks the path and closes the descriptor. */
void gt_run_file_remove(struct gt_run_file *f);

#endif
