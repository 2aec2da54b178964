/*
 * A descriptor that was just freed is the next free number, whatever the exporter opens meanwhile. And a program can
 * replace its standard error in the middle of a run.
 *
 *	numbers PORT ROUNDS	one thread talks to the server, another closes and opens descriptors;
 *	numbers PORT stderr	prints "replaced" once its standard error is /dev/null, then waits for the end of its
 *				standard input.
 *
 * cc: -O1
 */
#include <stdatomic.h>

#include "peer.h"

static int port;
static _Atomic bool is_over;
static _Atomic int visits;

/* Uses one connection and opens nothing itself. */
static void *talk(void *n)
{
	int fd = *(int *)n;
	char sent[1024];
	size_t len = ask_for(sent, sizeof(sent), "talk", 0);

	while (!is_over && say(fd, sent, len) && hear(fd))
		atomic_fetch_add(&visits, 1);
	return NULL;
}

/* The caller owns 20 to 29 and every lower number. It frees one number at a time. */
static int moved(int rounds)
{
	int held[10], n = 0;

	for (int i = 0; i < 10; i++)
		held[i] = 20 + i;
	for (int i = 0; i < rounds; i++) {
		int fd = held[i % 10], got;

		close(fd);
		got = dup(0);
		n += got != fd;
		if (got != fd) {
			dup2(got, fd);
			close(got);
		}
	}
	return n;
}

static void replace_stderr(void)
{
	int null = open("/dev/null", O_WRONLY);

	MUST(null >= 0 && dup2(null, STDERR_FILENO) == STDERR_FILENO);
	close(null);
}

int main(int argc, char *argv[])
{
	pthread_t thread;
	int rounds = argc > 2 ? atoi(argv[2]) : 0, fd;
	char c;

	setlinebuf(stdout);
	port = atoi(argv[1]);
	MUST(visit(port, "first"));
	nap_ms(300);
	if (!rounds) {
		replace_stderr();
		puts("replaced");
		MUST(read(0, &c, 1) == 0);
		printf("last: %d\n", visit(port, "last"));
		return 0;
	}
	for (fd = 3; fd < 30; fd++)
		dup2(0, fd);
	fd = dial(port, 0);
	MUST(pthread_create(&thread, NULL, talk, &fd) == 0);
	while (visits < 2)
		nap_ms(1);
	printf("moved: %d\n", moved(rounds));
	is_over = true;
	pthread_join(thread, NULL);
	return 0;
}
