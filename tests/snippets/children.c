/*
 * Starts itself with a list of variables, by each call of libc that starts a program: children WAY [NAME=VALUE]...
 * The program that was started prints its arguments and its variables in order.
 *
 * cc: -O1
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "peer.h"

extern char **environ;

static char *self;
static char *words[] = { "children", "show", "b c", "", NULL };
static char **variables;

/* execvp and its kind find it by PATH. */
static const char *name(void)
{
	return strrchr(self, '/') + 1;
}

/* ---------------------------------------------------------------- in place of this process */

static void by_execve(void)
{
	execve(self, words, variables);
}

static void by_execve_of_null(void)
{
	execve(self, words, NULL);
}

static void by_execv(void)
{
	environ = variables;
	execv(self, words);
}

static void by_execvp(void)
{
	environ = variables;
	execvp(name(), words);
}

static void by_execvpe(void)
{
	execvpe(name(), words, variables);
}

static void by_execl(void)
{
	environ = variables;
	execl(self, "children", "show", "b c", "", (char *)NULL);
}

static void by_execlp(void)
{
	environ = variables;
	execlp(name(), "children", "show", "b c", "", (char *)NULL);
}

static void by_execle(void)
{
	execle(self, "children", "show", "b c", "", (char *)NULL, variables);
}

static void by_fexecve(void)
{
	fexecve(open(self, O_RDONLY | O_CLOEXEC), words, variables);
}

static void by_fexecve_of_a_path(void)
{
	fexecve(open(self, O_PATH | O_CLOEXEC), words, variables);
}

static int folder_of_self(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.*s", (int)(name() - self), self);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void by_execveat(void)
{
	execveat(folder_of_self(), name(), words, variables, 0);
}

static void by_execveat_of_a_number(void)
{
	execveat(open(self, O_RDONLY | O_CLOEXEC), "", words, variables, AT_EMPTY_PATH);
}

/* ---------------------------------------------------------------- beside this process */

static void wait_for(pid_t child)
{
	int status = -1;

	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void by_posix_spawn(void)
{
	pid_t child;

	MUST(posix_spawn(&child, self, NULL, NULL, words, variables) == 0);
	wait_for(child);
}

static void by_posix_spawnp(void)
{
	pid_t child;

	MUST(posix_spawnp(&child, name(), NULL, NULL, words, variables) == 0);
	wait_for(child);
}

static void spawn_with_all(int (*spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
					char *const[], char *const[]),
			   const char *file)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t child;

	MUST(!posix_spawn_file_actions_init(&actions) && !posix_spawnattr_init(&attributes));
	MUST(!posix_spawn_file_actions_adddup2(&actions, 1, 50) && !posix_spawn_file_actions_addclose(&actions, 50));
	MUST(!posix_spawn_file_actions_addopen(&actions, 51, "/dev/null", O_RDONLY, 0));
	sigemptyset(&none);
	MUST(!posix_spawnattr_setsigmask(&attributes, &none));
	MUST(!posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP));
	MUST(spawn(&child, file, &actions, &attributes, words, variables) == 0);
	wait_for(child);
}

static void by_posix_spawn_with_all(void)
{
	spawn_with_all(posix_spawn, self);
}

static void by_posix_spawnp_with_all(void)
{
	spawn_with_all(posix_spawnp, name());
}

/* As libuv: the child has its own memory, and swaps the environment. */
static void by_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		environ = variables;
		execvp(name(), words);
		_exit(127);
	}
	wait_for(child);
}

static void by_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execve(self, words, variables);
		_exit(127);
	}
	wait_for(child);
}

static void by_vfork_and_name(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execvpe(name(), words, variables);
		_exit(127);
	}
	wait_for(child);
}

/* A child that shares the memory, on a stack of 16 KB between pages that cannot be used. */
#define STACK 16384

static int execute_by_name(void *unused)
{
	(void)unused;
	execvpe(name(), words, variables);
	return 127;
}

