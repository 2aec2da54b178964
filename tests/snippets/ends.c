/*
 * Makes an exchange and ends, or replaces itself by another program, at once: ends WAY [BEFORE [AFTER]]. Half of the
 * answer to a second request has come by then. In the ways that the process survives, the other half comes afterwards.
 * It waits BEFORE milliseconds, and AFTER milliseconds when it has survived and made one exchange more.
 *
 * cc: -O1
 */
#include <assert.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/stat.h>

#include "peer.h"

extern char **environ;

static char *self;

/* ---------------------------------------------------------------- another program */

#define WORDS "ends", "after", "b c", "", "d", "e", "f", "g", "h", "i", "j"

static char *const words[] = { WORDS, NULL };
static char *const settings[] = { "HERE=yes", NULL };

/* What the other program does. */
static int after(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		printf("[%s]", argv[i]);
	printf(" HERE=%s PATH %s\n", getenv("HERE") ? getenv("HERE") : "", getenv("PATH") ? "kept" : "gone");
	return 5;
}

/* execvp and its kind find it by PATH. */
static const char *name(void)
{
	return strrchr(self, '/') + 1;
}

static void path_to_self(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "/nowhere:%.*s", (int)(name() - self), self);
	setenv("PATH", path, 1);
}

static void by_execve(void)
{
	execve(self, words, settings);
}

static void by_execv(void)
{
	execv(self, words);
}

static void by_execvp(void)
{
	path_to_self();
	execvp(name(), words);
}

static void by_execvpe(void)
{
	path_to_self();
	execvpe(name(), words, settings);
}

static void by_execl(void)
{
	execl(self, WORDS, (char *)NULL);
}

static void by_execlp(void)
{
	path_to_self();
	execlp(name(), WORDS, (char *)NULL);
}

static void by_execle(void)
{
	execle(self, WORDS, (char *)NULL, settings);
}

static void by_fexecve(void)
{
	fexecve(open(self, O_RDONLY | O_CLOEXEC), words, settings);
}

static void by_execveat(void)
{
	execveat(AT_FDCWD, self, words, settings, 0);
}

static void *execv_thread(void *unused)
{
	(void)unused;
	execv(self, words);
	return NULL;
}

static void by_execv_of_a_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, execv_thread, NULL);
	pthread_join(t, NULL);
}

static void by_raw_execve(void)
{
	syscall(SYS_execve, self, words, settings);
}

static void by_raw_execveat(void)
{
	syscall(SYS_execveat, AT_FDCWD, self, words, settings, 0);
}

static void by_raw_exit(void)
{
	syscall(SYS_exit_group, 5);
}

/* ---------------------------------------------------------------- signals */

static void by_raise(void)
{
	raise(SIGTERM);
}

static void by_kill(void)
{
	kill(getpid(), SIGINT);
}

static void by_kill_9(void)
{
	kill(getpid(), SIGKILL);
}

static void by_kill_0(void)
{
	setpgid(0, 0);
	kill(0, SIGHUP);
}

static void by_kill_group(void)
{
	setpgid(0, 0);
	kill(-getpgrp(), SIGQUIT);
}

static void by_killpg(void)
{
	setpgid(0, 0);
	killpg(getpgrp(), SIGUSR1);
}

static void by_killpg_0(void)
{
	setpgid(0, 0);
	killpg(0, SIGALRM);
}

static void by_tgkill(void)
{
	tgkill(getpid(), (pid_t)syscall(SYS_gettid), SIGTERM);
}

static void by_pthread_kill(void)
{
	pthread_kill(pthread_self(), SIGXCPU);
}

static void by_sigqueue(void)
{
	sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 1 });
}

static void by_abort(void)
{
	abort();
}

static void by_abort_where_sigabrt_is_ignored(void)
{
	signal(SIGABRT, SIG_IGN);
	abort();
}

static void by_assert(void)
{
	assert(!self);
}

