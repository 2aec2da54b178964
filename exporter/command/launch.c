#include "exporter/command/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/shared/clock.h"
#include "shim/shared/compiler.h"

static int announce(const char *command, int error)
{
	const char *reason = strerror(error);

	if (error == ENOENT && !strchr(command, '/'))
		reason = "command not found";
	else if (error == ENOENT && access(command, F_OK) == 0)
		reason = "its interpreter does not exist";
	fprintf(stderr, "gentap: %s: %s\n", command, reason);
	return error == ENOENT || error == ENOTDIR ? GT_EXIT_NOT_FOUND : GT_EXIT_NO_EXEC;
}

int gt_launch_become(char *const argv[])
{
	execvp(argv[0], argv);
	return announce(argv[0], errno);
}

/* All signals except faults, which only gentap itself can cause: a blocked fault would repeat forever. */
static void held_signals(sigset_t *set)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

	sigfillset(set);
	for (size_t i = 0; i < GT_COUNT_OF(faults); i++)
		sigdelset(set, faults[i]);
}

void gt_launch_hold(struct gt_launch *l)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t held;

	*l = (struct gt_launch){ .self = getpid() };
	held_signals(&held);
	sigprocmask(SIG_BLOCK, &held, &l->mask);
	/* some daemons leave SIGCHLD ignored; the kernel would then discard the status of the child */
	sigaction(SIGCHLD, &usual, &l->sigchld);
}

/* ---------------------------------------------------------------- start */

/* Runs in the child until exec. If exec succeeds, the pipe closes; otherwise the child writes its errno into the
 * pipe. */
static _Noreturn void begin(const struct gt_launch *l, char *const argv[], int pipe_end)
{
	int error;

	sigaction(SIGCHLD, &l->sigchld, NULL);
	/* gentap acts in place of the child: killing gentap must not leave the child running */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != l->self)
		raise(SIGKILL);
	sigprocmask(SIG_SETMASK, &l->mask, NULL);
	execvp(argv[0], argv);
	error = errno;
	(void)!write(pipe_end, &error, sizeof(error));
	_exit(GT_EXIT_NOT_FOUND);
}

/* Returns 0, or the errno of the call that failed. */
static int start(struct gt_launch *l, char *const argv[])
{
	int ends[2], error = 0;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	l->child = fork();
	if (l->child == 0)
		begin(l, argv, ends[1]);
	if (l->child < 0)
		error = errno;
	close(ends[1]);
	if (!error && read(ends[0], &error, sizeof(error)) != (ssize_t)sizeof(error))
		error = 0;
	close(ends[0]);
	if (error && l->child > 0)
		waitpid(l->child, NULL, 0);
	return error;
}

/* ---------------------------------------------------------------- while it runs */

/* Stops gentap by the signal that stopped the child, so that a shell sees one job. In an orphaned process group the
 * kernel honours only SIGSTOP, so there the child was stopped by SIGSTOP too. */
static void stop_like(int signal)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, before;
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signal);
	if (signal != SIGSTOP)
		sigaction(signal, &usual, &before);
	kill(getpid(), signal);
	sigprocmask(SIG_UNBLOCK, &one, NULL); /* stops here until SIGCONT */
	sigprocmask(SIG_BLOCK, &one, NULL);
	if (signal != SIGSTOP)
		sigaction(signal, &before, NULL);
}

/* Collects the status of every child; as process 1 of a container gentap also inherits children it did not start.
 * Returns true when the command has ended. */
static bool collect(const struct gt_launch *l, int *status)
{
	bool is_over = false;
	int what;
	pid_t pid;

	while ((pid = waitpid(-1, &what, WNOHANG | WUNTRACED)) > 0) {
		if (pid != l->child)
			continue;
		if (WIFSTOPPED(what)) {
			stop_like(WSTOPSIG(what));
			continue;
		}
		*status = what;
		is_over = true;
	}
	return is_over;
}

/* True when the child has already received the signal, or sent it. The terminal signals a whole process group, so the
 * child receives the same signal unless it left gentap's group. Only a hang-up of the line goes to the session leader
 * alone. */
static bool child_has_it(const struct gt_launch *l, const siginfo_t *info)
{
	static const int of_terminal[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGHUP, SIGCONT };

	if (info->si_code <= 0)
		return info->si_pid == l->child; /* the child sent it */
	if (info->si_code != SI_KERNEL || getpgid(l->child) != getpgrp())
		return false;
	if (info->si_signo == SIGHUP && getsid(0) == l->self)
		return false;
	for (size_t i = 0; i < GT_COUNT_OF(of_terminal); i++)
		if (of_terminal[i] == info->si_signo)
			return true;
	return false;
}

static void pass_on(const struct gt_launch *l, const siginfo_t *info)
{
	if (child_has_it(l, info))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(l->child, info->si_signo, info->si_value);
	else
		kill(l->child, info->si_signo);
}

/* The child has its own copies. While gentap's are open, the other end of a pipe does not see that the child closed
 * it. */
static void leave_input_and_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	if (null > 2)
		close(null);
}

int gt_launch_run(struct gt_launch *l, char *const argv[], struct gt_run *run)
{
	struct gt_mono begun = gt_mono_now();
	int error = start(l, argv);
	siginfo_t info;
	sigset_t held;

	*run = (struct gt_run){ .argv = argv };
	if (error && l->child < 0) {
		fprintf(stderr, "gentap: cannot start a process: %s\n", strerror(error));
		return GT_EXIT_TROUBLE;
	}
	if (error)
		return announce(argv[0], error);
	leave_input_and_output();
	held_signals(&held);
	for (;;) {
		int signal = sigwaitinfo(&held, &info);

		if (signal == SIGCHLD && collect(l, &run->status))
			break;
		if (signal > 0 && signal != SIGCHLD)
			pass_on(l, &info);
	}
	run->duration_ns = gt_mono_now().ns - begun.ns;
	return 0;
}

/* ---------------------------------------------------------------- end */

bool gt_launch_is_interrupted(void *launch)
{
	static const int of_a_user[] = { SIGINT, SIGTERM, SIGHUP };
	const struct timespec now = { 0 };
	struct gt_launch *l = launch;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < GT_COUNT_OF(of_a_user); i++)
		sigaddset(&set, of_a_user[i]);
	l->is_interrupted = l->is_interrupted || sigtimedwait(&set, NULL, &now) > 0;
	return l->is_interrupted;
}

void gt_launch_release(struct gt_launch *l)
{
	const struct timespec now = { 0 };
	sigset_t held, mask = l->mask;

	/* pending signals were meant for the child: a second ^C of an impatient user must not cost the summary */
	held_signals(&held);
	while (sigtimedwait(&held, NULL, &now) > 0)
		;
	/* when the summary has no reader, or its file no room, gentap must still end as the child did */
	sigaddset(&mask, SIGPIPE);
	sigaddset(&mask, SIGXFSZ);
	sigaction(SIGCHLD, &l->sigchld, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void gt_launch_end_like(int status)
{
	const struct rlimit no_core = { 0, 0 };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	int signal = WTERMSIG(status);
	sigset_t one;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0); /* the limit does not bind a core_pattern that is a program */
	sigaction(signal, &usual, NULL);
	sigemptyset(&one);
	sigaddset(&one, signal);
	kill(getpid(), signal);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	exit(128 + signal); /* process 1 of a container cannot kill itself; shells use this exit code */
}
