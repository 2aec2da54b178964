/*
 * Children that fork's handlers do not see, and children that run in the memory of the program.
 *
 *	raw_fork syscall	clone by libc's syscall()
 *	raw_fork instruction	fork by an instruction of the program's own
 *	raw_fork clone		clone() with CLONE_VM and CLONE_VFORK; the child closes and reuses the connection's number
 *	raw_fork vfork		vfork; the same
 *
 * The program makes an exchange, the child another, the program a third on the connection of its first.
 *
 * cc: -O1
 */
#include <sched.h>

#include "peer.h"

static struct pair p;
static int status;

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

/* In a child with its own memory. */
static void ask_in_child(void)
{
	double begun = now_s();
	bool good = exchange(p, "child");

	_exit(!good ? 4 : now_s() - begun > 2 ? 5 : 0);
}

/* In the program's memory: the number of its connection becomes a pipe here. */
static int use_number(void *unused)
{
	int ends[2];

	(void)unused;
	if (pipe(ends) || dup2(ends[1], p.near) != p.near ||
	    write(p.near, "POST /v1/chat/completions HTTP/1.1\r\n\r\n", 39) < 0)
		_exit(6);
	close(p.near);
	_exit(0);
}

int main(int argc, char *argv[])
{
	static char stack[65536] __attribute__((aligned(16)));
	double begun;
	pid_t child;

	MUST(argc > 1);
	p = pair_up(0);
	printf("first %d\n", exchange(p, "first"));
	nap_ms(100);
	fflush(stdout);
	begun = now_s();
	if (!strcmp(argv[1], "clone")) {
		child = clone(use_number, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	} else if (!strcmp(argv[1], "vfork")) {
		child = vfork();
		if (child == 0)
			use_number(NULL);
	} else {
		child = !strcmp(argv[1], "syscall") ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : by_instruction();
		if (child == 0)
			ask_in_child();
	}
	MUST(child > 0 && waitpid(child, &status, 0) == child);
	printf("child %d, in time %d\n", status, now_s() - begun < 2);
	printf("last %d\n", exchange(p, "last"));
	say_lines();
	return 0;
}
