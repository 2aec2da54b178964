/*
 * Another preload that wraps functions of libssl, libcurl and libc and counts the calls it sees. At exit it writes
 * the counts to a file.
 *
 * cc: -O1 -shared -fPIC -ldl
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int writes, performs, sends, connects;

#define NEXT(name) (*(void **)&real = real ? *(void **)&real : dlsym(RTLD_NEXT, name))

int SSL_write(void *ssl, const void *buf, int n)
{
	static int (*real)(void *, const void *, int);

	NEXT("SSL_write");
	writes++;
	return real(ssl, buf, n);
}

int curl_easy_perform(void *easy)
{
	static int (*real)(void *);

	NEXT("curl_easy_perform");
	performs++;
	return real(easy);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);

	NEXT("send");
	sends++;
	return real(fd, buf, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);

	NEXT("sendmsg");
	sends++;
	return real(fd, msg, flags);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);

	NEXT("connect");
	connects++;
	return real(fd, addr, len);
}

__attribute__((destructor)) static void announce(void)
{
	const char *path = getenv("WRAP_FILE");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "SSL_write %d, curl_easy_perform %d, sends %d, connects %d\n", writes, performs, sends, connects);
	fclose(f);
}
