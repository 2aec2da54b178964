/*
 * The files that execvp(3) and posix_spawnp(3) try for a name, in their order.
 *
 * Any thread, also in a vfork child and in a signal handler. Makes no system call.
 */
#ifndef GT_PROGRAM_PATH_H
#define GT_PROGRAM_PATH_H

#include <limits.h>

#include "shim/shared/str.h"

struct gt_program_path {
	struct gt_str rest, name; /* folders of PATH that are left; the program's name */
	const char *file;	  /* a name with a slash, which is not looked for; else NULL */
	char path[PATH_MAX];
};

/* Borrows `file` for the search, and the value of PATH. */
void gt_program_path_begin(struct gt_program_path *p, const char *file);

/* The next file, valid until the next call; NULL at the end. Leaves paths out that are too long. */
const char *gt_program_path_next(struct gt_program_path *p);

#endif
