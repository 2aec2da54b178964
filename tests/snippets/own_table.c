/*
 * What a thread with a table of descriptors of its own has under the standard numbers, once it holds a socket.
 *
 *	own_table PORT
 *
 * cc: -O1
 */
#include <dirent.h>

#include "peer.h"

#define NUMBERS 30

/* "-": the number is free. */
static void link_of(int task, int number, char *out, size_t cap)
{
	char path[80];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/fd/%d", task, number);
	n = readlink(path, out, cap - 1);
	strcpy(out + (n > 0 ? n : 0), n > 0 ? "" : "-");
}

static bool has_socket(int task)
{
	char link[200];

	for (int i = 0; i < NUMBERS; i++) {
		link_of(task, i, link, sizeof(link));
		if (!strncmp(link, "socket:", 7))
			return true;
	}
	return false;
}

/* Another thread of this process, with a socket; 0 without it. The first thread has no socket. */
static int find(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;
	int found = 0;

	MUST(tasks);
	while (!found && (e = readdir(tasks)))
		if (atoi(e->d_name) > 0 && atoi(e->d_name) != getpid() && has_socket(atoi(e->d_name)))
			found = atoi(e->d_name);
	closedir(tasks);
	return found;
}

int main(int argc, char *argv[])
{
	double until = now_s() + 10;
	char link[200];
	int task;

	MUST(argc > 1 && visit(atoi(argv[1]), "first"));
	MUST(!has_socket(getpid()));
	while (!(task = find())) {
		MUST(now_s() < until);
		nap_ms(1);
	}
	for (int i = 0; i <= STDERR_FILENO; i++) {
		link_of(task, i, link, sizeof(link));
		printf("%d %s\n", i, link);
	}
	return 0;
}
