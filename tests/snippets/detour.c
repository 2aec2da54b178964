/*
 * Another preload, as proxychains: takes every internet connection to the SOCKS proxy at port DETOUR of this host and has that
 * connect to the server. Look-ups of names fail, because the proxy would make them.
 *
 * cc: -O1 -shared -fPIC
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int connect_fn(int fd, const struct sockaddr *addr, socklen_t len);

/* The names that every preload in front of libc sees. */
static int talk(int fd, const unsigned char *say, size_t len, size_t answer)
{
	unsigned char got[16];

	if (write(fd, say, len) != (ssize_t)len)
		return -1;
	for (size_t have = 0; have < answer;) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n = poll(&p, 1, 5000) == 1 ? read(fd, got + have, answer - have) : -1;

		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	return got[1] == 0 ? 0 : -1;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	connect_fn *real = (connect_fn *)dlsym(RTLD_NEXT, "connect");
	struct sockaddr_in proxy = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in *to = (const struct sockaddr_in *)addr;
	unsigned char request[10] = { 5, 1, 0, 1 };
	int flags = fcntl(fd, F_GETFL), ret;

	if (addr->sa_family != AF_INET || !getenv("DETOUR"))
		return real(fd, addr, len);
	proxy.sin_port = htons((unsigned short)atoi(getenv("DETOUR")));
	memcpy(request + 4, &to->sin_addr, 4);
	memcpy(request + 8, &to->sin_port, 2);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	ret = real(fd, (struct sockaddr *)&proxy, sizeof(proxy));
	if (ret == 0)
		ret = talk(fd, (const unsigned char *)"\5\1\0", 3, 2) || talk(fd, request, sizeof(request), 10) ? -1 : 0;
	fcntl(fd, F_SETFL, flags);
	if (ret < 0)
		errno = ECONNREFUSED;
	return ret;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)out;
	return EAI_FAIL;
}
