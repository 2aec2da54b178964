/*
 * A fork handler that was registered before all others calls hooked functions in the child. Then the child makes
 * exchanges of its own.
 *
 *	fork_handler close|send
 *
 * cc: -O1
 */
#include "peer.h"

static struct pair early;
static bool sends;

static void in_child(void)
{
	char text[1024];

	if (sends)
		MUST(say(early.near, text, ask_for(text, sizeof(text), "handler", 0)));
	else
		close(early.near);
}

static void before_all_constructors(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = before_all_constructors;

int main(int argc, char *argv[])
{
	int status;

	if (argc != 2)
		return 2;
	sends = !strcmp(argv[1], "send");
	early = pair_up(0);
	MUST(exchange(early, "parent"));
	nap_ms(300); /* the exporter's thread has begun */
	if (fork() == 0) {
		MUST(exchange(pair_up(0), "child"));
		MUST(exchange(pair_up(0), "child-again"));
		exit(7);
	}
	MUST(wait(&status) > 0);
	printf("child %d\n", WEXITSTATUS(status));
	MUST(exchange(pair_up(0), "parent-again"));
	return 0;
}
