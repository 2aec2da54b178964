/*
 * A program that must be the only thread of its process, after an exchange.
 *
 *	alone later			a while after it
 *	alone fork			at once, after a fork, as Python counts its threads
 *	alone unshare|syscall|setns	at once, to enter namespaces
 *	alone again PORT ROUNDS		exchanges and forks in turn: what the process has before and after
 *
 * cc: -O1
 */
#include <dirent.h>
#include <sched.h>
#include <sys/stat.h>

#include "peer.h"

static int count_in(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	MUST(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int threads(void)
{
	return count_in("/proc/self/task");
}

/* A line of /proc/self/status, in KiB. */
static long kib(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long v = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			v = atol(line + strlen(name));
	if (f)
		fclose(f);
	return v;
}

static void in_child(int (*enter)(void), const char *name)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		bool good = exchange(pair_up(0), name);

		errno = 0;
		_exit(!good ? 99 : enter() == 0 ? 0 : errno);
	}
	MUST(waitpid(child, &status, 0) == child);
	printf("%s: %s\n", name, status ? strerrorname_np(WEXITSTATUS(status)) : "done");
}

static int by_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static int by_syscall(void)
{
	return (int)syscall(SYS_unshare, CLONE_NEWUSER);
}

static int by_setns(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWNS);
}

static void again(int port, int rounds)
{
	long size = 0, resident = 0;
	int files = 0, status;

	for (int i = 0; i < rounds; i++) {
		pid_t child;

		MUST(visit(port, "again"));
		child = fork();
		if (child == 0)
			syscall(SYS_exit_group, 0);
		/* a slow collector: the program waits for it once in a while */
		for (int k = 0; threads() > 1; k++) {
			MUST(k < 300);
			nap_ms(10);
		}
		MUST(waitpid(child, &status, 0) == child && status == 0);
		if (i == rounds / 5) {
			size = kib("VmSize:");
			resident = kib("VmRSS:");
			files = count_in("/proc/self/fd");
		}
	}
	printf("files %d more, memory grown: %s\n", count_in("/proc/self/fd") - files,
	       kib("VmSize:") - size > 2048 || kib("VmRSS:") - resident > 1024 ? "yes" : "no");
	fprintf(stderr, "VmSize %ld then %ld, VmRSS %ld then %ld\n", size, kib("VmSize:"), resident, kib("VmRSS:"));
}

int main(int argc, char *argv[])
{
	MUST(argc > 1);
	if (!strcmp(argv[1], "again")) {
		again(atoi(argv[2]), atoi(argv[3]));
		return 0;
	}
	printf("threads before: %d\n", threads());
	if (!strcmp(argv[1], "unshare"))
		in_child(by_unshare, "unshare");
	else if (!strcmp(argv[1], "syscall"))
		in_child(by_syscall, "syscall");
	else if (!strcmp(argv[1], "setns"))
		in_child(by_setns, "setns");
	fflush(stdout);
	printf("first: %d\n", exchange(pair_up(0), "first"));
	if (!strcmp(argv[1], "fork")) {
		pid_t child = fork();

		if (child == 0)
			_exit(threads() == 1 ? 0 : 1);
		printf("threads after fork: %d\n", threads());
		MUST(waitpid(child, NULL, 0) == child);
	} else {
		nap_ms(2500);
	}
	printf("threads later: %d\n", threads());
	printf("second: %d\n", exchange(pair_up(0), "second"));
	say_lines();
	return 0;
}
