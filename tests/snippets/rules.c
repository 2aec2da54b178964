/*
 * What the threads of a program have, when it asks under rules of its own. Needs the right to set them.
 *
 *	rules pinned|realtime|several|none	one processor; SCHED_FIFO and one processor; two processors; no rule
 *	rules threads				the system allows no further thread at first
 *
 * cc: -O1
 */
#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>

#include "peer.h"

static void pin(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < n; i++)
		CPU_SET(i, &set);
	MUST(sched_setaffinity(0, sizeof(set), &set) == 0);
}

/* "policy 0, 2 processors" of the thread that is not the first */
static void describe(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;

	while (tasks && (e = readdir(tasks))) {
		int id = atoi(e->d_name);
		cpu_set_t set;

		if (id <= 0 || id == getpid())
			continue;
		MUST(sched_getaffinity(id, sizeof(set), &set) == 0);
		fprintf(stderr, "policy %d, %d processors\n", sched_getscheduler(id), CPU_COUNT(&set));
	}
	closedir(tasks);
}

int main(int argc, char *argv[])
{
	struct sched_param first = { .sched_priority = 5 };
	const char *how = argc > 1 ? argv[1] : "none";
	bool is_limited = !strcmp(how, "threads");
	struct rlimit before, low;

	if (!strcmp(how, "pinned") || !strcmp(how, "realtime"))
		pin(1);
	if (!strcmp(how, "several"))
		pin(2);
	if (!strcmp(how, "realtime"))
		MUST(sched_setscheduler(0, SCHED_FIFO, &first) == 0);
	if (is_limited) { /* the limit is not for the superuser */
		MUST(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
		MUST(getrlimit(RLIMIT_NPROC, &before) == 0);
		low = before;
		low.rlim_cur = 0;
		MUST(setrlimit(RLIMIT_NPROC, &low) == 0);
	}
	printf("first: %d\n", exchange(pair_up(0), "first"));
	nap_ms(100);
	describe();
	if (is_limited)
		MUST(setrlimit(RLIMIT_NPROC, &before) == 0);
	printf("second: %d\n", exchange(pair_up(0), "second"));
	nap_ms(1200);
	printf("third: %d\n", exchange(pair_up(0), "third"));
	say_lines();
	return 0;
}
