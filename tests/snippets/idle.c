/*
 * A program whose HTTP requests do not match. Shows which threads, descriptors and libraries it has, and what the
 * kernel allows single-threaded processes only.
 *
 * cc: -O1
 */
#include <dirent.h>
#include <sched.h>

#include "peer.h"

/* Prints the names in a folder, without the entries that the listing itself creates. */
static void list(const char *title, const char *path, bool by_name)
{
	DIR *d = opendir(path);
	int n = 0;

	printf("%s:", title);
	for (struct dirent *e; d && (e = readdir(d));) {
		n += e->d_name[0] != '.';
		if (by_name && atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(d))
			printf(" %s", e->d_name);
	}
	if (!by_name)
		printf(" %d", n);
	printf("\n");
	closedir(d);
}

static int mapped(const char *word)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, word) != NULL;
	fclose(f);
	return n;
}

static void try(const char *name, int flags)
{
	int ret = unshare(flags);

	printf("unshare(%s): %s\n", name, ret == 0 ? "done" : strerrorname_np(errno));
}

int main(void)
{
	static const char ask[] =
		"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	struct pair p = pair_up(0);
	char got[4096];

	MUST(say(p.near, ask, sizeof(ask) - 1));
	printf("arrived: %d\n", far_request(p.far, got, sizeof(got)) == sizeof(ask) - 1);
	far_say(p.far, chat_answer());
	printf("heard: %d\n", hear(p.near));
	close(p.near);
	far_close(p.far);
	nap_ms(100);
	list("threads", "/proc/self/task", false);
	list("descriptors", "/proc/self/fd", true);
	printf("exporter: %d\n", mapped("gentap-exporter"));
	fprintf(stderr, "preload %s\n", mapped("libgentap.so") ? "mapped" : "not mapped");
	/* these change nothing in a single-threaded process and fail in any other */
	try("CLONE_THREAD", CLONE_THREAD);
	try("CLONE_SIGHAND", CLONE_SIGHAND);
	try("CLONE_VM", CLONE_VM);
	try("CLONE_NEWUSER", CLONE_NEWUSER);
	return 0;
}
