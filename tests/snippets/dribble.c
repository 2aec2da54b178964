/*
 * Another preload: internet sockets take at most DRIBBLE bytes per call, and every second call takes nothing. It also
 * represents other libraries that wrap the same functions.
 *
 * cc: -O1 -shared -fPIC
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned calls;

/* Bytes to let pass; 0: EAGAIN. SIZE_MAX for descriptors that are not internet sockets. */
static size_t allowance(int fd)
{
	const char *text = getenv("DRIBBLE");
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (!text || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_INET)
		return (size_t)-1;
	return __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % 2 ? strtoul(text, NULL, 10) : 0;
}

static ssize_t refuse(void)
{
	errno = EAGAIN;
	return -1;
}

/* Copies the pieces' first `max` bytes; returns how many pieces hold them. */
static int cut(struct iovec *out, const struct iovec *in, int n, size_t max)
{
	int i;

	for (i = 0; i < n && max; i++) {
		out[i] = in[i];
		if (out[i].iov_len > max)
			out[i].iov_len = max;
		max -= out[i].iov_len;
	}
	return i;
}

ssize_t write(int fd, const void *buf, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);
	size_t max = allowance(fd);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	return len && !max ? refuse() : real(fd, buf, len < max ? len : max);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	size_t max = allowance(fd);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	return len && !max ? refuse() : real(fd, buf, len < max ? len : max, flags);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	size_t max = allowance(fd);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendto");
	return len && !max ? refuse() : real(fd, buf, len < max ? len : max, flags, to, to_len);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	static ssize_t (*real)(int, const struct iovec *, int);
	size_t max = allowance(fd);
	struct iovec out[1024];

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "writev");
	if (max == (size_t)-1)
		return real(fd, iov, n);
	return max ? real(fd, out, cut(out, iov, n, max)) : refuse();
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);
	size_t max = allowance(fd);
	struct msghdr less = *msg;
	struct iovec out[1024];

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	if (max == (size_t)-1)
		return real(fd, msg, flags);
	if (!max)
		return refuse();
	less.msg_iov = out;
	less.msg_iovlen = (size_t)cut(out, msg->msg_iov, (int)msg->msg_iovlen, max);
	return real(fd, &less, flags);
}