static void by_clone_on_a_small_stack(void)
{
	char *p = mmap(NULL, STACK + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	MUST(p != MAP_FAILED && !mprotect(p + 4096, STACK, PROT_READ | PROT_WRITE));
	child = clone(execute_by_name, p + 4096 + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	MUST(child > 0);
	wait_for(child);
}

/* Several threads at once: none sees the list of another. */
#define THREADS 8

static void *spawns(void *number)
{
	char own[32], *mine[] = { own, "PATH=/bin", NULL };
	char *quiet[] = { "children", "check", own, NULL };

	snprintf(own, sizeof(own), "OWN=%d", (int)(intptr_t)number);
	for (int i = 0; i < 10; i++) {
		pid_t child = i % 2 ? vfork() : -1;

		if (child == 0) {
			execve(self, quiet, mine);
			_exit(127);
		}
		if (child < 0)
			MUST(posix_spawn(&child, self, NULL, NULL, quiet, mine) == 0);
		wait_for(child);
	}
	return NULL;
}

static void by_threads(void)
{
	pthread_t t[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		MUST(!pthread_create(&t[i], NULL, spawns, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	puts("all had their own");
}

/* ---------------------------------------------------------------- what the kernel refuses */

static void refused(const char *what, char *path, char **envp)
{
	pid_t child = -1;
	int ret;

	errno = 0;
	ret = execve(path, words, envp);
	printf("%s: %d %s", what, ret, strerror(errno));
	ret = posix_spawn(&child, path, NULL, NULL, words, envp);
	printf(", spawn %s\n", strerror(ret));
}

static void by_bad_pointers(void)
{
	static char *bad_entry[] = { "A=1", (char *)16, NULL };
	char *p = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *without_end[] = { "A=1", p + 4096 - 15, NULL };
	char **last = (char **)(p + 4096) - 2;

	MUST(p != MAP_FAILED && !mprotect(p, 4096, PROT_READ | PROT_WRITE));
	refused("bad list", self, (char **)16);
	refused("bad entry", self, bad_entry);
	last[0] = last[1] = "A=1";
	refused("list without end", self, last);
	memcpy(p + 4096 - 15, "LD_PRELOAD=liba", 15);
	refused("string without end", self, without_end);
	refused("no file", "/nowhere", variables);
	refused("a folder", "/", variables);
	refused("bad path", (char *)16, variables);
	refused("no program", "/etc/passwd", variables);
}

/* The kernel's limit is where it was: the environment grows until it is too long. */
static void by_long_lists(void)
{
	struct rlimit small = { 512 << 10, 512 << 10 };
	static char pad[140000];
	char *list[] = { "A=1", pad, pad + 100000, NULL };
	char *quiet[] = { "children", "check", "A=1", NULL };
	posix_spawn_file_actions_t actions;

	MUST(!setrlimit(RLIMIT_STACK, &small) && !posix_spawn_file_actions_init(&actions));
	/* file actions that fail when they are made twice */
	MUST(!posix_spawn_file_actions_addopen(&actions, 50, "made", O_RDWR | O_CREAT | O_EXCL, 0600));
	memset(pad, 'p', 99999);
	memcpy(pad, "B=", 2);
	for (size_t more = 28000; more < sizeof(pad) - 100000 - 1; more += 151) {
		pid_t child;
		int ret, status;

		memset(pad + 100000, 'p', more);
		pad[100000 + more] = 0;
		memcpy(pad + 100000, "C=", 2);
		child = vfork();
		if (child == 0) {
			execve(self, quiet, list);
			_exit(errno);
		}
		MUST(waitpid(child, &status, 0) == child);
		ret = posix_spawn(&child, self, NULL, NULL, quiet, list);
		printf("%d,%d,", status >> 8, ret);
		if (!ret)
			wait_for(child);
		ret = posix_spawn(&child, self, &actions, NULL, quiet, list);
		printf("%d ", ret);
		if (!ret)
			wait_for(child);
		unlink("made");
	}
	puts("");
}

/* More variables than gentap lays out. */
static void by_many(void)
{
	char *many[601];

	for (int i = 0; i < 600; i++)
		many[i] = "MANY=1";
	many[600] = NULL;
	execve(self, words, many);
}

/* The child filters itself. The filter ends it for calls that gentap makes and this program does not. */
static void filter_and_execute(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getresuid, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fgetxattr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	execve(self, words, variables);
	_exit(127);
}

static void by_vfork_and_filter(void)
{
	pid_t child = vfork();

	if (child == 0)
		filter_and_execute();
	wait_for(child);
}

static void by_fork_and_filter(void)
{
	pid_t child = fork();

	if (child == 0)
		filter_and_execute();
	wait_for(child);
}

static void by_raw_fork_and_filter(void)
{
	pid_t child = (pid_t)syscall(SYS_fork);

	if (child == 0)
		filter_and_execute();
	wait_for(child);
}

/* errno of the parent of a vfork child is that of before. */
static void by_vfork_and_errno(void)
{
	pid_t child;

	errno = ERANGE;
	child = vfork();
	if (child == 0) {
		execve(self, words, variables);
		_exit(127);
	}
	MUST(errno == ERANGE);
	wait_for(child);
}

static void by_another_user(void)
{
	if (setgid(65534) || setuid(65534))
		return;
	execve(self, words, variables);
}

/* ---------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*start)(void);
} ways[] = {
	{ "execve", by_execve },
	{ "execve-null", by_execve_of_null },
	{ "execv", by_execv },
	{ "execvp", by_execvp },
	{ "execvpe", by_execvpe },
	{ "execl", by_execl },
	{ "execlp", by_execlp },
	{ "execle", by_execle },
	{ "fexecve", by_fexecve },
	{ "fexecve-path", by_fexecve_of_a_path },
	{ "execveat", by_execveat },
	{ "execveat-number", by_execveat_of_a_number },
	{ "posix_spawn", by_posix_spawn },
	{ "posix_spawnp", by_posix_spawnp },
	{ "posix_spawn-all", by_posix_spawn_with_all },
	{ "posix_spawnp-all", by_posix_spawnp_with_all },
	{ "fork", by_fork },
	{ "vfork", by_vfork },
	{ "vfork-name", by_vfork_and_name },
	{ "vfork-filter", by_vfork_and_filter },
	{ "vfork-errno", by_vfork_and_errno },
	{ "fork-filter", by_fork_and_filter },
	{ "raw-fork-filter", by_raw_fork_and_filter },
	{ "clone", by_clone_on_a_small_stack },
	{ "threads", by_threads },
	{ "bad", by_bad_pointers },
	{ "long", by_long_lists },
	{ "many", by_many },
	{ "user", by_another_user },
};

static int show(int argc, char *argv[])
{
	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	puts("");
	for (char **e = environ; e && *e; e++)
		puts(*e);
	return 0;
}

int main(int argc, char *argv[])
{
	char path[4096];

	if (argc > 2 && !strcmp(argv[1], "check"))
		return !environ[0] || strcmp(environ[0], argv[2]) != 0;
	if (argc < 2 || !strcmp(argv[1], "show"))
		return show(argc, argv);
	setlinebuf(stdout);
	self = argv[0];
	variables = argv + 2;
	/* `environ` is swapped before the name is looked for */
	snprintf(path, sizeof(path), "/nowhere:%.*s", (int)(name() - self), self);
	setenv("PATH", path, 1);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name)) {
			ways[i].start();
			return 0;
		}
	return 2;
}