static void on_signal(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

static void by_a_handler_that_raises_again(void)
{
	signal(SIGTERM, on_signal);
	kill(getpid(), SIGTERM);
}

static void by_a_handler_of_a_fault(void)
{
	signal(SIGSEGV, on_signal);
	*(volatile int *)0 = 1;
}

static void by_abort_with_a_handler_that_raises_again(void)
{
	signal(SIGABRT, on_signal);
	abort();
}

static void leave(int sig)
{
	_exit(sig);
}

static void by_a_handler_that_exits(void)
{
	signal(SIGTERM, leave);
	raise(SIGTERM);
}

/* Another process sends the signal while the program waits for an answer. */
static void by_a_handler_in_recv(void)
{
	struct pair p = pair_up(0);
	pid_t parent = getpid();
	char text[512];

	signal(SIGTERM, on_signal);
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
		nap_ms(200);
		syscall(SYS_kill, parent, SIGTERM);
		syscall(SYS_exit_group, 0);
	}
	MUST(say(p.near, text, ask_for(text, sizeof(text), "waits", 0)));
	recv(p.near, text, sizeof(text), 0);
}

/* ---------------------------------------------------------------- what the process survives */

static void by_nothing(void)
{
}

static void by_exec_of_nothing(void)
{
	static char *const none[] = { NULL };

	for (int i = 0; i < 10; i++) {
		errno = 0;
		printf("%d: ", i == 0 ? execve("/nowhere/a", words, settings) :
			       i == 1 ? execv("/nowhere/a", words) :
			       i == 2 ? execvp("no-such-program", words) :
			       i == 3 ? execvpe("no-such-program", words, settings) :
			       i == 4 ? execl("/nowhere/a", WORDS, (char *)NULL) :
			       i == 5 ? execlp("no-such-program", WORDS, (char *)NULL) :
			       i == 6 ? execle("/", WORDS, (char *)NULL, settings) :
			       i == 7 ? fexecve(-1, words, settings) :
			       i == 8 ? (int)syscall(SYS_execve, "/nowhere/a", words, settings) :
					execveat(AT_FDCWD, "/nowhere/a", words, none, 0));
		printf("%s\n", strerror(errno));
	}
}

/* The file may be executed, but the kernel cannot read it: exec fails late. */
static void by_exec_of_no_program(void)
{
	char path[] = "/tmp/gentap-ends-XXXXXX";
	int fd = mkstemp(path);

	MUST(write(fd, "\177ELF?", 5) == 5 && fchmod(fd, 0700) == 0);
	close(fd);
	printf("execv: %d", execv(path, words));
	printf(" %s\n", strerror(errno));
	unlink(path);
}

/* Children with this process's memory, or with a copy of it, become other programs. */
static void by_children(void)
{
	char *const argv[] = { "true", NULL };
	pid_t child = vfork();
	int status;

	if (child == 0) {
		execvp("true", argv);
		_exit(127);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
	child = vfork();
	if (child == 0) {
		execl("/nowhere/a", "a", (char *)NULL);
		_exit(127);
	}
	MUST(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 127);
	child = vfork();
	if (child == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM);
	child = fork();
	if (child == 0) {
		execlp("true", "true", (char *)NULL);
		_exit(127);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
	MUST(posix_spawnp(&child, "true", NULL, NULL, argv, environ) == 0);
	MUST(waitpid(child, &status, 0) == child && status == 0);
	MUST(system("exit 0") == 0);
	MUST(pclose(popen("exit 0", "w")) == 0);
	puts("seven children");
}

static volatile sig_atomic_t caught;

static void note(int sig)
{
	caught = sig;
}

static void by_a_signal_with_a_handler(void)
{
	signal(SIGTERM, note);
	printf("raise %d", raise(SIGTERM));
	printf(" caught %d", (int)caught);
	signal(SIGTERM, SIG_IGN);
	printf(" kill %d", kill(getpid(), SIGTERM));
	printf(" child %d", kill(getpid(), SIGCHLD));
	printf(" nothing %d", kill(getpid(), 0));
	printf(" wrong %d\n", raise(1000));
}

static void by_a_signal_that_is_waited_for(void)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGTERM);
	sigwait(&set, &sig);
	printf("waited for %d", sig);
	pthread_kill(pthread_self(), SIGUSR2);
	sigwait(&set, &sig);
	printf(" and %d\n", sig);
}

static void *waiter(void *unused)
{
	sigset_t set;
	int sig;

	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	while (!sigwait(&set, &sig))
		caught++;
	return NULL;
}

/* A program with a thread that receives its signals, as many servers are. */
static void by_signals_to_a_waiting_thread(void)
{
	pthread_t t;
	sigset_t set;

	caught = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, waiter, NULL);
	for (int i = 0; i < 4; i++) {
		int before = caught;

		printf("kill %d\n", i & 1 ? pthread_kill(t, SIGHUP) : kill(getpid(), SIGHUP));
		while (caught == before)
			sched_yield();
	}
}

