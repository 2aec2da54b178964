/*
 * Blocked signals stay pending, other signals reach a thread of the program, and no signal mask changes. Checked
 * after an exchange. Then many signals hit a program that makes exchanges.
 *
 * cc: -O1
 */
#include <dirent.h>
#include <sys/time.h>

#include "peer.h"

static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPROF, SIGALRM, SIGVTALRM, SIGUSR1, SIGUSR2, SIGCHLD, SIGIO };
#define N ((int)(sizeof(ours) / sizeof(ours[0])))

static volatile sig_atomic_t count, elsewhere;

static void on_signal(int sig)
{
	(void)sig;
	count++;
	if (syscall(SYS_gettid) != getpid())
		elsewhere++;
}

static int threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static const char *compare(const sigset_t *a, const sigset_t *b)
{
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sigismember(a, sig) != sigismember(b, sig))
			return "changed";
	return "same";
}

static void blocked_then_not(const char *when)
{
	sigset_t all, before, after, pending;
	int n = 0;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	count = 0;
	for (int i = 0; i < N; i++)
		kill(getpid(), ours[i]);
	nap_ms(30);
	sigpending(&pending);
	for (int i = 0; i < N; i++)
		n += sigismember(&pending, ours[i]);
	printf("%s: %d of %d pending, %d delivered", when, n, N, (int)count);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigprocmask(SIG_SETMASK, NULL, &after);
	printf(", then %d delivered, %d to another thread, mask %s\n", (int)count, (int)elsewhere, compare(&before, &after));
}

int main(void)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct itimerval timer = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	sigset_t some, mask;
	int good = 0;

	for (int i = 0; i < N; i++)
		sigaction(ours[i], &a, NULL);
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigaddset(&some, SIGWINCH);
	sigprocmask(SIG_SETMASK, &some, NULL);
	printf("exchange: %s\n", exchange(pair_up(0), "first") ? "whole" : "broken");
	nap_ms(100); /* whatever the exchange started is running */
	sigprocmask(SIG_SETMASK, NULL, &mask);
	printf("mask %s\n", compare(&mask, &some));
	sigemptyset(&some);
	sigprocmask(SIG_SETMASK, &some, NULL);
	blocked_then_not("after an exchange");
	count = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	setitimer(ITIMER_PROF, &timer, NULL);
	for (int i = 0; i < 300; i++) {
		struct pair p = pair_up(0);

		good += exchange(p, "rain");
		close(p.near);
		far_close(p.far);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	setitimer(ITIMER_PROF, &never, NULL);
	printf("in the rain: %d of 300 whole, %d to another thread\n", good, (int)elsewhere);
	fprintf(stderr, "threads %d, signals %d\n", threads(), (int)count);
	say_lines();
	return 0;
}
