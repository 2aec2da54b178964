/* The result of one run under the launcher: for the heading of a summary, and to explain a run without spans. */
#ifndef GT_RUN_H
#define GT_RUN_H

#include <stdint.h>

#include "shim/shared/str.h"

struct gt_run {
	char *const *argv;   /* NULL-terminated, borrowed */
	int status;	     /* as waitpid reports it */
	int64_t duration_ns; /* monotonic, from before fork to the end of the child */
	/* possible reasons for a run without spans */
	const char *sampled_out; /* name of the variable that excludes the whole run from sampling, or NULL */
	const char *chosen_by;	 /* name of the variable that excludes processes from tracing, or NULL */
	bool is_mute;		 /* its processes could not write run notes (shim/run_note.h) */
	int64_t goes_on;	 /* pid of a process of the run that is still running, or 0 */
};

/* The name of the command: its program, and for an interpreter also what it runs ("python", "agent.py"). Leaves out all
 * other arguments, which may contain prompts and keys. Slices of argv; returns 1 or 2. Pure. */
int gt_run_names(const struct gt_run *run, struct gt_str names[2]);

#endif
