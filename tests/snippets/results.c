/*
 * Calls and their results with errno, one line each; the output is the same with any preload. Calls that fail and
 * calls that transfer nothing are made on connections in every state. They must not change the state: the exchange
 * continues after them.
 *
 * cc: -O1 -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread
 */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/un.h>

#include "peer.h"

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

#define QUIET 0x5a5a /* errno before each call; a successful call does not change it */

#define SHOW(call)                                                                                              \
	do {                                                                                                    \
		long ret_;                                                                                      \
                                                                                                                \
		errno = QUIET;                                                                                  \
		ret_ = (long)(call);                                                                            \
		printf("%s: %s = %ld %s\n", where, #call, ret_, errno == QUIET ? "-" : strerrorname_np(errno)); \
	} while (0)

/* How much the kernel takes of a write that is cut short varies. Only the last result is shown. */
#define SHOW_LAST(call)                                                               \
	do {                                                                          \
		while ((call) > 0)                                                    \
			;                                                             \
		printf("%s: %s at last: %s\n", where, #call, strerrorname_np(errno)); \
	} while (0)

static char *bad; /* an inaccessible page after a good page */
static int closed_fd, file_fd;

static void abuse(const char *where, int fd)
{
	struct iovec many[1100], bad_iov[2] = { { bad, 10 }, { bad, 10 } }, huge[2], one = { "x", 1 };
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct msghdr msg = { .msg_iov = (void *)bad, .msg_iovlen = 1 }, bad_msg = { .msg_iov = bad_iov, .msg_iovlen = 2 };
	struct msghdr odd = { .msg_iov = &one, .msg_iovlen = (size_t)INT32_MAX + 5 }, none = { .msg_iovlen = 0 };
	struct msghdr bad_control = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = bad, .msg_controllen = 32 };
	struct mmsghdr messages[1] = { { .msg_hdr = { .msg_iov = bad_iov, .msg_iovlen = 1 } } };
	socklen_t len = sizeof(addr);
	char room[16];
	off_t at = 0;

	for (int i = 0; i < 1100; i++)
		many[i] = (struct iovec){ "", 0 };
	huge[0] = huge[1] = (struct iovec){ room, (size_t)1 << 63 };

	SHOW(write(fd, "", 0));
	SHOW(write(fd, NULL, 0));
	SHOW(write(fd, NULL, 1));
	SHOW(write(fd, bad, 100));
	SHOW(write(fd, (void *)-4096L, 1));
	SHOW(writev(fd, many, 0));
	SHOW(writev(fd, NULL, 0));
	SHOW(writev(fd, many, -1));
	SHOW(writev(fd, many, 1100));
	SHOW(writev(fd, many, 1000));
	SHOW(writev(fd, NULL, 2));
	SHOW(writev(fd, (void *)bad, 2));
	SHOW(writev(fd, bad_iov, 2));
	SHOW(writev(fd, huge, 2));
	SHOW(send(fd, "", 0, MSG_NOSIGNAL));
	SHOW(send(fd, NULL, 7, MSG_NOSIGNAL));
	SHOW(send(fd, bad, 7, MSG_NOSIGNAL | MSG_MORE));
	SHOW(send(fd, bad, 7, MSG_NOSIGNAL | MSG_OOB));
	SHOW(send(fd, bad, 7, MSG_NOSIGNAL | 0x40000000));
	SHOW(sendto(fd, "x", 1, MSG_NOSIGNAL, (void *)bad, sizeof(addr)));
	SHOW(sendto(fd, "x", 1, MSG_NOSIGNAL, (void *)&addr, (socklen_t)-1));
	SHOW(sendto(fd, "", 0, MSG_NOSIGNAL, NULL, 0));
	SHOW(sendmsg(fd, NULL, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, (void *)bad, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, &msg, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, &bad_msg, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, &odd, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, &none, MSG_NOSIGNAL));
	SHOW(sendmsg(fd, &bad_control, MSG_NOSIGNAL));
	SHOW(read(fd, room, 0));
	SHOW(read(fd, NULL, 0));
	SHOW(read(fd, bad, 10));
	SHOW(readv(fd, many, 0));
	SHOW(readv(fd, many, -1));
	SHOW(readv(fd, many, 1100));
	SHOW(readv(fd, NULL, 2));
	SHOW(readv(fd, (void *)bad, 2));
	SHOW(readv(fd, bad_iov, 2));
	SHOW(readv(fd, huge, 2));
	SHOW(recv(fd, room, 0, MSG_DONTWAIT));
	SHOW(recv(fd, bad, 10, MSG_DONTWAIT));
	SHOW(recv(fd, NULL, 10, MSG_DONTWAIT));
	SHOW(recv(fd, bad, 10, MSG_DONTWAIT | MSG_PEEK));
	SHOW(recv(fd, room, 1, MSG_DONTWAIT | MSG_OOB));
	SHOW(recv(fd, room, 1, MSG_DONTWAIT | MSG_ERRQUEUE));
	SHOW(recvfrom(fd, room, 0, MSG_DONTWAIT, (void *)bad, &len));
	SHOW(recvfrom(fd, bad, 9, MSG_DONTWAIT, (void *)&addr, &len));
	SHOW(recvmsg(fd, NULL, MSG_DONTWAIT));
	SHOW(recvmsg(fd, (void *)bad, MSG_DONTWAIT));
	SHOW(recvmsg(fd, &msg, MSG_DONTWAIT));
	SHOW(recvmsg(fd, &bad_msg, MSG_DONTWAIT));
	SHOW(recvmsg(fd, &odd, MSG_DONTWAIT));
	SHOW(dup2(closed_fd, fd));
	SHOW(dup2(fd, fd));
	SHOW(dup2(fd, -1));
	SHOW(dup2(fd, 1 << 30));
	SHOW(dup3(fd, fd, 0));
	SHOW(dup3(fd, fd, O_CLOEXEC));
	SHOW(dup3(closed_fd, fd, O_CLOEXEC));
	SHOW(dup3(file_fd, fd, 077));
	SHOW(shutdown(fd, 17));
	SHOW(accept(fd, NULL, NULL));
	SHOW(accept4(fd, NULL, NULL, 0x1234));
	SHOW(connect(fd, NULL, 0));
	SHOW(connect(fd, (void *)bad, sizeof(addr)));
	SHOW(connect(fd, (void *)&addr, 3));
	SHOW(close_range(9, 3, 0));
	SHOW(close_range((unsigned)fd, (unsigned)fd, 0x4000));
	SHOW(close_range((unsigned)fd, (unsigned)fd, 4 /* CLOSE_RANGE_CLOEXEC */));
	SHOW(sendfile(fd, closed_fd, NULL, 5));
	SHOW(sendfile(fd, file_fd, (off_t *)bad, 5));
	SHOW(sendfile(fd, file_fd, &at, 0));
	SHOW(sendmmsg(fd, messages, 1, MSG_NOSIGNAL));
	SHOW(sendmmsg(fd, messages, 0, MSG_NOSIGNAL));
	SHOW(recvmmsg(fd, messages, 0, MSG_DONTWAIT, NULL));
}

/* Without the failing calls whose first bytes are readable: the first bytes of a connection decide what it is. */
static void abuse_gently(const char *where, int fd)
{
	struct iovec bad_iov[2] = { { bad, 10 }, { bad, 10 } };
	char room[4];

	SHOW(write(fd, NULL, 1));
	SHOW(writev(fd, bad_iov, 2));
	SHOW(sendmsg(fd, NULL, MSG_NOSIGNAL));
	SHOW(readv(fd, NULL, 2));
	SHOW(recvmsg(fd, NULL, MSG_DONTWAIT));
	SHOW(recv(fd, bad, 10, MSG_DONTWAIT));
	SHOW(recv(fd, room, 0, MSG_DONTWAIT));
	SHOW(dup2(closed_fd, fd));
	SHOW(dup3(file_fd, fd, 077));
	SHOW(connect(fd, NULL, 0));
	SHOW(shutdown(fd, 17));
	SHOW(fcntl(fd, F_GETFL) & O_ACCMODE);
	SHOW(fcntl64(fd, F_GETFD));
	SHOW(fcntl(fd, F_SETFD, FD_CLOEXEC));
	SHOW(fcntl(fd, F_GETFD));
	SHOW(fcntl(fd, F_GETLK, &(struct flock){ .l_type = F_WRLCK }));
	SHOW(fcntl(fd, F_GETLK, bad));
	SHOW(fcntl(fd, F_DUPFD, -1));
	SHOW(fcntl(closed_fd, F_DUPFD_CLOEXEC, 0));
	SHOW(fcntl(fd, 99999, 1L));
}

/* ---------------------------------------------------------------- */

/* A request in two writes and its answer in two reads, with failing calls before, between and after. */
static void in_every_state(const char *tag, const char *request, void (*disturb)(const char *, int), bool nonblocking)
{
	struct pair p = pair_up(0);
	size_t len = strlen(request), half = len / 2, n;
	char got[4096], heard[1024], where[64];
	const char *answer = chat_answer();

	if (nonblocking)
		fcntl(p.near, F_SETFL, O_NONBLOCK);
#define IN(state) (snprintf(where, sizeof(where), "%s %s", tag, state), where)
	abuse_gently(IN("fresh"), p.near);
	SHOW(send(p.near, request, half, 0));
	disturb(IN("in-request"), p.near);
	SHOW(write(p.near, request + half, len - half));
	n = far_request(p.far, got, sizeof(got));
	printf("%s: arrived %s\n", tag, same_but_for_lines(got, n, request, len) ? "same" : "changed");
	disturb(IN("asked"), p.near);
	far_say(p.far, answer);
	nap_ms(1);
	SHOW(recv(p.near, heard, 50, 0));
	disturb(IN("in-answer"), p.near);
	SHOW(read(p.near, heard + 50, sizeof(heard) - 50));
	printf("%s: heard %s\n", tag, !memcmp(heard, answer, strlen(answer)) ? "all" : "something else");
	disturb(IN("answered"), p.near);
	SHOW(shutdown(p.near, SHUT_WR));
	SHOW(close(p.near));
	disturb(IN("closed"), p.near);
	SHOW(close(p.near));
	far_close(p.far);
}

static void set_timer(int ms)
{
	struct itimerval t = { .it_value = { 0, ms * 1000 }, .it_interval = { 0, ms * 1000 } };

	setitimer(ITIMER_REAL, &t, NULL);
}

/* Calls that a signal interrupts. */
static void interrupted(const char *request)
{
	static const char where[] = "interrupted";
	static char big[1 << 22];
	struct pair p = pair_up(8192);
	struct sigaction a = { .sa_handler = on_signal };
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char room[100];
	ssize_t n;

	iov = (struct iovec){ room, sizeof(room) };
	sigaction(SIGALRM, &a, NULL);
	set_timer(15);
	SHOW(recv(p.near, room, sizeof(room), 0));
	SHOW(send(p.near, request, strlen(request), 0));
	SHOW(read(p.near, room, sizeof(room)));
	SHOW(readv(p.near, &iov, 1));
	SHOW(recvfrom(p.near, room, sizeof(room), 0, NULL, NULL));
	SHOW(recvmsg(p.near, &msg, 0));
	/* the far end does not read: the first call takes a part, later calls take less and less, then nothing */
	n = send(p.near, big, sizeof(big), 0);
	printf("a part: %d\n", n > 0 && n < (ssize_t)sizeof(big));
	SHOW_LAST(send(p.near, big, sizeof(big), 0));
	SHOW_LAST(write(p.near, big, sizeof(big)));
	iov = (struct iovec){ big, sizeof(big) };
	SHOW_LAST(writev(p.near, &iov, 1));
	SHOW_LAST(sendmsg(p.near, &msg, 0));
	SHOW_LAST(send(p.near, big, sizeof(big), MSG_DONTWAIT));
	set_timer(0);
	SHOW(recv(p.near, room, 0, MSG_DONTWAIT));
	close(p.near);
	far_close(p.far);
}

/* The send buffer is full from the first byte of a request on. */
static void full(const char *request)
{
	static const char where[] = "full";
	static char big[1 << 22];
	struct pair p = pair_up(8192);

	fcntl(p.near, F_SETFL, O_NONBLOCK);
	syscall(SYS_sendto, p.near, big, sizeof(big), MSG_NOSIGNAL, NULL, 0);
	while (syscall(SYS_sendto, p.near, big, 1, MSG_NOSIGNAL, NULL, 0) > 0)
		;
	SHOW(send(p.near, request, strlen(request), 0));
	SHOW(write(p.near, request, strlen(request)));
	SHOW(send(p.near, request, 1, 0));
	SHOW(read(p.near, big, 10));
	SHOW(recv(p.near, big, 10, 0));
	close(p.near);
	far_close(p.far);
}

/* The peer is gone: the first call returns its reset, later calls return EPIPE with or without a signal. */
static void broken(const char *request)
{
	static const char where[] = "broken";
	struct linger reset = { 1, 0 };
	struct iovec iov = { (void *)request, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pair p = pair_up(0);
	char room[10];

	signals = 0;
	signal(SIGPIPE, on_signal);
	SHOW(send(p.near, request, strlen(request), 0));
	setsockopt(p.far, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	far_close(p.far);
	nap_ms(2);
	SHOW(recv(p.near, room, sizeof(room), 0));
	SHOW(recv(p.near, room, sizeof(room), 0));
	SHOW(send(p.near, request, 10, MSG_NOSIGNAL));
	printf("signals %d\n", (int)signals);
	SHOW(write(p.near, request, 10));
	SHOW(writev(p.near, &iov, 1));
	SHOW(send(p.near, request, 10, 0));
	SHOW(sendto(p.near, request, 10, 0, NULL, 0));
	SHOW(sendmsg(p.near, &msg, 0));
	printf("signals %d\n", (int)signals);
	SHOW(write(p.near, request, 0));
	SHOW(shutdown(p.near, SHUT_RDWR));
	SHOW(close(p.near));
	/* in the middle of a request, before the program has read the reset */
	p = pair_up(0);
	SHOW(send(p.near, request, 20, 0));
	setsockopt(p.far, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	far_close(p.far);
	nap_ms(2);
	SHOW(send(p.near, request + 20, strlen(request) - 20, MSG_NOSIGNAL));
	SHOW(send(p.near, request + 20, strlen(request) - 20, MSG_NOSIGNAL));
	SHOW(close(p.near));
	/* orderly close by the peer: one more write succeeds */
	p = pair_up(0);
	far_close(p.far);
	SHOW(recv(p.near, room, sizeof(room), 0));
	SHOW(send(p.near, request, strlen(request), MSG_NOSIGNAL));
	nap_ms(2);
	SHOW(send(p.near, request, strlen(request), MSG_NOSIGNAL));
	SHOW(close(p.near));
	/* the program has shut its own end */
	p = pair_up(0);
	SHOW(send(p.near, request, strlen(request), 0));
	SHOW(shutdown(p.near, SHUT_WR));
	SHOW(send(p.near, request, strlen(request), MSG_NOSIGNAL));
	SHOW(shutdown(p.near, SHUT_RD));
	SHOW(recv(p.near, room, sizeof(room), 0));
	SHOW(close(p.near));
	far_close(p.far);
	signal(SIGPIPE, SIG_IGN);
}

static void connecting(void)
{
	static const char where[] = "connecting";
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), port, err = 0, listener, got;
	socklen_t len = sizeof(err);
	char c;

	SHOW(connect(fd, (void *)&addr, sizeof(addr)));
	SHOW(send(fd, "GET ", 4, MSG_NOSIGNAL));
	SHOW(recv(fd, &c, 1, 0));
	SHOW(shutdown(fd, SHUT_RDWR));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	listener = far_listen(0, &port);
	addr.sin_port = htons((uint16_t)port);
	SHOW(connect(fd, (void *)&addr, sizeof(addr)));
	poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 1000);
	SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len));
	SHOW(connect(fd, (void *)&addr, sizeof(addr)));
	SHOW(connect(fd, (void *)&addr, sizeof(addr)));
	close(fd);
	far_close(listener);
	SHOW(socket(4711, SOCK_STREAM, 0));
	SHOW(socket(AF_INET, 4711, 0));
	SHOW(socket(AF_UNIX, SOCK_STREAM, 99));
	/* the program's own server */
	listener = far_listen(0, &port);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	SHOW(accept(listener, NULL, NULL));
	SHOW(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
	SHOW(accept(listener, (void *)bad, NULL));
	fd = dial(port, 0);
	nap_ms(1);
	SHOW((got = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	SHOW(send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0));
	SHOW(recv(got, bad, 10, 0));
	SHOW(readv(got, NULL, 3));
	SHOW(recvmsg(got, NULL, 0));
	SHOW(recv(got, &c, 1, MSG_PEEK));
	SHOW(recv(got, &c, 1, 0));
	SHOW(send(got, bad, 10, 0));
	SHOW(writev(got, NULL, 3));
	close(fd);
	close(got);
	far_close(listener);
}

int main(void)
{
	static char ours[4096];
	static const char others[] =
		"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fds[2], fd;
	char *pages;

	setlinebuf(stdout);
	signal(SIGPIPE, SIG_IGN);
	pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bad = pages + 4096;
	MUST(mprotect(bad, 4096, PROT_NONE) == 0);
	file_fd = open("/dev/zero", O_RDWR);
	closed_fd = 900;

	ask_for(ours, sizeof(ours), "state-blocking", 0);
	in_every_state("blocking", ours, abuse_gently, false);
	ask_for(ours, sizeof(ours), "state-non-blocking", 0);
	in_every_state("ours", ours, abuse, true);
	in_every_state("others", others, abuse, true);
	ask_for(ours, sizeof(ours), "cut-short", 0);
	interrupted(ours);
	full(ours);
	broken(ours);
	connecting();

	MUST(pipe2(fds, O_NONBLOCK) == 0);
	abuse("pipe", fds[1]);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	abuse("unix", fds[0]);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	abuse("udp", fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	abuse("unconnected", fd);
	abuse("nothing", -1);
	abuse("nothing", 1 << 20);
	(void)addr;
	say_lines();
	return 0;
}
