/* How one run under the launcher went: what the heading of a summary tells. */
#ifndef GT_RUN_H
#define GT_RUN_H

#include <stdint.h>

#include "shim/shared/str.h"

struct gt_run {
	char *const *argv;   /* NULL-terminated, borrowed */
	int status;	     /* as waitpid gives it */
	int64_t duration_ns; /* from fork to the end of the child */
	/* what may explain that there are no spans */
	const char *sampled_out; /* name of the variable that has the whole run not sampled, or NULL */
	const char *chosen_by;	 /* name of the variable by which processes are left alone, or NULL */
	bool is_mute;		 /* its processes had no way to tell that they were awake */
	int64_t goes_on;	 /* pid of a process of the run that is not over, or 0 */
};

/* What the command is called: its program, and where that is an interpreter what it runs ("python", "agent.py"). Not its other
 * words: prompts and keys are given on command lines. Slices of argv; returns 1 or 2. */
int gt_run_names(const struct gt_run *run, struct gt_str names[2]);

#endif
