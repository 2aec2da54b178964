#include "shim/real.h"

#include <dlfcn.h>
#include <errno.h>
#ifdef __GLIBC__
#include <gnu/lib-names.h>
#endif
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/hook_dl.h"
#include "shim/object.h"
#include "shim/shared/compiler.h"

/*
 * Fallback when libc's function is not found, which takes a very odd process: call the kernel. Functions without a
 * system call of their own are built from others.
 */
#define RAW(type, name, parameters, call) \
	static type raw_##name parameters \
	{                                 \
		return (type)(call);      \
	}

RAW(int, connect, (int fd, const struct sockaddr *a, socklen_t n), syscall(SYS_connect, fd, a, n))
RAW(int, accept, (int fd, struct sockaddr *a, socklen_t *n), syscall(SYS_accept4, fd, a, n, 0))
RAW(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), syscall(SYS_accept4, fd, a, n, flags))
RAW(int, socket, (int domain, int type, int protocol), syscall(SYS_socket, domain, type, protocol))
RAW(int, close, (int fd), syscall(SYS_close, fd))
RAW(int, shutdown, (int fd, int how), syscall(SYS_shutdown, fd, how))
RAW(int, dup, (int fd), syscall(SYS_dup, fd))
RAW(int, dup3, (int from, int to, int flags), syscall(SYS_dup3, from, to, flags))
#ifdef SYS_dup2
RAW(int, dup2, (int from, int to), syscall(SYS_dup2, from, to))
#else
RAW(int, dup2, (int from, int to), from == to ? from : syscall(SYS_dup3, from, to, 0))
#endif
RAW(int, fcntl, (int fd, int command, ...), syscall(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, fcntl64, (int fd, int command, ...), syscall(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, close_range, (unsigned first, unsigned last, int flags), syscall(SYS_close_range, first, last, flags))
RAW(ssize_t, read, (int fd, void *buf, size_t len), syscall(SYS_read, fd, buf, len))
RAW(ssize_t, readv, (int fd, const struct iovec *iov, int n), syscall(SYS_readv, fd, iov, n))
RAW(ssize_t, recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *a, socklen_t *n),
    syscall(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, recv, (int fd, void *buf, size_t len, int flags), syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), syscall(SYS_recvmsg, fd, msg, flags))
RAW(ssize_t, __read_chk, (int fd, void *buf, size_t len, size_t room), len > room ? -1 : syscall(SYS_read, fd, buf, len))
RAW(ssize_t, __recv_chk, (int fd, void *buf, size_t len, size_t room, int flags),
    len > room ? -1 : syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, __recvfrom_chk, (int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *a, socklen_t *n),
    len > room ? -1 : syscall(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, write, (int fd, const void *buf, size_t len), syscall(SYS_write, fd, buf, len))
RAW(ssize_t, writev, (int fd, const struct iovec *iov, int n), syscall(SYS_writev, fd, iov, n))
RAW(ssize_t, sendto, (int fd, const void *buf, size_t len, int flags, const struct sockaddr *a, socklen_t n),
    syscall(SYS_sendto, fd, buf, len, flags, a, n))
RAW(ssize_t, send, (int fd, const void *buf, size_t len, int flags), syscall(SYS_sendto, fd, buf, len, flags, NULL, 0))
RAW(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), syscall(SYS_sendmsg, fd, msg, flags))
RAW(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), syscall(SYS_sendmmsg, fd, m, n, flags))
RAW(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t),
    syscall(SYS_recvmmsg, fd, m, n, flags, t))
