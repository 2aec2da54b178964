/*
 * Other protocols over sockets that the hooks watch. Their bytes must pass unchanged. Some look like HTTP at first.
 *
 * cc: -O1
 */
#include "peer.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *name, *says;
	size_t len;
} talks[] = {
	{ "redis", BYTES("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$36\r\nPOST /v1/chat/completions HTTP/1.1\r\n\r\n\r\n") },
	{ "redis-inline", BYTES("GET traceparent\r\nSET a b\r\nPOST /v1/chat/completions\r\n") },
	{ "memcached", BYTES("get POST\r\nset k 0 0 3\r\nabc\r\n") },
	{ "memcached-stats", BYTES("STATS /v1/messages HTTP/1.1x\r\n\r\n") },
	{ "postgres", BYTES("\0\0\0\x1e\0\3\0\0user\0me\0database\0db\0\0Q\0\0\0\x0bselect\0") },
	{ "mysql", BYTES("\x20\0\0\1\x85\xa6\xff\1\0\0\0\1!\0\0\0\0") },
	{ "yamux", BYTES("\0\1\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\x24POST /v1/chat/completions HTTP/1.1\r\n\r\n") },
	{ "http2", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0") },
	{ "tls", BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3POST /v1/chat/completions HTTP/1.1\r\n\r\n") },
	{ "ssh", BYTES("SSH-2.0-OpenSSH_9.2\r\n\0\0\5\x2c\6\x14") },
	{ "smtp", BYTES("EHLO host\r\nMAIL FROM:<a@b>\r\nDATA\r\n") },
	{ "imap", BYTES("a001 LOGIN x y\r\n") },
	{ "rtsp", BYTES("OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n") },
	{ "sip", BYTES("INVITE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n") },
	{ "zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "lines", BYTES("\r\n\r\n\r\n\r\n\0\1\2") },
	{ "post-and-binary", BYTES("POST \1\2\3 HTTP/1.1\r\nContent-Type: application/json\r\n\r\n") },
	{ "no-version", BYTES("POST /v1/chat/completions\r\nContent-Type: application/json\r\nHost: a\r\n\r\n{}") },
	{ "bad-field", BYTES("POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nno field\r\n\r\n{}") },
	{ "two-lengths", BYTES("POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
			       "Content-Length: 3\r\n\r\n{} ") },
	{ "length-and-chunks",
	  BYTES("POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
		"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n") },
	/* a body that contains a whole request, sent separately */
	{ "request-in-body",
	  BYTES("POST /upload HTTP/1.1\r\nContent-Length: 85\r\n\r\nPOST /v1/chat/completions HTTP/1.1\r\nContent-Type: "
		"application/json\r\nHost: a\r\n\r\n") },
	{ "websocket",
	  BYTES("GET /v1/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x85POST ") },
	{ "hijacked",
	  BYTES("POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
		"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n") },
	{ "get", BYTES("GET /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n") },
	{ "other-path",
	  BYTES("POST /v1/chat/completion HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}") },
};

/* Sends pieces of `step` bytes through `way`. The far end answers with the bytes in reverse order. */
static bool talk(const char *p, size_t len, size_t step, int way)
{
	struct pair pair = pair_up(0);
	char *got = malloc(len + 1), *back = malloc(len + 1);
	size_t n = 0, heard = 0;
	bool good = true;

	for (size_t at = 0; at < len; at += step) {
		size_t piece = len - at < step ? len - at : step, half = piece / 2;
		struct iovec iov[2] = { { (void *)(p + at), half }, { (void *)(p + at + half), piece - half } };
		ssize_t sent = way == 0 ? write(pair.near, p + at, piece) :
			       way == 1 ? writev(pair.near, iov, 2) :
					  send(pair.near, p + at, piece, MSG_NOSIGNAL);

		good = good && sent == (ssize_t)piece;
		while (n < at + piece) {
			long some = syscall(SYS_recvfrom, pair.far, got + n, len + 1 - n, 0, NULL, NULL);

			MUST(some > 0);
			n += (size_t)some;
		}
	}
	good = good && n == len && memcmp(got, p, len) == 0;
	for (size_t i = 0; i < len; i++)
		got[i] = p[len - 1 - i];
	MUST(syscall(SYS_sendto, pair.far, got, len, 0, NULL, 0) == (long)len);
	while (heard < len) {
		ssize_t some =
			way == 0 ? read(pair.near, back + heard, len - heard) : recv(pair.near, back + heard, len - heard, 0);

		MUST(some > 0);
		heard += (size_t)some;
	}
	good = good && memcmp(back, got, len) == 0;
	close(pair.near);
	far_close(pair.far);
	free(got);
	free(back);
	return good;
}

int main(void)
{
	static const size_t steps[] = { 1, 3, 26, 100000 };
	char noise[3000];
	unsigned seed = 4711;

	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++)
		for (size_t s = 0; s < 4; s++)
			for (int way = 0; way < 3; way++)
				printf("%s %zu %d: %s\n", talks[i].name, steps[s], way,
				       talk(talks[i].says, talks[i].len, steps[s], way) ? "same" : "CHANGED");
	for (int i = 0; i < 200; i++) {
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (char)((seed = seed * 1103515245 + 12345) >> 16);
		if (i % 2)
			memcpy(noise, "POST /v1/messages HTTP/1.1\r\n", 28);
		printf("noise %d: %s\n", i, talk(noise, sizeof(noise), (size_t)(i % 7 + 1) * 400, i % 3) ? "same" : "CHANGED");
	}
	return 0;
}
