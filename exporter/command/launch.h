/*
 * Starts a program and acts in its place: the parent of gentap must not notice the difference.
 *
 *	gt_launch_hold(&l);			from here on only SIGKILL can end gentap
 *	if (!(code = gt_launch_run(&l, argv, &run)))
 *		... the child has ended; clean up ...
 *	gt_launch_release(&l);			signals work as usual again
 *	if (!code)
 *		gt_launch_end_like(run.status);
 *
 * While the child runs, gentap forwards the signals it receives. It does not forward signals of the terminal (^C, ^\, a
 * change of size, a hang-up) while the child is in gentap's process group: the kernel sends those to the child as well.
 * When the child stops, gentap stops too; SIGCONT wakes both. When gentap is killed, the kernel kills the child. One
 * thread, one launch per process.
 */
#ifndef GT_LAUNCH_H
#define GT_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "exporter/command/run.h"

/* gentap's own exit codes: the same as those of env(1), nohup(1) and the shells. */
#define GT_EXIT_TROUBLE	  125
#define GT_EXIT_NO_EXEC	  126
#define GT_EXIT_NOT_FOUND 127

struct gt_launch {
	sigset_t mask;		  /* as gentap inherited it; the child gets the same */
	struct sigaction sigchld; /* likewise */
	pid_t self, child;
	bool is_interrupted;
};

/* Blocks all signals except faults, and resets SIGCHLD to its default. */
void gt_launch_hold(struct gt_launch *l);

/* Runs the command to its end and returns 0. Otherwise reports the reason on stderr and returns an exit code for
 * gentap. Sets argv (borrowed), status and duration_ns of `run`; the other fields are zero. Once the child has started,
 * gentap's own standard input and output are /dev/null. */
int gt_launch_run(struct gt_launch *l, char *const argv[], struct gt_run *run);

/* After the child has ended: true once SIGINT, SIGTERM or SIGHUP has come, which are blocked. `launch` is a struct
 * gt_launch. */
bool gt_launch_is_interrupted(void *launch);

/* Discards pending signals and restores the mask and SIGCHLD. SIGPIPE and SIGXFSZ stay blocked. */
void gt_launch_release(struct gt_launch *l);

/* Ends gentap as the child ended: with the same exit code, or by the same signal without a second core file. */
_Noreturn void gt_launch_end_like(int status);

/* Executes the command in place of gentap. Returns only on failure: reports the reason on stderr and returns an exit
 * code for gentap. */
int gt_launch_become(char *const argv[]);

#endif