RAW(ssize_t, preadv2, (int fd, const struct iovec *iov, int n, off_t at, int flags),
    syscall(SYS_preadv2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, preadv64v2, (int fd, const struct iovec *iov, int n, off64_t at, int flags),
    syscall(SYS_preadv2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, pwritev2, (int fd, const struct iovec *iov, int n, off_t at, int flags),
    syscall(SYS_pwritev2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, pwritev64v2, (int fd, const struct iovec *iov, int n, off64_t at, int flags),
    syscall(SYS_pwritev2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, splice, (int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags),
    syscall(SYS_splice, from, from_at, to, to_at, len, flags))
RAW(int, pidfd_getfd, (int process, int number, unsigned flags), syscall(SYS_pidfd_getfd, process, number, flags))
RAW(ssize_t, sendfile, (int to, int from, off_t *offset, size_t len), syscall(SYS_sendfile, to, from, offset, len))
RAW(ssize_t, sendfile64, (int to, int from, off_t *offset, size_t len), syscall(SYS_sendfile, to, from, offset, len))

static int raw_dlclose(void *handle)
{
	(void)handle;
	return 0; /* the object stays loaded */
}

static struct _IO_FILE *raw_fdopen(int fd, const char *mode)
{
	(void)fd;
	(void)mode;
	errno = ENOSYS;
	return NULL;
}

static void raw_closefrom(int first)
{
	raw_close_range((unsigned)first, ~0U, 0);
}

static int raw_daemon(int nochdir, int noclose)
{
	(void)nochdir;
	(void)noclose;
	errno = ENOSYS;
	return -1;
}

static void raw__exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

#define raw__Exit      raw__exit
#define raw_quick_exit raw__exit

extern char **environ;

RAW(int, execve, (const char *path, char *const argv[], char *const envp[]), syscall(SYS_execve, path, argv, envp))
RAW(int, execv, (const char *path, char *const argv[]), syscall(SYS_execve, path, argv, environ))
/* without a search of PATH */
#define raw_execvp  raw_execv
#define raw_execvpe raw_execve
RAW(int, execveat, (int fd, const char *path, char *const argv[], char *const envp[], int flags),
    syscall(SYS_execveat, fd, path, argv, envp, flags))
RAW(int, fexecve, (int fd, char *const argv[], char *const envp[]), syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH))

RAW(int, kill, (pid_t pid, int sig), syscall(SYS_kill, pid, sig))
RAW(int, killpg, (pid_t group, int sig), syscall(SYS_kill, -group, sig))
RAW(int, tgkill, (pid_t pid, pid_t tid, int sig), syscall(SYS_tgkill, pid, tid, sig))
RAW(int, raise, (int sig), syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig))

static int raw_sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return (int)syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

/* Up to glibc 2.33 it is in a library of its own, which may have been opened for one caller alone. */
static int raw_pthread_kill(pthread_t thread, int sig)
{
	void *library = gt_dlopen("libpthread.so.0", RTLD_LAZY | RTLD_NOLOAD);
	int (*real)(pthread_t, int) = NULL;

	if (library)
		*(void **)&real = dlsym(library, "pthread_kill");
	return real ? real(thread, sig) : ENOSYS;
}

static void raw_abort(void)
{
	raw_raise(SIGABRT);
	raw__exit(127);
}

static void raw___assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
	(void)assertion;
	(void)file;
	(void)line;
	(void)function;
	raw_abort();
}

/* A stub resolves its entry and calls it. */
#define STUB(type, name, parameters, arguments)                     \
	static type stub_##name parameters                          \
	{                                                           \
		void *real = dlsym(RTLD_NEXT, #name);               \
                                                                    \
		if (real)                                           \
			memcpy(&gt_real.name, &real, sizeof(real)); \
		else                                                \
			gt_real.name = raw_##name;                  \
		return gt_real.name arguments;                      \
	}
#define GT_LIBC(type, name, parameters, arguments)	STUB(type, name, parameters, arguments)
#define GT_LIBC_LATE(type, name, parameters, arguments) STUB(type, name, parameters, arguments)
#include "shim/hooks.def"

struct gt_real gt_real = {
#define GT_LIBC(type, name, parameters, arguments)	.name = stub_##name,
#define GT_LIBC_LATE(type, name, parameters, arguments) .name = stub_##name,
#include "shim/hooks.def"
};

GT_COLD void gt_real_init(void)
{
	void *real;

	/* LATE functions stay stubs: looking up a missing function makes the loader allocate an error message */
#define GT_LIBC(type, name, parameters, arguments) \
	if ((real = dlsym(RTLD_NEXT, #name)))      \
		memcpy(&gt_real.name, &real, sizeof(real));
#include "shim/hooks.def"
}

#ifdef __GLIBC__
#define LIBC_NAME LIBC_SO
#else
#define LIBC_NAME "libc.so" /* musl: its loader answers to this name */
#endif

void *gt_libc_own(const char *name)
{
	void *libc = gt_dlopen(LIBC_NAME, RTLD_LAZY | RTLD_NOLOAD), *f = NULL;

	if (libc) {
		f = dlsym(libc, name); /* that object first, not the global scope */
		gt_real.dlclose(libc);
	}
	return f;
}

const char *gt_real_in_front(void)
{
	static const char *const names[] = { "connect", "send" };
	Dl_info info;

	for (size_t i = 0; i < GT_COUNT_OF(names); i++) {
		void *first = dlsym(RTLD_DEFAULT, names[i]);

		if (first && !gt_object_is_ours(first) && dladdr(first, &info) && info.dli_fname)
			return info.dli_fname;
	}
	return NULL;
}
