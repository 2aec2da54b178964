/*
 * The server of the benchmarks: HTTP/1.1 on loopback, plain or over TLS, with a thread per connection. Never runs under gentap.
 *
 *	server PORT_FILE [CERT KEY]
 *
 *	POST .../chat/completions: reads the body, answers 2 KB of JSON.
 *	POST ...?chunks=N: reads the body, answers N SSE chunks, one write each, 50 us apart.
 *	GET /bytes/N: answers N bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *tls;

struct peer {
	int fd;
	SSL *ssl;
	char buf[65536];
	size_t len;
};

static ssize_t get(struct peer *p)
{
	char *at = p->buf + p->len;
	size_t room = sizeof(p->buf) - p->len;
	ssize_t n = p->ssl ? SSL_read(p->ssl, at, (int)room) : recv(p->fd, at, room, 0);

	if (n > 0)
		p->len += (size_t)n;
	return n;
}

static int put(struct peer *p, const char *data, size_t len)
{
	while (len) {
		ssize_t n = p->ssl ? SSL_write(p->ssl, data, (int)(len > 1 << 20 ? 1 << 20 : len)) :
				     send(p->fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int answer_json(struct peer *p)
{
	static char reply[4096];
	static size_t len;

	if (!len) {
		char pad[1700];
		char body[2100];
		int n;

		memset(pad, 'x', sizeof(pad) - 1);
		pad[sizeof(pad) - 1] = 0;
		n = snprintf(
			body, sizeof(body),
			"{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"model\":\"bench-model-1\",\"choices\":[{\"index\":0,"
			"\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],\"usage\":{"
			"\"prompt_tokens\":900,\"completion_tokens\":400,\"total_tokens\":1300}}",
			pad);
		len = (size_t)snprintf(reply, sizeof(reply),
				       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n,
				       body);
	}
	return put(p, reply, len);
}

static int answer_sse(struct peer *p, int chunks)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
	char event[400], chunk[512];

	if (put(p, head, sizeof(head) - 1) < 0)
		return -1;
	for (int i = 0; i < chunks; i++) {
		int n = snprintf(
			event, sizeof(event),
			"data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
			"\"bench-model-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word %d\"},\"finish_reason\":null}]}\n\n",
			i);
		int m = snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", n, event);

		if (put(p, chunk, (size_t)m) < 0)
			return -1;
		usleep(50);
	}
	return put(p, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
}

static int answer_bytes(struct peer *p, long long total)
{
	static char block[256 * 1024];
	char head[128];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %lld\r\n\r\n", total);

	if (put(p, head, (size_t)n) < 0)
		return -1;
	for (; total > 0; total -= (long long)sizeof(block))
		if (put(p, block, total < (long long)sizeof(block) ? (size_t)total : sizeof(block)) < 0)
			return -1;
	return 0;
}

static int answer(struct peer *p, const char *head)
{
	const char *chunks = strstr(head, "?chunks=");

	if (!strncmp(head, "GET /bytes/", 11))
		return answer_bytes(p, atoll(head + 11));
	return chunks ? answer_sse(p, atoi(chunks + 8)) : answer_json(p);
}

static void serve(struct peer *p)
{
	for (;;) {
		char *end, *length;
		size_t need;

		while (!(end = memmem(p->buf, p->len, "\r\n\r\n", 4)))
			if (p->len == sizeof(p->buf) || get(p) <= 0)
				return;
		*end = 0;
		length = strcasestr(p->buf, "content-length:");
		need = (size_t)(end + 4 - p->buf) + (length ? (size_t)atol(length + 15) : 0);
		if (need > sizeof(p->buf))
			return;
		while (p->len < need)
			if (get(p) <= 0)
				return;
		if (answer(p, p->buf) < 0)
			return;
		memmove(p->buf, p->buf + need, p->len - need);
		p->len -= need;
	}
}

static void *run_peer(void *arg)
{
	struct peer *p = arg;

	if (!p->ssl || SSL_accept(p->ssl) == 1)
		serve(p);
	if (p->ssl)
		SSL_free(p->ssl);
	close(p->fd);
	free(p);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *out;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 4) {
		tls = SSL_CTX_new(TLS_server_method());
		if (SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1 ||
		    SSL_CTX_use_PrivateKey_file(tls, argv[3], SSL_FILETYPE_PEM) != 1)
			return 1;
	}
	if (bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 64) || getsockname(fd, (struct sockaddr *)&addr, &len))
		return 1;
	out = fopen(argv[1], "w");
	fprintf(out, "%d\n", ntohs(addr.sin_port));
	fclose(out);
	for (;;) {
		int got = accept(fd, NULL, NULL);
		struct peer *p;
		pthread_t t;

		if (got < 0)
			continue;
		setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		p = calloc(1, sizeof(*p));
		p->fd = got;
		if (tls) {
			p->ssl = SSL_new(tls);
			SSL_set_fd(p->ssl, got);
		}
		pthread_create(&t, NULL, run_peer, p);
		pthread_detach(t);
	}
}
