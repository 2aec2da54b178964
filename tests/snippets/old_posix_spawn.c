/*
 * An object that was built for a glibc older than 2.15: there, posix_spawn gave a file that the kernel cannot execute to a
 * shell.
 *
 * cc: -O1 -fPIC -shared
 */
#include <spawn.h>
#include <sys/wait.h>

#ifdef __x86_64__
__asm__(".symver posix_spawn, posix_spawn@GLIBC_2.2.5");
__asm__(".symver posix_spawnp, posix_spawnp@GLIBC_2.2.5");
#endif

int spawn(char *file);
int spawn_by_name(char *file);

/* The exit code, or the error plus 1000. */
static int ended(int ret, pid_t child)
{
	int status;

	if (ret)
		return ret + 1000;
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

int spawn(char *file)
{
	char *argv[] = { file, 0 }, *none[] = { 0 };
	pid_t child = 0;
	int ret = posix_spawn(&child, file, 0, 0, argv, none);

	return ended(ret, child);
}

int spawn_by_name(char *file)
{
	char *argv[] = { file, 0 }, *none[] = { 0 };
	pid_t child = 0;
	int ret = posix_spawnp(&child, file, 0, 0, argv, none);

	return ended(ret, child);
}
