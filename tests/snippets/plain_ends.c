/*
 * A process without an exchange forks, signals itself, fails to execute a program, and executes itself.
 *
 * cc: -O1
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int sig)
{
	(void)sig;
}

int main(int argc, char *argv[])
{
	pid_t child;

	signal(SIGUSR1, nothing);
	for (int i = 0; i < 10; i++) {
		raise(SIGUSR1);
		kill(0, 0);
		execl("/nowhere/a", "a", (char *)NULL);
		child = vfork();
		if (child == 0) {
			execl("/nowhere/a", "a", (char *)NULL);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		child = fork();
		if (child == 0)
			raise(SIGTERM);
		waitpid(child, NULL, 0);
	}
	if (argc == 1)
		execl("/proc/self/exe", argv[0], "again", (char *)NULL);
	return 0;
}
