/*
 * Starting a program and standing in for it: whoever started gentap should not be able to tell the difference.
 *
 *	gt_launch_hold(&l);			nothing can end gentap from here on but SIGKILL
 *	if (!(code = gt_launch_run(&l, argv, &run)))
 *		... the child is over; tidy up ...
 *	gt_launch_release(&l);			signals work as usual again
 *	if (!code)
 *		gt_launch_end_like(run.status);
 *
 * Meanwhile: signals sent to gentap go on to the child. What the terminal sends (^C, ^\, a change of size, a hang-up) the
 * kernel gives to the child too, as long as it is in gentap's process group, and is not sent again. A child that stops stops
 * gentap, SIGCONT wakes both. When gentap is killed the child is too. One launch per process.
 */
#ifndef GT_LAUNCH_H
#define GT_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

#include "exporter/command/run.h"

/* Exit codes of gentap's own, as env(1), nohup(1) and the shells have them. */
#define GT_EXIT_TROUBLE	  125
#define GT_EXIT_NO_EXEC	  126
#define GT_EXIT_NOT_FOUND 127

struct gt_launch {
	sigset_t mask;		  /* as gentap was given it; the child gets the same */
	struct sigaction sigchld; /* likewise */
	pid_t self, child;
};

void gt_launch_hold(struct gt_launch *l);

/* Runs the command to its end and fills `run`. Else an exit code for gentap, the reason told on stderr. */
int gt_launch_run(struct gt_launch *l, char *const argv[], struct gt_run *run);

void gt_launch_release(struct gt_launch *l);

/* Ends gentap as the child ended: the same exit code, or the same signal without a second core file. */
_Noreturn void gt_launch_end_like(int status);

/* Becomes the command. Comes back only with an exit code for gentap, the reason told on stderr. */
int gt_launch_become(char *const argv[]);

#endif
