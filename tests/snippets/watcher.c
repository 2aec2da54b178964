/*
 * Another preload, as libfaketime and fakeroot: replaces calls of files, sockets and clocks. Its destructor gives up what they
 * need, so that a call after it would end the process. It prints which of them gentap's threads make.
 *
 * cc: -O1 -shared -fPIC
 */
/* declared with `...`, but called with these arguments */
#define open   declared_open
#define openat declared_openat
#define fcntl  declared_fcntl
#include <fcntl.h>
#undef open
#undef openat
#undef fcntl

#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic bool is_over;

__attribute__((destructor)) static void over(void)
{
	is_over = true;
}

static void *next(const char *name)
{
	char thread[16] = "", text[64];

	prctl(PR_GET_NAME, thread);
	if (is_over || !strncmp(thread, "gentap", 6)) {
		int n = snprintf(text, sizeof(text), "%s calls %s\n", thread, name);
		/* that of the first thread; gentap's threads have descriptors of their own */
		long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/2", O_WRONLY);

		syscall(SYS_write, fd, text, (size_t)n);
		syscall(SYS_close, fd);
	}
	if (is_over)
		abort();
	return dlsym(RTLD_NEXT, name);
}

#define WATCH(type, name, parameters, arguments)                   \
	type name parameters                                       \
	{                                                          \
		return ((type(*) parameters)next(#name))arguments; \
	}

WATCH(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
WATCH(int, openat, (int folder, const char *path, int flags, mode_t mode), (folder, path, flags, mode))
WATCH(int, fcntl, (int fd, int command, long argument), (fd, command, argument))
WATCH(ssize_t, read, (int fd, void *to, size_t len), (fd, to, len))
WATCH(ssize_t, pread, (int fd, void *to, size_t len, off_t at), (fd, to, len, at))
WATCH(int, close, (int fd), (fd))
WATCH(int, stat, (const char *path, struct stat *st), (path, st))
WATCH(int, fstat, (int fd, struct stat *st), (fd, st))
WATCH(int, fstatat, (int folder, const char *path, struct stat *st, int flags), (folder, path, st, flags))
WATCH(int, flock, (int fd, int how), (fd, how))
WATCH(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
WATCH(DIR *, fdopendir, (int fd), (fd))
WATCH(struct dirent *, readdir, (DIR * d), (d))
WATCH(int, closedir, (DIR * d), (d))
WATCH(FILE *, fopen, (const char *path, const char *mode), (path, mode))
WATCH(FILE *, fopen64, (const char *path, const char *mode), (path, mode))
WATCH(int, fclose, (FILE * f), (f))
WATCH(char *, realpath, (const char *path, char *to), (path, to))
WATCH(uid_t, geteuid, (void), ())
WATCH(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WATCH(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
WATCH(int, getsockname, (int fd, struct sockaddr *to, socklen_t *len), (fd, to, len))
WATCH(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len), (fd, level, name, value, len))
WATCH(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len), (fd, level, name, value, len))
WATCH(ssize_t, send, (int fd, const void *from, size_t len, int flags), (fd, from, len, flags))
WATCH(ssize_t, recv, (int fd, void *to, size_t len, int flags), (fd, to, len, flags))
WATCH(int, shutdown, (int fd, int how), (fd, how))
WATCH(int, poll, (struct pollfd * fds, nfds_t n, int timeout_ms), (fds, n, timeout_ms))
WATCH(int, select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t), (n, r, w, e, t))
WATCH(int, nanosleep, (const struct timespec *want, struct timespec *left), (want, left))
WATCH(int, clock_gettime, (clockid_t clock, struct timespec *t), (clock, t))
WATCH(int, gettimeofday, (struct timeval * t, void *zone), (t, zone))
WATCH(time_t, time, (time_t * t), (t))
WATCH(int, pthread_cond_timedwait, (pthread_cond_t * c, pthread_mutex_t *m, const struct timespec *t), (c, m, t))
WATCH(int, getaddrinfo, (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out),
      (node, service, hints, out))
