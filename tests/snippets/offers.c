/*
 * Requests that offer another protocol (RFC 9110, 7.8). The server declines by answering in HTTP/1.1, or agrees with a 101. After
 * a 101 the bytes may look like a request, but they are not.
 *
 * cc: -O1
 */
#include "peer.h"

#define H2C \
	"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
#define WEBSOCKET "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

static char sent[4096], got[4096];

/* A chat request with more header lines before its last. Sent in two calls, as the JDK's client does. */
static size_t ask(int fd, const char *tag, const char *lines)
{
	char plain[2048], *blank;
	size_t len = ask_for(plain, sizeof(plain), tag, 0), head;

	blank = strstr(plain, "\r\n\r\n") + 2;
	head = (size_t)(blank - plain);
	memcpy(sent, plain, head);
	strcpy(sent + head, lines);
	memcpy(sent + head + strlen(lines), blank, len - head);
	head += strlen(lines) + 2;
	len += strlen(lines);
	MUST(say(fd, sent, head) && say(fd, sent + head, len - head));
	return len;
}

static void exchange_with(struct pair p, const char *tag, const char *lines)
{
	size_t len = ask(p.near, tag, lines), n = far_request(p.far, got, sizeof(got));
	bool same = same_but_for_lines(got, n, sent, len);

	far_say(p.far, chat_answer());
	printf("%s: arrived %s, heard %s\n", tag, same ? "same" : "changed", hear(p.near) ? "all" : "something else");
}

static void agree(struct pair p)
{
	size_t len = ask(p.near, "agreed", H2C), n = far_request(p.far, got, sizeof(got));
	char heard[200] = "";
	ssize_t k;

	printf("agreed: arrived %s", same_but_for_lines(got, n, sent, len) ? "same" : "changed");
	far_say(p.far, SWITCHING);
	k = recv(p.near, heard, sizeof(heard), 0);
	len = ask_for(sent, sizeof(sent), "typed", 0);
	MUST(say(p.near, sent, len));
	n = far_request(p.far, got, sizeof(got));
	printf(", heard %zd, then %s\n", k, n == len && !memcmp(got, sent, len) ? "same" : "changed");
}

int main(void)
{
	struct pair p = pair_up(0);

	exchange_with(p, "declined-0", H2C);
	exchange_with(p, "declined-1", H2C);
	exchange_with(p, "without", "");
	exchange_with(p, "websocket", WEBSOCKET);
	exchange_with(p, "after", "");
	agree(p);
	close(p.near);
	far_close(p.far);
	say_lines();
	return 0;
}
