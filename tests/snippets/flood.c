/*
 * Calls as fast as the machine allows, on kept connections, and one more after a pause.
 *
 *	flood PORT CALLS CONNECTIONS BYTES PAUSE_MS	prints how many calls were answered, and the largest resident
 *							memory in KiB on standard error
 *
 * cc: -O2
 */
#include "peer.h"

static int port, calls_each;
static size_t bytes;
static _Atomic int answered;

static void *call(void *unused)
{
	size_t cap = bytes + 1024, len;
	char *request = malloc(cap);
	int fd = dial(port, 0);

	(void)unused;
	MUST(request && fd >= 0);
	len = ask_for(request, cap, "flood", bytes);
	for (int i = 0; i < calls_each && say(fd, request, len) && hear(fd); i++)
		answered++;
	close(fd);
	free(request);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[64];
	int n;

	MUST(argc == 6);
	port = atoi(argv[1]);
	n = atoi(argv[3]);
	MUST(n > 0 && n <= 64);
	calls_each = atoi(argv[2]) / n;
	bytes = (size_t)atol(argv[4]);
	for (int i = 0; i < n; i++)
		MUST(pthread_create(&t[i], NULL, call, NULL) == 0);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	nap_ms(atoi(argv[5]));
	{
		char request[512];
		size_t len = ask_for(request, sizeof(request), "after", 0);
		int fd = dial(port, 0);

		MUST(fd >= 0 && say(fd, request, len) && hear(fd));
	}
	printf("answered %d\n", answered);
	fprintf(stderr, "resident %ld\n", memory_kib("VmHWM"));
	return 0;
}
