#include "shim/real.h"

#include <dlfcn.h>
#include <errno.h>
#ifdef __GLIBC__
#include <gnu/lib-names.h>
#endif
#include <fcntl.h>
#include <string.h>

#include "shim/hook_dl.h"
#include "shim/object.h"
#include "shim/shared/compiler.h"
#include "shim/shared/raw_call.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438 /* the same on all processors; older headers lack it */
#endif

/*
 * Fallback when libc's function is not found, which takes a very odd process: call the kernel. Functions without a
 * system call of their own are built from others.
 */
static long make_call(long nr, ...)
{
	va_list rest;
	long a[6], ret;

	va_start(rest, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(rest, long);
	va_end(rest);
	ret = gt_raw_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
}

#define RAW(type, name, parameters, call) \
	static type raw_##name parameters \
	{                                 \
		return (type)(call);      \
	}

RAW(int, connect, (int fd, const struct sockaddr *a, socklen_t n), make_call(SYS_connect, fd, a, n))
RAW(int, accept, (int fd, struct sockaddr *a, socklen_t *n), make_call(SYS_accept4, fd, a, n, 0))
RAW(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), make_call(SYS_accept4, fd, a, n, flags))
RAW(int, socket, (int domain, int type, int protocol), make_call(SYS_socket, domain, type, protocol))
RAW(int, close, (int fd), make_call(SYS_close, fd))
RAW(int, shutdown, (int fd, int how), make_call(SYS_shutdown, fd, how))
RAW(int, dup, (int fd), make_call(SYS_dup, fd))
RAW(int, dup3, (int from, int to, int flags), make_call(SYS_dup3, from, to, flags))
#ifdef SYS_dup2
RAW(int, dup2, (int from, int to), make_call(SYS_dup2, from, to))
#else
RAW(int, dup2, (int from, int to), from == to ? from : make_call(SYS_dup3, from, to, 0))
#endif
RAW(int, fcntl, (int fd, int command, ...), make_call(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, fcntl64, (int fd, int command, ...), make_call(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, close_range, (unsigned first, unsigned last, int flags), make_call(SYS_close_range, first, last, flags))
RAW(ssize_t, read, (int fd, void *buf, size_t len), make_call(SYS_read, fd, buf, len))
RAW(ssize_t, readv, (int fd, const struct iovec *iov, int n), make_call(SYS_readv, fd, iov, n))
RAW(ssize_t, recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *a, socklen_t *n),
    make_call(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, recv, (int fd, void *buf, size_t len, int flags), make_call(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), make_call(SYS_recvmsg, fd, msg, flags))
RAW(ssize_t, __read_chk, (int fd, void *buf, size_t len, size_t room), len > room ? -1 : make_call(SYS_read, fd, buf, len))
RAW(ssize_t, __recv_chk, (int fd, void *buf, size_t len, size_t room, int flags),
    len > room ? -1 : make_call(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, __recvfrom_chk, (int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *a, socklen_t *n),
    len > room ? -1 : make_call(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, write, (int fd, const void *buf, size_t len), make_call(SYS_write, fd, buf, len))
RAW(ssize_t, writev, (int fd, const struct iovec *iov, int n), make_call(SYS_writev, fd, iov, n))
RAW(ssize_t, sendto, (int fd, const void *buf, size_t len, int flags, const struct sockaddr *a, socklen_t n),
    make_call(SYS_sendto, fd, buf, len, flags, a, n))
RAW(ssize_t, send, (int fd, const void *buf, size_t len, int flags), make_call(SYS_sendto, fd, buf, len, flags, NULL, 0))
RAW(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), make_call(SYS_sendmsg, fd, msg, flags))
RAW(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), make_call(SYS_sendmmsg, fd, m, n, flags))
RAW(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t),
    make_call(SYS_recvmmsg, fd, m, n, flags, t))
RAW(ssize_t, preadv2, (int fd, const struct iovec *iov, int n, off_t at, int flags),
    make_call(SYS_preadv2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, preadv64v2, (int fd, const struct iovec *iov, int n, off64_t at, int flags),
    make_call(SYS_preadv2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, pwritev2, (int fd, const struct iovec *iov, int n, off_t at, int flags),
    make_call(SYS_pwritev2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, pwritev64v2, (int fd, const struct iovec *iov, int n, off64_t at, int flags),
    make_call(SYS_pwritev2, fd, iov, n, at, at >> 32, flags))
RAW(ssize_t, splice, (int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags),
    make_call(SYS_splice, from, from_at, to, to_at, len, flags))
RAW(int, pidfd_getfd, (int process, int number, unsigned flags), make_call(SYS_pidfd_getfd, process, number, flags))
RAW(ssize_t, sendfile, (int to, int from, off_t *offset, size_t len), make_call(SYS_sendfile, to, from, offset, len))
RAW(ssize_t, sendfile64, (int to, int from, off_t *offset, size_t len), make_call(SYS_sendfile, to, from, offset, len))

RAW(int, unshare, (int flags), make_call(SYS_unshare, flags))
RAW(int, setns, (int fd, int type), make_call(SYS_setns, fd, type))

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
		make_call(SYS_exit_group, status);
}

#define raw__Exit      raw__exit
#define raw_quick_exit raw__exit

extern char **environ;

RAW(int, execve, (const char *path, char *const argv[], char *const envp[]), make_call(SYS_execve, path, argv, envp))
RAW(int, execv, (const char *path, char *const argv[]), make_call(SYS_execve, path, argv, environ))
/* without a search of PATH */
#define raw_execvp  raw_execv
#define raw_execvpe raw_execve
RAW(int, execveat, (int fd, const char *path, char *const argv[], char *const envp[], int flags),
    make_call(SYS_execveat, fd, path, argv, envp, flags))
RAW(int, fexecve, (int fd, char *const argv[], char *const envp[]), make_call(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH))

static int raw_posix_spawn(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	(void)pid, (void)file, (void)actions, (void)attributes, (void)argv, (void)envp;
	return ENOSYS;
}

#define raw_posix_spawnp raw_posix_spawn

RAW(int, kill, (pid_t pid, int sig), make_call(SYS_kill, pid, sig))
RAW(int, killpg, (pid_t group, int sig), make_call(SYS_kill, -group, sig))
RAW(int, tgkill, (pid_t pid, pid_t tid, int sig), make_call(SYS_tgkill, pid, tid, sig))
RAW(int, raise, (int sig), make_call(SYS_tgkill, make_call(SYS_getpid), make_call(SYS_gettid), sig))

static int raw_sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = (pid_t)make_call(SYS_getpid);
	info.si_uid = (uid_t)make_call(SYS_getuid);
	info.si_value = value;
	return (int)make_call(SYS_rt_sigqueueinfo, pid, sig, &info);
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

/* The functions that only newer C libraries have. */
static struct late {
	const char *name;
	void *entry; /* in gt_real */
	bool exists;
} late[] = {
#define GT_LIBC_LATE(type, name, parameters, arguments) { #name, &gt_real.name, false },
#include "shim/hooks.def"
};

/* Marks those that an object defines. Ends the iteration when all are found. */
static int note_late(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = gt_dynamic_section(info);
	struct gt_dynamic d;
	size_t found = 0;

	(void)size;
	(void)data;
	if (!section || gt_object_is_ours(section))
		return 0;
	d = gt_dynamic_at(section, info->dlpi_addr);
	for (size_t i = 0; i < GT_COUNT_OF(late); i++)
		found += late[i].exists = late[i].exists || gt_dynamic_defines(&d, late[i].name);
	return found == GT_COUNT_OF(late);
}

GT_COLD void gt_real_init(void)
{
	void *real;

#define GT_LIBC(type, name, parameters, arguments) \
	if ((real = dlsym(RTLD_NEXT, #name)))      \
		memcpy(&gt_real.name, &real, sizeof(real));
#include "shim/hooks.def"
	/* a missing function stays a stub: looking it up makes the loader allocate a message */
	gt_object_is_ours(late); /* it takes another of the loader's locks the first time */
	dl_iterate_phdr(note_late, NULL);
	for (size_t i = 0; i < GT_COUNT_OF(late); i++)
		if (late[i].exists && (real = dlsym(RTLD_NEXT, late[i].name)))
			memcpy(late[i].entry, &real, sizeof(real));
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
