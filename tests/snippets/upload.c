/*
 * An upload to an unknown API, in many writes.
 *
 *	upload length|chunked|server COUNT
 *
 * `server`: the program receives the upload instead, and answers it.
 *
 * cc: -O1
 */
#include "peer.h"

#define PIECE 1000

static char piece[PIECE + 20];
static size_t piece_len;

static void *drain(void *fd)
{
	static char room[1 << 16];

	while (syscall(SYS_recvfrom, (int)(intptr_t)fd, room, sizeof(room), 0, NULL, NULL) > 0)
		;
	return NULL;
}

static void *fill(void *arg)
{
	int *fd_and_count = arg;

	for (int i = 0; i < fd_and_count[1]; i++)
		syscall(SYS_sendto, fd_and_count[0], piece, PIECE, MSG_NOSIGNAL, NULL, 0);
	return NULL;
}

static void receive(int count)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char head[200], room[PIECE];
	int port, near, far, n, listener = far_listen(0, &port), whole = 0;
	pthread_t t;

	addr.sin_port = htons((uint16_t)port);
	far = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	MUST(syscall(SYS_connect, far, &addr, sizeof(addr)) == 0);
	near = accept(listener, NULL, NULL);
	n = snprintf(head, sizeof(head), "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", count * PIECE);
	MUST(syscall(SYS_sendto, far, head, n, 0, NULL, 0) == n && recv(near, room, (size_t)n, MSG_WAITALL) == n);
	pthread_create(&t, NULL, fill, (int[]){ far, count });
	for (int i = 0; i < count; i++)
		whole += recv(near, room, PIECE, MSG_WAITALL) == PIECE;
	pthread_join(t, NULL);
	n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", count * PIECE);
	pthread_create(&t, NULL, drain, (void *)(intptr_t)far);
	MUST(write(near, head, (size_t)n) == n);
	for (int i = 0; i < count; i++)
		whole += writev(near, (struct iovec[]){ { piece, 10 }, { piece + 10, PIECE - 10 } }, 2) == PIECE;
	close(near);
	pthread_join(t, NULL);
	printf("%d\n", whole);
}

int main(int argc, char *argv[])
{
	bool is_chunked = argc == 3 && !strcmp(argv[1], "chunked");
	int count = argc == 3 ? atoi(argv[2]) : 0, whole = 0, n;
	char head[200];
	struct pair p;
	pthread_t t;

	memset(piece, 'x', sizeof(piece));
	if (!strcmp(argv[1], "server")) {
		receive(count);
		return 0;
	}
	p = pair_up(0);
	pthread_create(&t, NULL, drain, (void *)(intptr_t)p.far);
	n = is_chunked ?
		    snprintf(head, sizeof(head), "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") :
		    snprintf(head, sizeof(head), "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", count * PIECE);
	MUST(say(p.near, head, (size_t)n));
	piece_len = PIECE;
	if (is_chunked) {
		piece_len = (size_t)sprintf(piece, "%x\r\n", PIECE);
		memset(piece + piece_len, 'x', PIECE);
		piece_len += PIECE;
		memcpy(piece + piece_len, "\r\n", 2);
		piece_len += 2;
	}
	for (int i = 0; i < count; i++)
		whole += send(p.near, piece, piece_len, 0) == (ssize_t)piece_len;
	close(p.near);
	pthread_join(t, NULL);
	printf("%d\n", whole);
	return 0;
}
