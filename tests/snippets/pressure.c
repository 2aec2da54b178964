/*
 * Many large requests on their way before the first answer: gentap holds copies of them, and its memory gets short.
 *
 *	pressure REQUESTS BYTES MS	waits up to MS milliseconds for the exporter's thread
 *
 * cc: -O1
 */
#include <dirent.h>

#include "peer.h"

struct reader {
	int fd;
	size_t got;
};

/* The server reads everything and answers nothing. */
static void *read_all(void *arg)
{
	struct reader *r = arg;
	char buf[65536];
	ssize_t n;

	while ((n = syscall(SYS_read, r->fd, buf, sizeof(buf))) > 0)
		r->got += (size_t)n;
	return NULL;
}

static bool has_exporter(void)
{
	DIR *d = opendir("/proc/self/task");
	bool found = false;

	for (struct dirent *e; d && (e = readdir(d));) {
		char path[300], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		f = fopen(path, "r");
		if (f && fgets(name, sizeof(name), f))
			found |= strcmp(name, "gentap\n") == 0;
		if (f)
			fclose(f);
	}
	closedir(d);
	return found;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 4;
	size_t body = argc > 2 ? (size_t)atol(argv[2]) : 200000, sent = 0, arrived = 0, cap = body + 4096;
	int wait_ms = argc > 3 ? atoi(argv[3]) : 0;
	char *request = malloc(cap);
	struct reader readers[16];
	pthread_t threads[16];
	struct pair p[16];
	bool before;

	MUST(request && n <= 16);
	for (int i = 0; i < n; i++) {
		p[i] = pair_up(0);
		readers[i] = (struct reader){ .fd = p[i].far };
		MUST(pthread_create(&threads[i], NULL, read_all, &readers[i]) == 0);
	}
	before = has_exporter();
	for (int i = 0; i < n; i++) {
		size_t len = ask_for(request, cap, "unanswered", body);

		MUST(say(p[i].near, request, len));
		sent += len;
	}
	for (int i = 0; i < wait_ms / 10 && !has_exporter(); i++)
		nap_ms(10);
	fprintf(stderr, "exporter before the requests %d, before an answer %d\n", before, has_exporter());
	for (int i = 0; i < n; i++) {
		close(p[i].near);
		pthread_join(threads[i], NULL);
		far_close(p[i].far);
		arrived += readers[i].got;
	}
	printf("all arrived: %d\n", arrived >= sent);
	return 0;
}
