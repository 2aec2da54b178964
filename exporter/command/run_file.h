/*
 * The private file to which every process of a run appends its spans.
 */
#ifndef GT_RUN_FILE_H
#define GT_RUN_FILE_H

#include <limits.h>
#include <stdbool.h>

struct gt_run_file {
	char path[PATH_MAX]; /* absolute */
	int fd;		     /* gentap reads through it, so a file that replaces `path` is never read */
};

/* Creates an empty file that only this user may access, in TMPDIR or else in /tmp. A TMPDIR that is not absolute is
 * ignored. False when it can be created in neither; errno has the reason. */
bool gt_run_file_create(struct gt_run_file *f);

/* Unlinks the path and closes the descriptor. */
void gt_run_file_remove(struct gt_run_file *f);

#endif
