/*
 * Many calls at a steady rate, on kept connections. Every second answer is a stream.
 *
 *	soak PORT CALLS THREADS RATE	RATE calls per second. Prints how many calls were answered. Standard error has
 *					the resident memory in KiB after a tenth of the calls, half of them, and all.
 *
 * cc: -O2
 */
#include "peer.h"

static int port, calls, threads, rate;
static double begun;
static _Atomic int answered;

static void count(void)
{
	int n = ++answered;

	if (n == calls / 10 || n == calls / 2 || n == calls)
		fprintf(stderr, "after %d resident %ld\n", n, memory_kib("VmRSS"));
}

static void wait_for_turn(int i)
{
	double early = begun + (double)i * threads / rate - now_s();

	if (early > 0.002)
		nap_ms((int)(early * 1000));
}

/* A chat request that asks for a stream. Returns its length. */
static size_t ask_for_stream(char *out, size_t cap)
{
	static const char body[] = "{\"model\":\"soak\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"xx\"}]}";
	int n = snprintf(out, cap,
			 "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n%s",
			 sizeof(body) - 1, body);

	MUST(n > 0 && (size_t)n < cap);
	return (size_t)n;
}

static void *call(void *unused)
{
	char plain[1024], streamed[1024];
	size_t plain_len = ask_for(plain, sizeof(plain), "soak", 200),
	       streamed_len = ask_for_stream(streamed, sizeof(streamed));
	int fd = dial(port, 0);

	(void)unused;
	MUST(fd >= 0);
	for (int i = 0; i < calls / threads; i++) {
		wait_for_turn(i);
		if (i % 2 ? !say(fd, streamed, streamed_len) || !hear_all(fd, stream_answer()) :
			    !say(fd, plain, plain_len) || !hear(fd))
			break;
		count();
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[64];

	MUST(argc == 5);
	port = atoi(argv[1]);
	calls = atoi(argv[2]);
	threads = atoi(argv[3]);
	rate = atoi(argv[4]);
	MUST(threads > 0 && threads <= 64 && rate > 0 && calls % threads == 0);
	chat_answer();
	stream_answer(); /* made before there are threads */
	begun = now_s();
	for (int i = 0; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, call, NULL) == 0);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	printf("answered %d\n", answered);
	return 0;
}
