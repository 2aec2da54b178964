/*
 * The cost of the preload at the start of every process.
 *
 *	spawn COUNT LIBRARY
 *
 * Starts /bin/true COUNT times, in turn without and with LD_PRELOAD=LIBRARY. Prints both medians in microseconds.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double run(char **env)
{
	char *argv[] = { "true", NULL };
	struct timespec a, b;
	pid_t pid;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &a);
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env) || waitpid(pid, &status, 0) != pid || status)
		exit(1);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

int main(int argc, char **argv)
{
	char preload[4200], *bare[] = { "PATH=/bin", NULL }, *loaded[] = { "PATH=/bin", preload, NULL };
	double *without, *with;
	int n;

	if (argc != 3)
		return 2;
	n = atoi(argv[1]);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", argv[2]);
	without = calloc((size_t)n, sizeof(double));
	with = calloc((size_t)n, sizeof(double));
	for (int i = 0; i < n; i++) {
		without[i] = run(bare);
		with[i] = run(loaded);
	}
	qsort(without, (size_t)n, sizeof(double), by_value);
	qsort(with, (size_t)n, sizeof(double), by_value);
	printf("%.1f %.1f\n", without[n / 2], with[n / 2]);
	return 0;
}
