/*
 * A child that fork's handlers do not see, made before the program's first answer: gentap has memory by then, and no
 * thread. Both go on with exchanges.
 *
 *	early_fork instruction	fork by an instruction of the program's own
 *	early_fork syscall	clone by libc's syscall()
 *	early_fork namespace	the same with CLONE_NEWPID: the child is process 1, as its parent may be
 *
 * cc: -O1
 */
#include <sched.h>

#include "peer.h"

#define ROUNDS 30

static pid_t by_instruction(void)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(SYS_clone), "D"(SIGCHLD), "S"(0), "d"(0) : "rcx", "r11", "memory");
	return (pid_t)ret;
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

static int good_of(struct pair p, const char *tag)
{
	int good = 0;

	for (int i = 0; i < ROUNDS; i++)
		good += exchange(p, tag);
	return good;
}

/* It starts with the connection that its parent uses too, as a worker does that closes what it inherited. */
static void be_child(struct pair p)
{
	close(p.near);
	p = pair_up(0);
	_exit(good_of(p, "child") == ROUNDS ? 0 : 4);
}

int main(int argc, char *argv[])
{
	char sent[2048], got[2048];
	struct pair p;
	size_t len;
	pid_t child;
	int status = -1;

	MUST(argc > 1);
	p = pair_up(0);
	len = ask_for(sent, sizeof(sent), "first", 0);
	MUST(say(p.near, sent, len));
	printf("asked %d\n", same_but_for_lines(got, far_request(p.far, got, sizeof(got)), sent, len));
	fflush(stdout);
	if (!strcmp(argv[1], "instruction"))
		child = by_instruction();
	else
		child = (pid_t)syscall(SYS_clone, SIGCHLD | (strcmp(argv[1], "namespace") ? 0 : CLONE_NEWPID), 0, 0, 0, 0);
	if (child == 0)
		be_child(p);
	MUST(child > 0 && waitpid(child, &status, 0) == child);
	printf("child %d\n", status);
	far_say(p.far, chat_answer());
	printf("first %d\n", hear(p.near));
	printf("later %d\n", good_of(p, "later"));
	say_lines();
	return 0;
}
