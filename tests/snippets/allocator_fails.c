/*
 * An allocator with one lock finds its heap damaged, and the process ends while it holds the lock. A request has been
 * sent by then, and no answer has come.
 *
 *	allocator_fails WAY
 *
 * cc: -O1 -fno-builtin
 */
#include "peer.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void (*fail)(void);

static void enter(void)
{
	void (*now)(void) = fail;

	pthread_mutex_lock(&lock);
	fail = NULL;
	if (now)
		now();
}

void *malloc(size_t size)
{
	void *p;

	enter();
	p = __libc_malloc(size);
	pthread_mutex_unlock(&lock);
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p;

	enter();
	p = __libc_calloc(n, size);
	pthread_mutex_unlock(&lock);
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p;

	enter();
	p = __libc_realloc(old, size);
	pthread_mutex_unlock(&lock);
	return p;
}

void free(void *old)
{
	enter();
	__libc_free(old);
	pthread_mutex_unlock(&lock);
}

static void by_abort(void)
{
	abort();
}

static void by_raise(void)
{
	raise(SIGTERM);
}

static void by_kill(void)
{
	kill(getpid(), SIGTERM);
}

static void by_exit_at_once(void)
{
	_exit(6);
}

static void by_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void on_fault(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

/* As Python's faulthandler: the signal is not blocked in its handler. */
static void by_handler_without_a_mask(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGABRT, &action, NULL);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGABRT);
}

static void on_interrupt(int sig)
{
	exit(sig);
}

/* Many programs leave by exit() in a handler. */
static void by_handler_that_exits(void)
{
	signal(SIGINT, on_interrupt);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGINT);
}

static const struct {
	const char *name;
	void (*fail)(void);
} ways[] = {
	{ "abort", by_abort },
	{ "raise", by_raise },
	{ "kill", by_kill },
	{ "exit-at-once", by_exit_at_once },
	{ "exec", by_exec },
	{ "handler-without-a-mask", by_handler_without_a_mask },
	{ "handler-that-exits", by_handler_that_exits },
};

int main(int argc, char *argv[])
{
	struct pair p = pair_up(0);
	char text[1024];

	setvbuf(stdout, NULL, _IONBF, 0);
	MUST(say(p.near, text, ask_for(text, sizeof(text), "open", 0)));
	for (size_t i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, argv[1]))
			fail = ways[i].fail;
	puts("sent");
	free(malloc(10));
	return 0;
}
