/*
 * One exchange by calls that gentap follows from their first byte, or that no preload can see.
 *
 *	ways fast-open|stdio|dprintf|raw|splice|clone|idle
 *
 * cc: -O1
 */
#include "peer.h"

static struct pair p;
static char sent[2048], got[2048];
static size_t len;

/* Connects and sends in one call (RFC 7413). */
static void by_fast_open(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int port, listener = far_listen(0, &port);

	addr.sin_port = htons((uint16_t)port);
	p.near = socket(AF_INET, SOCK_STREAM, 0);
	MUST(sendto(p.near, sent, len, MSG_FASTOPEN, (struct sockaddr *)&addr, sizeof(addr)) == (ssize_t)len);
	p.far = far_accept(listener);
}

static void by_stdio(void)
{
	FILE *f;

	p = pair_up(0);
	f = fdopen(p.near, "r+");
	MUST(f && fwrite(sent, 1, len, f) == len && fflush(f) == 0);
}

static void by_dprintf(void)
{
	p = pair_up(0);
	MUST(dprintf(p.near, "%.*s", (int)len, sent) == (int)len);
}

static void by_system_call(void)
{
	p = pair_up(0);
	MUST(syscall(SYS_write, p.near, sent, len) == (long)len);
}

/* In a child that libc does not know of. */
static void by_clone(void)
{
	p = pair_up(0);
	MUST(say(p.near, sent, len));
}

static void by_splice(void)
{
	int ends[2];

	p = pair_up(0);
	MUST(pipe(ends) == 0 && write(ends[1], sent, len) == (ssize_t)len);
	MUST(splice(ends[0], NULL, p.near, NULL, len, 0) == (ssize_t)len);
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*send)(void);
	} ways[] = { { "fast-open", by_fast_open }, { "stdio", by_stdio },   { "dprintf", by_dprintf },
		     { "raw", by_system_call },	    { "splice", by_splice }, { "clone", by_clone } };
	int status;

	MUST(argc == 2);
	if (!strcmp(argv[1], "clone") && syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) > 0) {
		MUST(wait(&status) > 0);
		return status;
	}
	len = ask_for(sent, sizeof(sent), argv[1], 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		size_t n;

		if (strcmp(argv[1], ways[i].name))
			continue;
		ways[i].send();
		n = far_request(p.far, got, sizeof(got));
		printf("arrived %s", same_but_for_lines(got, n, sent, len) ? "same" : "changed");
		far_say(p.far, chat_answer());
		printf(", heard %s\n", hear(p.near) ? "all" : "something else");
	}
	if (!strcmp(argv[1], "idle")) { /* connects and sends nothing */
		p = pair_up(0);
		puts("idle");
	}
	close(p.near);
	say_lines();
	return 0;
}
