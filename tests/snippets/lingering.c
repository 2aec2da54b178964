/*
 * A number that is taken away by a call that waits: SO_LINGER makes the end of the old connection wait until the far end has taken
 * what was sent. By then the number is another file's, or free, and other threads can have it.
 *
 *	lingering close|dup2|dup3|close_range|closefrom
 *
 * Prints on standard error "released NS": the far end began to read then (nanoseconds since 1970), and not before the number was
 * taken away.
 *
 * cc: -O1
 */
#include "peer.h"

#define NUMBER	500
#define BODY	(8 << 20)
#define NAP_MS	50
#define LIMIT_S 10

static int far;
static long long released_ns;

/* Is the number still that of the connection? */
static bool is_socket(void)
{
	char path[40], link[100] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", NUMBER);
	return readlink(path, link, sizeof(link) - 1) > 0 && !strncmp(link, "socket:", 7);
}

static void *read_when_it_is_taken_away(void *unused)
{
	double until = now_s() + LIMIT_S;
	static char room[1 << 16];
	struct timespec t;

	(void)unused;
	while (is_socket() && now_s() < until)
		nap_ms(1);
	nap_ms(NAP_MS);
	clock_gettime(CLOCK_REALTIME, &t);
	released_ns = t.tv_sec * 1000000000LL + t.tv_nsec;
	while (syscall(SYS_recvfrom, far, room, sizeof(room), 0, NULL, NULL) > 0)
		;
	return NULL;
}

/* As much of a request as goes out while the far end does not read. */
static void send_much(int fd)
{
	char *request = malloc(BODY + 1000);
	size_t len = ask_for(request, BODY + 1000, "lingering", BODY), sent = 0;
	ssize_t n;

	while (sent < len && (n = send(fd, request + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		sent += (size_t)n;
	MUST(sent > 0);
	free(request);
}

static int take_away(const char *how)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	MUST(null >= 0);
	if (!strcmp(how, "dup2"))
		return dup2(null, NUMBER);
	if (!strcmp(how, "dup3"))
		return dup3(null, NUMBER, O_CLOEXEC);
	if (!strcmp(how, "close"))
		return close(NUMBER);
	if (!strcmp(how, "close_range"))
		return close_range(NUMBER, NUMBER, 0);
	closefrom(NUMBER);
	return 0;
}

int main(int argc, char *argv[])
{
	const struct linger linger = { .l_onoff = 1, .l_linger = LIMIT_S };
	struct pair p = pair_up(0);
	pthread_t thread;

	MUST(argc > 1 && dup2(p.near, NUMBER) == NUMBER);
	close(p.near);
	far = p.far;
	MUST(setsockopt(NUMBER, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	send_much(NUMBER);
	MUST(pthread_create(&thread, NULL, read_when_it_is_taken_away, NULL) == 0);
	printf("%d\n", take_away(argv[1]));
	printf("waited: %s\n", released_ns ? "yes" : "no");
	pthread_join(thread, NULL);
	fprintf(stderr, "released %lld\n", released_ns);
	return 0;
}
