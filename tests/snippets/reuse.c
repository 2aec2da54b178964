/*
 * Descriptor numbers that are reused in the middle of an exchange, and descriptors that are duplicated.
 *
 * cc: -O1
 */
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "peer.h"

/* Content of a file that must never be taken for an answer. */
static const char decoy[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 138\r\n\r\n"
			    "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"decoy\",\"choices\":[],\"usage\":"
			    "{\"prompt_tokens\":777,\"completion_tokens\":777,\"total_tokens\":1554}}";

static int decoy_file(void)
{
	int fd = memfd_create("decoy", 0);

	MUST(fd >= 0 && syscall(SYS_write, fd, decoy, sizeof(decoy) - 1) == sizeof(decoy) - 1);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static const char *tag;

static void outcome(const char *what, bool good)
{
	printf("%s: %s %s\n", tag, what, good ? "yes" : "NO");
}

static void request_on(int fd, int far)
{
	char sent[2048], got[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), n;

	outcome("sent", say(fd, sent, len));
	n = far_request(far, got, sizeof(got));
	outcome("arrived", same_but_for_lines(got, n, sent, len));
}

/* The number is a file now: reads and writes must behave accordingly. */
static void use_file(int fd, bool with_recv)
{
	char room[sizeof(decoy)] = "";
	struct iovec iov[2] = { { room, 20 }, { room + 20, sizeof(room) - 21 } };
	static const char text[] = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n";

	if (with_recv)
		outcome("no socket", recv(fd, room, sizeof(room), 0) == -1 && errno == ENOTSOCK);
	outcome("file read", readv(fd, iov, 2) == sizeof(decoy) - 1 && !memcmp(room, decoy, sizeof(decoy) - 1));
	lseek(fd, 0, SEEK_SET);
	MUST(ftruncate(fd, 0) == 0);
	outcome("file written", write(fd, text, sizeof(text) - 1) == sizeof(text) - 1);
	outcome("file length", lseek(fd, 0, SEEK_END) == sizeof(text) - 1);
}

/* Occupies every free number below `fd`, so that the kernel returns `fd` next once it is free. */
static int fillers[64], n_fillers;

static void fill_below(int fd)
{
	int got;

	while ((got = (int)syscall(SYS_dup, 3)) < fd)
		fillers[n_fillers++] = got;
	syscall(SYS_close, got);
}

static void unfill(void)
{
	while (n_fillers)
		syscall(SYS_close, fillers[--n_fillers]);
}

enum how { CLOSE, RAW_CLOSE, CLOSE_RANGE, RAW_CLOSE_RANGE, DUP2, RAW_DUP2, DUP3, RAW_DUP3, CLOSEFROM };

/* Frees the number of `fd` and puts a file there. */
static void replace(int fd, enum how how)
{
	int file = decoy_file(), got;

	switch (how) {
	case CLOSE:
		MUST(close(fd) == 0);
		break;
	case RAW_CLOSE:
		MUST(syscall(SYS_close, fd) == 0);
		break;
	case CLOSE_RANGE:
		MUST(close_range((unsigned)fd, (unsigned)fd, 0) == 0);
		break;
	case RAW_CLOSE_RANGE:
		MUST(syscall(SYS_close_range, fd, fd, 0) == 0);
		break;
	case DUP2:
		MUST(dup2(file, fd) == fd);
		break;
	case RAW_DUP2:
		MUST(syscall(SYS_dup2, file, fd) == fd);
		break;
	case DUP3:
		MUST(dup3(file, fd, O_CLOEXEC) == fd);
		break;
	case RAW_DUP3:
		MUST(syscall(SYS_dup3, file, fd, O_CLOEXEC) == fd);
		break;
	case CLOSEFROM:
		MUST(syscall(SYS_dup3, file, 3, 0) == 3); /* below the numbers that closefrom closes */
		closefrom(4);
		MUST(dup2(3, fd) == fd);
		close(3);
		return;
	}
	if (how <= RAW_CLOSE_RANGE) {
		got = fcntl(file, F_DUPFD, fd);
		MUST(got == fd);
	}
	syscall(SYS_close, file);
}

static void replaced_by_file(const char *name, enum how how, bool fresh)
{
	struct pair p = pair_up(0);

	tag = name;
	if (!fresh)
		request_on(p.near, p.far);
	replace(p.near, how);
	if (how != CLOSEFROM)
		far_say(p.far, chat_answer());
	use_file(p.near, !fresh);
	close(p.near);
	far_close(p.far);
}

/* Another connection under the number of a connection that was closed without libc. */
static void replaced_by_connection(bool raw_socket)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct pair p = pair_up(0);
	int port, listener = far_listen(0, &port), fd, far;

	tag = raw_socket ? "first-of-raw" : "first-of-two";
	request_on(p.near, p.far);
	fill_below(p.near);
	far_close(p.near);
	if (raw_socket) {
		fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
		addr.sin_port = htons((uint16_t)port);
		MUST(syscall(SYS_connect, fd, &addr, sizeof(addr)) == 0);
	} else {
		fd = dial(port, 0);
	}
	MUST(fd == p.near);
	far = far_accept(listener);
	tag = raw_socket ? "second-of-raw" : "second-of-two";
	request_on(fd, far);
	far_say(far, chat_answer());
	outcome("heard", hear(fd));
	close(fd);
	far_close(far);
	far_close(p.far);
	far_close(listener);
	unfill();
}

/* A number received as ancillary data: a socket of another process, or a file. */
static void pass(int over, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	MUST(sendmsg(over, &msg, 0) == 1);
}

static int take(int over)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char x;
	struct iovec iov = { &x, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd;

	MUST(recvmsg(over, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static void passed(void)
{
	struct pair p = pair_up(0), q;
	int over[2], file = decoy_file();

	tag = "passed-away";
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, over) == 0);
	request_on(p.near, p.far);
	pass(over[0], file);
	fill_below(p.near);
	far_close(p.near);
	MUST(take(over[1]) == p.near);
	far_say(p.far, chat_answer());
	use_file(p.near, true);
	close(p.near);
	close(file);
	far_close(p.far);
	unfill();

	/* the same socket, under a number that the hooks do not know */
	q = pair_up(0);
	tag = "passed-on";
	pass(over[0], q.near);
	close(q.near);
	q.near = take(over[1]);
	request_on(q.near, q.far);
	far_say(q.far, chat_answer());
	outcome("heard", hear(q.near));
	close(q.near);
	far_close(q.far);
	close(over[0]);
	close(over[1]);
}

/* Reading an event counter returns eight bytes. */
static void replaced_by_counter(void)
{
	struct pair p = pair_up(0);
	uint64_t n = 0;

	tag = "counter";
	request_on(p.near, p.far);
	fill_below(p.near);
	far_close(p.near);
	MUST(eventfd(41, 0) == p.near);
	outcome("read", read(p.near, &n, sizeof(n)) == sizeof(n) && n == 41);
	n = 1;
	outcome("written", write(p.near, &n, sizeof(n)) == sizeof(n));
	close(p.near);
	far_close(p.far);
	unfill();
}

/* ---------------------------------------------------------------- duplicates */

static void copied(const char *name, bool before, int (*copy)(int), bool ask_on_copy, bool close_first)
{
	struct pair p = pair_up(0);
	int other = -1;

	tag = name;
	if (before)
		other = copy(p.near);
	request_on(before && ask_on_copy ? other : p.near, p.far);
	if (!before)
		other = copy(p.near);
	if (close_first)
		close(ask_on_copy ? other : p.near);
	far_say(p.far, chat_answer());
	outcome("heard", hear(ask_on_copy ? p.near : other));
	close(p.near);
	close(other);
	far_close(p.far);
}

static int by_dup2(int fd)
{
	return dup2(fd, 300);
}

static int by_dup3(int fd)
{
	return dup3(fd, 300, O_CLOEXEC);
}

static int by_fcntl(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 300);
}

static int by_fcntl64(int fd)
{
	return fcntl64(fd, F_DUPFD, 300);
}

/* A child inherits the connection and uses or closes its copies. */
static void inherited(bool child_asks)
{
	struct pair p = pair_up(0);
	pid_t child;
	int status;

	tag = child_asks ? "child-asks" : "child-closes";
	if (!child_asks)
		request_on(p.near, p.far);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (child_asks) {
			request_on(p.near, p.far);
			far_say(p.far, chat_answer());
			outcome("heard", hear(p.near));
			fflush(stdout);
		}
		close(p.near);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
	if (!child_asks) {
		far_say(p.far, chat_answer());
		outcome("heard", hear(p.near));
	}
	close(p.near);
	far_close(p.far);
}

int main(void)
{
	int fd = open("/dev/null", O_RDWR);

	MUST(fd == 3); /* nothing else gets this number */
	tag = "first";
	outcome("whole", exchange(pair_up(0), tag));
	nap_ms(200); /* let the preload finish what it does at its first exchange */
	replaced_by_file("close", CLOSE, false);
	replaced_by_file("raw-close", RAW_CLOSE, false);
	replaced_by_file("close-range", CLOSE_RANGE, false);
	replaced_by_file("raw-close-range", RAW_CLOSE_RANGE, false);
	replaced_by_file("dup2", DUP2, false);
	replaced_by_file("raw-dup2", RAW_DUP2, false);
	replaced_by_file("dup3", DUP3, false);
	replaced_by_file("raw-dup3", RAW_DUP3, false);
	replaced_by_file("closefrom", CLOSEFROM, false);
	MUST(open("/dev/null", O_RDWR) == 3);
	replaced_by_file("fresh-close", CLOSE, true);
	replaced_by_file("fresh-raw-close", RAW_CLOSE, true);
	replaced_by_file("fresh-raw-dup2", RAW_DUP2, true);
	replaced_by_counter();
	replaced_by_connection(false);
	replaced_by_connection(true);
	passed();
	copied("copy-dup", false, dup, false, false);
	copied("copy-dup-closed", false, dup, false, true);
	copied("copy-dup2-closed", false, by_dup2, false, true);
	copied("copy-dup3-closed", false, by_dup3, false, true);
	copied("copy-fcntl-closed", false, by_fcntl, false, true);
	copied("copy-fcntl64-closed", false, by_fcntl64, false, true);
	copied("fresh-copy-read", true, dup, false, false);
	copied("fresh-copy-ask", true, dup, true, false);
	copied("fresh-copy-ask-closed", true, by_dup2, true, true);
	copied("fresh-copy-fcntl", true, by_fcntl, true, false);
	inherited(false);
	inherited(true);
	fflush(stdout);
	say_lines();
	return 0;
}
