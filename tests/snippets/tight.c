/*
 * Places where little is there for a hook.
 *
 *	tight early PORT	an exchange before any constructor, and one after it
 *	tight stack PORT	the first exchange of the process, on a thread with the smallest stack that libc allows
 *	tight handler PORT N	N exchanges; meanwhile a signal handler on the same thread makes others every millisecond
 *
 * Prints how many were answered.
 *
 * cc: -O1
 */
#include <limits.h>
#include <sys/time.h>

#include "peer.h"

static int answered_early;
static int port, in_handler, failed;
static int handlers_fd;

static void before_constructors(int argc, char **argv, char **env)
{
	(void)env;
	if (argc == 3 && !strcmp(argv[1], "early"))
		answered_early = visit(atoi(argv[2]), "early");
}

/* The loader calls these before the constructors of all libraries. */
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before_constructors;

static void *visit_on_small_stack(void *unused)
{
	(void)unused;
	printf("%d\n", visit(port, "stack"));
	return NULL;
}

static void on_alarm(int signal)
{
	char sent[512];
	size_t len = ask_for(sent, sizeof(sent), "handler", 0);

	(void)signal;
	if (say(handlers_fd, sent, len) && hear(handlers_fd))
		in_handler++;
	else
		failed++;
}

/* SA_RESTART: the calls that are interrupted wait for bytes. */
static int exchanges(int n)
{
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int fd = dial(port, 0), answered = 0;
	char sent[512];
	size_t len = ask_for(sent, sizeof(sent), "main", 0);

	handlers_fd = dial(port, 0);
	MUST(fd >= 0 && handlers_fd >= 0 && sigaction(SIGALRM, &action, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &each, NULL) == 0);
	while (answered < n && say(fd, sent, len) && hear(fd))
		answered++;
	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
	return answered;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_t t;

	MUST(argc >= 3);
	port = atoi(argv[2]);
	if (!strcmp(argv[1], "early")) {
		printf("%d %d\n", answered_early, visit(port, "late"));
	} else if (!strcmp(argv[1], "stack")) {
		MUST(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) == 0);
		MUST(pthread_create(&t, &attr, visit_on_small_stack, NULL) == 0);
		pthread_join(t, NULL);
	} else {
		int n = exchanges(atoi(argv[3]));

		printf("%d %d\n", n, failed);
		fprintf(stderr, "in the handler %d\n", in_handler);
	}
	return 0;
}