static jmp_buf back;

static void jump(int sig)
{
	(void)sig;
	longjmp(back, 1);
}

static void by_a_jump_out_of_abort(void)
{
	signal(SIGABRT, jump);
	if (!setjmp(back))
		abort();
	puts("jumped");
}

static void *sleeper(void *unused)
{
	(void)unused;
	return NULL;
}

/* What this returns depends on the version of the C library that the program was built for. */
static void by_pthread_kill_of_a_thread_that_has_ended(void)
{
	pthread_t t;

	pthread_create(&t, NULL, sleeper, NULL);
	nap_ms(100);
	printf("pthread_kill: %s\n", strerror(pthread_kill(t, 0)));
	pthread_join(t, NULL);
}

static const struct {
	const char *name;
	void (*end)(void);
} ways[] = {
	{ "execve", by_execve },
	{ "execv", by_execv },
	{ "execvp", by_execvp },
	{ "execvpe", by_execvpe },
	{ "execl", by_execl },
	{ "execlp", by_execlp },
	{ "execle", by_execle },
	{ "fexecve", by_fexecve },
	{ "execveat", by_execveat },
	{ "execv-thread", by_execv_of_a_thread },
	{ "raw-execve", by_raw_execve },
	{ "raw-execveat", by_raw_execveat },
	{ "raw-exit", by_raw_exit },
	{ "raise", by_raise },
	{ "kill", by_kill },
	{ "kill-9", by_kill_9 },
	{ "kill-0", by_kill_0 },
	{ "kill-group", by_kill_group },
	{ "killpg", by_killpg },
	{ "killpg-0", by_killpg_0 },
	{ "tgkill", by_tgkill },
	{ "pthread_kill", by_pthread_kill },
	{ "sigqueue", by_sigqueue },
	{ "abort", by_abort },
	{ "abort-ignored", by_abort_where_sigabrt_is_ignored },
	{ "assert", by_assert },
	{ "handler-raises", by_a_handler_that_raises_again },
	{ "handler-of-a-fault", by_a_handler_of_a_fault },
	{ "handler-of-abort", by_abort_with_a_handler_that_raises_again },
	{ "handler-exits", by_a_handler_that_exits },
	{ "handler-in-recv", by_a_handler_in_recv },
	{ "nothing", by_nothing },
	{ "exec-of-nothing", by_exec_of_nothing },
	{ "exec-of-no-program", by_exec_of_no_program },
	{ "children", by_children },
	{ "signal-with-a-handler", by_a_signal_with_a_handler },
	{ "signal-waited-for", by_a_signal_that_is_waited_for },
	{ "signals-to-a-thread", by_signals_to_a_waiting_thread },
	{ "abort-jumped", by_a_jump_out_of_abort },
	{ "pthread_kill-ended", by_pthread_kill_of_a_thread_that_has_ended },
};

int main(int argc, char *argv[])
{
	const char *answer = chat_answer();
	char text[1024], half[512];
	struct pair open;
	double begun;

	setvbuf(stdout, NULL, _IONBF, 0);
	self = realpath("/proc/self/exe", NULL);
	if (argc > 1 && !strcmp(argv[1], "after"))
		return after(argc, argv);
	MUST(exchange(pair_up(0), "whole"));
	open = pair_up(0);
	MUST(say(open.near, text, ask_for(text, sizeof(text), "open", 0)));
	snprintf(half, sizeof(half), "%.*s", (int)strlen(answer) / 2, answer);
	far_say(open.far, half);
	MUST(recv(open.near, text, strlen(half), MSG_WAITALL) == (ssize_t)strlen(half));
	if (argc > 2)
		nap_ms(atoi(argv[2]));
	say_lines();
	begun = now_s();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, argv[1]))
			ways[i].end();
	fprintf(stderr, "goes on after %d ms\n", (int)((now_s() - begun) * 1000));
	far_say(open.far, answer + strlen(half));
	MUST(recv(open.near, text, strlen(answer + strlen(half)), MSG_WAITALL) > 0);
	puts("goes on");
	if (argc > 3) {
		MUST(exchange(pair_up(0), "later"));
		nap_ms(atoi(argv[3]));
	}
	return 0;
}
