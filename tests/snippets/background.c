/*
 * Runs a program in the background of a terminal: standard input becomes the controlling terminal of a new session,
 * and the program gets a process group that is not in its foreground. Prints how the program ended, or that it was
 * stopped.
 *
 * cc: -O1
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	pid_t session, child;
	int status;

	(void)argc;
	session = fork();
	if (session > 0)
		return waitpid(session, &status, 0) < 0 || status;
	setsid();
	if (ioctl(0, TIOCSCTTY, 0))
		return 2;
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	setpgid(child, child);
	waitpid(child, &status, WUNTRACED);
	if (WIFEXITED(status))
		printf("exit %d\n", WEXITSTATUS(status));
	else
		printf("%s by signal %d\n", WIFSTOPPED(status) ? "stopped" : "killed",
		       WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
	kill(child, SIGKILL);
	return 0;
}
