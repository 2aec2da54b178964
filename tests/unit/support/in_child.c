#include "in_child.h"

#include <signal.h>
#include <sys/wait.h>

/* The status as waitpid gives it, or -1. */
static int status_of(void (*run)(void *user), void *user)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(20);
		run(user);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

int gt_in_child(void (*run)(void *user), void *user)
{
	int status = status_of(run, user);

	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int gt_signal_of_child(void (*run)(void *user), void *user)
{
	int status = status_of(run, user);

	if (status == -1)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
