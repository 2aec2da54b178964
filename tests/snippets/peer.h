/*
 * The far end of a loopback connection, driven by raw system calls, so that no preload sees it. The near end is the
 * program's own, made with socket() and connect() like any other.
 *
 * A snippet prints what the program saw on standard output. That must be the same with and without a preload. The
 * number of trace context lines that arrived goes to standard error ("lines N").
 */
#ifndef PEER_H
#define PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

#define far_close(fd) syscall(SYS_close, fd)

UNUSED static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(3);
}

#define MUST(x)                  \
	do {                     \
		if (!(x))        \
			die(#x); \
	} while (0)

UNUSED static void nap_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

UNUSED static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A figure of /proc/self/status in KiB: VmRSS, resident memory now, or VmHWM, the largest. getrusage() would give that of
 * the program that started it, when that was larger. */
UNUSED static long memory_kib(const char *field)
{
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(field);
	char line[256];
	long kib = -1;

	MUST(f);
	while (kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':')
			kib = atol(line + len + 1);
	fclose(f);
	return kib;
}

/* ---------------------------------------------------------------- connections */

/* A listening socket; `small` is the receive buffer size to set, or 0. */
UNUSED static int far_listen(int small, int *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	MUST(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (small)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	MUST(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 512) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
	*port = ntohs(addr.sin_port);
	return fd;
}

UNUSED static int far_accept(int listener)
{
	int one = 1, fd = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* The program's end of a new connection. `small` is the send buffer size to set, or 0. */
UNUSED static int dial(int port, int small)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	if (small)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		return -1;
	return fd;
}

struct pair {
	int near, far;
};

/* Both ends of a connection. Needs no other thread: the kernel completes the connection by itself. */
UNUSED static struct pair pair_up(int small)
{
	struct pair p;
	int port, listener = far_listen(small, &port);

	p.near = dial(port, small);
	MUST(p.near >= 0);
	p.far = far_accept(listener);
	MUST(p.far >= 0);
	far_close(listener);
	return p;
}

/* ---------------------------------------------------------------- messages */

/* Writes a chat request for model `tag` with a body of at least `body` bytes. Returns its length. */
UNUSED static size_t ask_for(char *out, size_t cap, const char *tag, size_t body)
{
	char text[256];
	int head, n = snprintf(text, sizeof(text), "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"", tag);
	size_t pad = body > (size_t)n + 4 ? body - (size_t)n - 4 : 2;

	head = snprintf(out, cap,
			"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			(size_t)n + pad + 4, text);
	MUST(head > 0 && (size_t)head + pad + 5 < cap);
	memset(out + head, 'x', pad);
	memcpy(out + (size_t)head + pad, "\"}]}", 5);
	return (size_t)head + pad + 4;
}

#define CHAT_BODY                                                                                                        \
	"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0," \
	"\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\"usage\":"                \
	"{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}"

/* The answer to it: three input tokens, five output tokens. */
UNUSED static const char *chat_answer(void)
{
	static char answer[1024];

	if (!answer[0])
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 sizeof(CHAT_BODY) - 1, CHAT_BODY);
	return answer;
}

#define EVENT(delta, finish)                                                                                                         \
	"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0," \
	"\"delta\":{" delta "},\"finish_reason\":" finish "}]}\n\n"

/* The same as a stream. */
UNUSED static const char *stream_answer(void)
{
	static const char *const pieces[] = {
		EVENT("\"role\":\"assistant\",\"content\":\"\"", "null"),
		EVENT("\"content\":\"h\"", "null"),
		EVENT("\"content\":\"i\"", "\"stop\""),
		("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":"
		 "{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n"),
		"data: [DONE]\n\n",
	};
	static char answer[2048];
	int n = 0;

	if (answer[0])
		return answer;
	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		n += snprintf(answer + n, sizeof(answer) - (size_t)n, "%zx\r\n%s\r\n", strlen(pieces[i]), pieces[i]);
	snprintf(answer + n, sizeof(answer) - (size_t)n, "0\r\n\r\n");
	return answer;
}

UNUSED static bool wants_stream(const char *request, size_t len)
{
	return memmem(request, len, "\"stream\":true", 13) != NULL;
}

UNUSED static void far_say(int fd, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		long n = syscall(SYS_sendto, fd, text + done, len - done, MSG_NOSIGNAL, NULL, 0);

		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

/* Length of the request at the start of `p`, 0 when it is incomplete. Supports Content-Length only. */
UNUSED static size_t request_len(const char *p, size_t len)
{
	const char *end = memmem(p, len, "\r\n\r\n", 4), *field;
	size_t head, body = 0;

	if (!end)
		return 0;
	head = (size_t)(end - p) + 4;
	field = memmem(p, head, "Content-Length: ", 16);
	if (field)
		body = strtoul(field + 16, NULL, 10);
	return len >= head + body ? head + body : 0;
}

/* Reads a whole request. Returns its length, 0 when the connection ended before. */
UNUSED static size_t far_request(int fd, char *buf, size_t cap)
{
	size_t len = 0, whole;

	for (;;) {
		long n = syscall(SYS_recvfrom, fd, buf + len, cap - len, 0, NULL, NULL);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		whole = request_len(buf, len);
		if (whole) {
			MUST(whole == len); /* the tests do not pipeline here */
			return len;
		}
	}
}

/* Removes all trace context lines from the head of a message. Returns their number, -1 when a line is malformed. */
UNUSED static int take_lines(char *buf, size_t *len)
{
	static const char shape[] = "traceparent: 00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh\r\n";
	const size_t n = sizeof(shape) - 1;
	char *end = memmem(buf, *len, "\r\n\r\n", 4), *at;
	int found = 0;

	if (!end)
		return 0;
	at = memmem(buf, (size_t)(end + 2 - buf), "\r\ntraceparent:", 14);
	while (at) {
		at += 2;
		for (size_t i = 0; i < n; i++)
			if (shape[i] == 'h' && i > 12 ? !strchr("0123456789abcdef", at[i]) : at[i] != shape[i])
				return -1;
		memmove(at, at + n, (size_t)(buf + *len - at) - n);
		*len -= n;
		end -= n;
		found++;
		at = memmem(at - 2, (size_t)(end + 4 - at), "\r\ntraceparent:", 14);
	}
	return found;
}

static _Atomic int lines_seen;

UNUSED static void say_lines(void)
{
	fprintf(stderr, "lines %d\n", lines_seen);
}

/* Compares received and sent bytes, and allows one trace context line in the head. Counts the lines. */
UNUSED static bool same_but_for_lines(char *got, size_t got_len, const char *sent, size_t sent_len)
{
	int n = take_lines(got, &got_len);

	if (n < 0 || n > 1)
		return false;
	lines_seen += n;
	return got_len == sent_len && memcmp(got, sent, sent_len) == 0;
}

/* Reads one answer with the program's own recv(); true when it is complete and correct. */
UNUSED static bool hear_all(int fd, const char *want)
{
	size_t len = strlen(want), have = 0;
	char buf[2048];

	while (have < len) {
		ssize_t n = recv(fd, buf + have, sizeof(buf) - have, 0);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return have == len && memcmp(buf, want, len) == 0;
}

UNUSED static bool hear(int fd)
{
	return hear_all(fd, chat_answer());
}

UNUSED static bool say(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* One whole exchange over a pair. */
UNUSED static bool exchange(struct pair p, const char *tag)
{
	char sent[2048], got[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), n;

	if (!say(p.near, sent, len))
		return false;
	n = far_request(p.far, got, sizeof(got));
	if (!same_but_for_lines(got, n, sent, len))
		return false;
	far_say(p.far, chat_answer());
	return hear(p.near);
}

/* ---------------------------------------------------------------- a server */

/* Answers chat requests until the other side closes. */
UNUSED static void far_serve(int fd)
{
	static const size_t cap = 1 << 16;
	char *buf = malloc(cap);
	size_t n;

	while (buf && (n = far_request(fd, buf, cap))) {
		lines_seen += take_lines(buf, &n);
		far_say(fd, wants_stream(buf, n) ? stream_answer() : chat_answer());
	}
	free(buf);
	far_close(fd);
}

UNUSED static void *far_serve_thread(void *fd)
{
	far_serve((int)(intptr_t)fd);
	return NULL;
}

/* One thread accepts all connections. Unless `many` is set it serves them one after another. */
struct far_server {
	int listener, port;
	bool many;
};

UNUSED static void *far_accept_thread(void *arg)
{
	struct far_server *s = arg;
	pthread_attr_t attr;
	pthread_t t;
	int fd;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((fd = far_accept(s->listener)) >= 0) {
		if (!s->many)
			far_serve(fd);
		else
			MUST(pthread_create(&t, &attr, far_serve_thread, (void *)(intptr_t)fd) == 0);
	}
	return NULL;
}

/* Starts a server on a thread and returns its port. */
UNUSED static int far_start(bool many)
{
	static struct far_server s;
	pthread_t t;

	s.many = many;
	s.listener = far_listen(0, &s.port);
	MUST(pthread_create(&t, NULL, far_accept_thread, &s) == 0);
	pthread_detach(t);
	return s.port;
}

/* The same in a separate process, which dies with the caller. */
UNUSED static int far_start_process(void)
{
	static struct far_server s = { .many = true };
	pid_t parent = getpid();

	s.listener = far_listen(0, &s.port);
	/* without fork handlers: to a preload this is another program */
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			syscall(SYS_exit_group, 0);
		for (;;) {
			int fd = far_accept(s.listener);

			if (fd >= 0 && syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				far_serve(fd);
				syscall(SYS_exit_group, 0);
			}
			far_close(fd);
			while (syscall(SYS_wait4, -1, NULL, WNOHANG, NULL) > 0)
				;
		}
	}
	far_close(s.listener);
	return s.port;
}

/* An exchange with a server, on a new connection. */
UNUSED static bool visit(int port, const char *tag)
{
	char sent[1024];
	size_t len = ask_for(sent, sizeof(sent), tag, 0);
	int fd = dial(port, 0);
	bool good = fd >= 0 && say(fd, sent, len) && hear(fd);

	close(fd);
	return good;
}

#endif
