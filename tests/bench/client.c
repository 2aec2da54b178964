/*
 * The measured client: keep-alive HTTP/1.1 without a library, so that the cost of gentap is a visible part.
 *
 *	client exchange PORT N [ca]	N exchanges, 4 KB request, 2 KB reply: CPU time of this thread for each, ns
 *	client chunks PORT N [ca]	one exchange with N SSE chunks: CPU time of this thread for each receive, ns
 *	client bulk PORT BYTES [ca]	one download: MB/s
 *	client quiet PORT N		N exchanges, each after a pause that is long enough for the exporter's thread to end:
 *					as for `exchange`
 *	client load PORT RATE SECONDS	paced exchanges over 8 connections: their number and rate, and the exporter's CPU time
 *
 * Prints a line of numbers: for exchanges and chunks the median and p99. With [ca] over TLS.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port;
static SSL_CTX *tls;

struct conn {
	int fd;
	SSL *ssl;
	char buf[65536];
};

static long long now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct conn *dial(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (tls) {
		c->ssl = SSL_new(tls);
		SSL_set_fd(c->ssl, c->fd);
		SSL_set_tlsext_host_name(c->ssl, "localhost");
		if (SSL_connect(c->ssl) != 1)
			die("SSL_connect");
	}
	return c;
}

static void put(struct conn *c, const char *p, size_t len)
{
	ssize_t n = c->ssl ? SSL_write(c->ssl, p, (int)len) : send(c->fd, p, len, MSG_NOSIGNAL);

	if (n != (ssize_t)len)
		die("send");
}

static size_t get(struct conn *c, size_t at)
{
	ssize_t n = c->ssl ? SSL_read(c->ssl, c->buf + at, (int)(sizeof(c->buf) - at)) :
			     recv(c->fd, c->buf + at, sizeof(c->buf) - at, 0);

	if (n <= 0)
		die("recv");
	return (size_t)n;
}

static size_t make_request(char *out, size_t cap, const char *query)
{
	static char text[3900];
	char body[4200];
	int n;

	memset(text, 'a', sizeof(text) - 1);
	n = snprintf(
		body, sizeof(body),
		"{\"model\":\"bench-model\",\"temperature\":0.5,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
		*query ? "true" : "false", text);
	return (size_t)snprintf(
		out, cap,
		"POST /v1/chat/completions%s HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
		"Authorization: Bearer not-a-key\r\nContent-Length: %d\r\n\r\n%s",
		query, port, n, body);
}

/* Reads an answer with Content-Length. */
static void get_answer(struct conn *c)
{
	size_t len = 0, need = 0;
	char *end, *length;

	while (!need || len < need) {
		len += get(c, len);
		if (!need && (end = memmem(c->buf, len, "\r\n\r\n", 4)) && (length = strcasestr(c->buf, "content-length:")))
			need = (size_t)(end + 4 - c->buf) + (size_t)atol(length + 15);
	}
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static void print_quantiles(long long *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	printf("%lld %lld\n", v[n / 2], v[(int)(n * 0.99)]);
}

#define PAUSE_MS 1500 /* the thread ends after a second without an event */

static void exchange(int n, int warm_up, int pause_ms)
{
	long long *took = calloc((size_t)n, sizeof(*took));
	struct conn *c = dial();
	char request[8192];
	size_t len = make_request(request, sizeof(request), "");

	for (int i = -warm_up; i < n; i++) {
		long long start;

		if (pause_ms)
			usleep((useconds_t)pause_ms * 1000);
		start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		put(c, request, len);
		get_answer(c);
		if (i >= 0)
			took[i] = now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	}
	print_quantiles(took, n);
}

static void chunks(int n)
{
	long long *took = calloc((size_t)n + 8, sizeof(*took));
	struct conn *c = dial();
	char request[8192], query[32];
	int i = 0;

	snprintf(query, sizeof(query), "?chunks=%d", n);
	put(c, request, make_request(request, sizeof(request), query));
	for (;;) {
		long long start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		size_t len = get(c, 0);

		if (i < n)
			took[i++] = now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		if (len >= 5 && !memcmp(c->buf + len - 5, "0\r\n\r\n", 5))
			break;
	}
	print_quantiles(took, i);
}

static void bulk(long long total)
{
	struct conn *c = dial();
	char request[128];
	long long left = total, start = now_ns(CLOCK_MONOTONIC);
	int n = snprintf(request, sizeof(request), "GET /bytes/%lld HTTP/1.1\r\nHost: localhost\r\n\r\n", total);

	put(c, request, (size_t)n);
	while (left > 0)
		left -= (long long)get(c, 0);
	printf("%.1f\n", (double)total / 1e6 / ((double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9));
}

#define LOAD_THREADS 8
static int load_rate, load_seconds;
static long long load_cpu_ns; /* of these threads */

static void *load_thread(void *done)
{
	struct conn *c = dial();
	char request[8192];
	size_t len = make_request(request, sizeof(request), "");
	long long start = now_ns(CLOCK_MONOTONIC), step = 1000000000LL * LOAD_THREADS / load_rate;
	int n = load_rate / LOAD_THREADS * load_seconds;

	for (int i = 0; i < n; i++) {
		long long wait = start + i * step - now_ns(CLOCK_MONOTONIC);

		if (wait > 0)
			nanosleep(&(struct timespec){ wait / 1000000000LL, wait % 1000000000LL }, NULL);
		put(c, request, len);
		get_answer(c);
		__atomic_add_fetch((int *)done, 1, __ATOMIC_RELAXED);
	}
	__atomic_add_fetch(&load_cpu_ns, now_ns(CLOCK_THREAD_CPUTIME_ID), __ATOMIC_RELAXED);
	return NULL;
}

/* Of all threads but the client's own: the exporter's, of which there may be several in turn. */
static long long other_cpu_ns(void)
{
	return now_ns(CLOCK_PROCESS_CPUTIME_ID) - now_ns(CLOCK_THREAD_CPUTIME_ID) - load_cpu_ns;
}

static void load(void)
{
	pthread_t t[LOAD_THREADS];
	long long start = now_ns(CLOCK_MONOTONIC), took;
	int done = 0;

	for (int i = 0; i < LOAD_THREADS; i++)
		pthread_create(&t[i], NULL, load_thread, &done);
	for (int i = 0; i < LOAD_THREADS; i++)
		pthread_join(t[i], NULL);
	took = now_ns(CLOCK_MONOTONIC) - start;
	sleep(2); /* waits for the exporter to finish */
	printf("%d %.1f %lld\n", done, done / ((double)took / 1e9), other_cpu_ns());
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	if (argc < 4)
		return 2;
	port = atoi(argv[2]);
	if (argc == 5 && strcmp(what, "load")) {
		tls = SSL_CTX_new(TLS_client_method());
		if (SSL_CTX_load_verify_locations(tls, argv[4], NULL) != 1)
			die(argv[4]);
	}
	if (!strcmp(what, "exchange"))
		exchange(atoi(argv[3]), 200, 0);
	else if (!strcmp(what, "quiet"))
		exchange(atoi(argv[3]), 1, PAUSE_MS);
	else if (!strcmp(what, "chunks"))
		chunks(atoi(argv[3]));
	else if (!strcmp(what, "bulk"))
		bulk(atoll(argv[3]));
	else if (!strcmp(what, "load") && argc == 5) {
		load_rate = atoi(argv[3]);
		load_seconds = atoi(argv[4]);
		load();
	} else
		return 2;
	return 0;
}
