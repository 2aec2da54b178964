/*
 * Connections whose descriptors were not made by connect or accept in this process, or not in the internet.
 *
 *	unborn exec|passed|getfd|fork	a client: two exchanges on a connection from elsewhere
 *	unborn unix			a client over AF_UNIX
 *	unborn serve-passed|serve-inetd|serve-fork|serve-unix	a server: two MCP requests
 *
 * `exec` and `serve-inetd` start the program anew with the connection inherited.
 *
 * cc: -O1
 */
#include <sys/un.h>

#include "peer.h"

#define MCP_CALL "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"bus\"}}"
#define MCP_BACK "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}"

/* glibc before 2.36 has none */
__attribute__((weak)) int pidfd_getfd(int process, int number, unsigned flags);

static void pass_over(int socket, int fd)
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
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	MUST(syscall(SYS_sendmsg, socket, &msg, 0) == 1);
}

static int take_over(int socket)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int fd;

	MUST(recvmsg(socket, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* A connection that no hook has seen. */
static struct pair far_pair(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int port, listener = far_listen(0, &port);
	struct pair p;

	addr.sin_port = htons((uint16_t)port);
	p.near = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	MUST(syscall(SYS_connect, p.near, &addr, sizeof(addr)) == 0);
	p.far = far_accept(listener);
	far_close(listener);
	return p;
}

/* As another process would: the number had another meaning before, and the hooks have looked at it. */
static struct pair passed(bool by_number)
{
	struct pair p = far_pair();
	int over[2], used = open("/dev/null", O_RDWR), got;

	MUST(write(used, "a file", 6) == 6);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, over) == 0);
	close(used);
	if (by_number) {
		int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

		got = pidfd_getfd ? pidfd_getfd(self, p.near, 0) : p.near;
		MUST(got >= 0);
	} else {
		pass_over(over[0], p.near);
		got = take_over(over[1]);
	}
	p.near = got;
	return p;
}

static struct sockaddr_un local_name(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "unborn-%d", (int)getpid());
	return addr;
}

static struct pair over_unix(bool serves)
{
	struct sockaddr_un addr = local_name();
	int listener = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	struct pair p;

	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(listener, 1) == 0);
	if (serves) {
		p.far = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
		MUST(syscall(SYS_connect, p.far, &addr, sizeof(addr)) == 0);
		p.near = accept(listener, NULL, NULL);
	} else {
		p.near = socket(AF_UNIX, SOCK_STREAM, 0);
		MUST(connect(p.near, (struct sockaddr *)&addr, sizeof(addr)) == 0);
		p.far = far_accept(listener);
	}
	unlink(addr.sun_path);
	return p;
}

static void ask_twice(struct pair p, const char *tag)
{
	for (int i = 0; i < 2; i++)
		printf("%s\n", exchange(p, tag) ? "heard all" : "broken");
}

static void serve_twice(struct pair p, int answers_on)
{
	char request[1024], back[1024], got[1024];
	int len = snprintf(request, sizeof(request),
			   "POST /mcp HTTP/1.1\r\nHost: a\r\nMcp-Session-Id: s\r\nContent-Type: application/json\r\n"
			   "Content-Length: %zu\r\n\r\n" MCP_CALL,
			   strlen(MCP_CALL));
	int back_len = snprintf(back, sizeof(back),
				"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n" MCP_BACK,
				strlen(MCP_BACK));

	for (int i = 0; i < 2; i++) {
		bool good;

		far_say(p.far, request);
		good = recv(p.near, got, (size_t)len, MSG_WAITALL) == len && !memcmp(got, request, (size_t)len);
		good = good && write(answers_on, back, (size_t)back_len) == back_len;
		good = good && syscall(SYS_recvfrom, p.far, got, back_len, MSG_WAITALL, NULL, NULL) == back_len &&
		       !memcmp(got, back, (size_t)back_len);
		fprintf(answers_on == 1 ? stderr : stdout, "%s\n", good ? "heard all" : "broken");
	}
}

static void in_child(void (*use)(struct pair, const char *), struct pair p, const char *tag)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		use(p, tag);
		fflush(stdout);
		say_lines();
		exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void serve_here(struct pair p, const char *tag)
{
	(void)tag;
	serve_twice(p, p.near);
}

static void start_anew(char *argv[], struct pair p)
{
	char near[20], far[20];

	snprintf(near, sizeof(near), "%d", p.near);
	snprintf(far, sizeof(far), "%d", p.far);
	fcntl(p.far, F_SETFD, 0);
	execl("/proc/self/exe", argv[0], argv[1], near, far, (char *)NULL);
	die("exec");
}

int main(int argc, char *argv[])
{
	const char *how = argv[1];
	struct pair p;

	if (argc == 4) {
		p = (struct pair){ atoi(argv[2]), atoi(argv[3]) };
		if (!strcmp(how, "exec"))
			ask_twice(p, how);
		else
			serve_twice(p, 1);
	} else if (!strcmp(how, "exec")) {
		start_anew(argv, far_pair());
	} else if (!strcmp(how, "serve-inetd")) {
		p = far_pair();
		MUST(dup2(p.near, 0) == 0 && dup2(p.near, 1) == 1);
		start_anew(argv, (struct pair){ 0, p.far });
	} else if (!strcmp(how, "passed") || !strcmp(how, "getfd")) {
		ask_twice(passed(how[0] == 'g'), how);
	} else if (!strcmp(how, "fork")) {
		in_child(ask_twice, pair_up(0), how);
	} else if (!strcmp(how, "unix")) {
		ask_twice(over_unix(false), how);
	} else if (!strcmp(how, "serve-passed")) {
		p = passed(false);
		serve_twice(p, p.near);
	} else if (!strcmp(how, "serve-fork")) {
		in_child(serve_here, far_pair(), how);
	} else {
		p = over_unix(true);
		serve_twice(p, p.near);
	}
	if (strcmp(how, "serve-inetd"))
		fflush(stdout);
	say_lines();
	return 0;
}
