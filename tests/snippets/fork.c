/*
 * Forks at bad moments. Each child makes an exchange and exits.
 *
 *	fork start PORT ROUNDS	each time a little later after a process's first answer, while the exporter starts;
 *	fork busy PORT ROUNDS	while threads are inside all calls and spans are being sent.
 *
 * Stops before the last round when that would take too long.
 *
 * cc: -O1
 */
#include "peer.h"

#define THREADS	  2
#define LONG_S	  20
#define HANGS_S	  5
#define STEP_US	  60
#define STEPS_MAX 120

static int port;
static _Atomic bool is_over;
static _Atomic int visits, broken_visits;

static void nap_us(int us)
{
	struct timespec t = { 0, us * 1000L };

	nanosleep(&t, NULL);
}

/* Returns the status of a child that exits in time. Kills a child that does not, and returns -1. */
static int ends(pid_t child)
{
	double until = now_s() + HANGS_S;
	int status;

	for (;;) {
		if (waitpid(child, &status, WNOHANG) == child)
			return status;
		if (now_s() > until)
			break;
		nap_us(200);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

/* Children exit in both ways in turn. */
static void ask_and_end(int round)
{
	int status = visit(port, "child") ? 0 : 4;

	if (round % 2)
		_exit(status);
	exit(status);
}

static pid_t forked(int round)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	MUST(child >= 0);
	if (child == 0)
		ask_and_end(round);
	return child;
}

/* This process has no exporter. The child gets one, and forks while the exporter starts. */
static int fork_after_first_answer(int round)
{
	pid_t parent = fork();
	int status;

	MUST(parent >= 0);
	if (parent)
		return ends(parent);
	MUST(visit(port, "parent"));
	nap_us(round % STEPS_MAX * STEP_US);
	status = ends(forked(round));
	if (status)
		_exit(status == -1 ? 9 : 8);
	exit(0);
}

static void *visits_for_ever(void *unused)
{
	(void)unused;
	while (!is_over) {
		broken_visits += !visit(port, "thread");
		visits++;
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	int rounds = argc > 3 ? atoi(argv[3]) : 100, ended = 0, hung = 0, done = 0;
	bool is_busy = !strcmp(argv[1], "busy");
	pthread_t threads[THREADS];
	double longest = 0, start = now_s();

	port = atoi(argv[2]);
	for (int i = 0; is_busy && i < THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, visits_for_ever, NULL) == 0);
	for (; done < rounds && !hung && now_s() - start < LONG_S; done++) {
		double begun = now_s();
		int status = is_busy ? ends(forked(done)) : fork_after_first_answer(done);

		ended += status == 0;
		hung += status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 9);
		if (now_s() - begun > longest)
			longest = now_s() - begun;
	}
	is_over = true;
	for (int i = 0; is_busy && i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d of %d ended well, %d hung, %d visits broken\n", ended, done, hung, broken_visits);
	fprintf(stderr, "longest %.3f s, visits %d\n", longest, visits);
	return 0;
}
