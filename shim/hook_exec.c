/*
 * A process that replaces itself: the exporter first sends what is pending. A call that is about to fail, because the
 * program does not exist, changes nothing.
 *
 * Children of vfork come here too, between vfork and exec, with the memory and the stack of their parent. They leave
 * gentap's memory alone. posix_spawn, system and popen do not come here: libc executes by calls of its own.
 */
#include "shim/hook_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/ending.h"
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"
#include "shim/untraced.h"

/* ---------------------------------------------------------------- will it succeed? */

/* A filter may refuse to tell. */
static bool says_no(int error)
{
	return error == ENOENT || error == EACCES || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG ||
	       error == EFAULT || error == EBADF;
}

static bool is_program(int folder, const char *path)
{
	struct stat st;

	/* asks for the real user, which is the effective one: otherwise the loader preloads nothing */
	if (gt_gate(ending_program, folder, path, X_OK) != 0)
		return !says_no(errno);
	return gt_gate(ending_file, folder, path, &st, 0) != 0 || S_ISREG(st.st_mode);
}

/* Looks for it as execvp(3) does, and writes its path. */
static bool find_in_path(const char *file, char path[PATH_MAX])
{
	const char *list = getenv("PATH");
	struct gt_str rest = gt_str_of(list ? list : "/usr/local/bin:/bin:/usr/bin"), folder, name = gt_str_of(file);

	if (gt_str_find(name, '/') < name.len)
		return gt_str_copy(name, path, PATH_MAX) == name.len && is_program(AT_FDCWD, file);
	while (gt_str_next(&rest, ':', &folder)) {
		size_t at = folder.len ? folder.len + 1 : 0;

		if (at + name.len >= PATH_MAX)
			continue;
		memcpy(path, folder.p, folder.len);
		if (at)
			path[folder.len] = '/';
		memcpy(path + at, name.p, name.len);
		path[at + name.len] = 0;
		if (is_program(AT_FDCWD, path))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- before and after */

/* True when there is something to ask the above for. */
static bool is_waited_for(void)
{
	return gt_exporter_thread_is_busy() && gt_is_owner();
}

static bool before(int folder, const char *path, char *const envp[])
{
	int saved = errno;
	bool is_wanted = gt_untraced_is_wanted();
	bool will_fail = (is_waited_for() || is_wanted) && !is_program(folder, path);

	if (is_wanted && !will_fail && (folder == AT_FDCWD || path[0] == '/'))
		gt_untraced_look(path, envp);
	errno = saved;
	return !will_fail && gt_ending(GT_ENDING_AT_ONCE);
}

static bool before_by_name(const char *file, char *const envp[])
{
	int saved = errno;
	bool is_wanted = gt_untraced_is_wanted(), will_fail = false;
	char path[PATH_MAX];

	if (is_waited_for() || is_wanted)
		will_fail = !file || !find_in_path(file, path);
	if (is_wanted && !will_fail)
		gt_untraced_look(path, envp);
	errno = saved;
	return !will_fail && gt_ending(GT_ENDING_AT_ONCE);
}

static bool before_by_number(int fd)
{
	int saved = errno;
	bool will_fail = is_waited_for() && gt_gate(ending_number, fd, F_GETFD) < 0 && says_no(errno);

	errno = saved;
	return !will_fail && gt_ending(GT_ENDING_AT_ONCE);
}

/* Not inlined: libc's prototype promises a `path`, but Linux 6.11 takes NULL for the empty one. */
GT_COLD static bool before_at(int folder, const char *path, char *const envp[], int flags)
{
	return flags & AT_EMPTY_PATH && (!path || !path[0]) ? before_by_number(folder) : before(folder, path, envp);
}

void gt_exec_by_number(int folder, const char *path)
{
	int saved = errno;

	/* an empty path is that of an open file */
	if (is_waited_for() && (folder != AT_FDCWD || is_program(folder, path)))
		gt_ending(GT_ENDING_PERHAPS);
	errno = saved;
}

/* The process is still there. Gives `ret`. */
static int failed(int ret, bool has_ended)
{
	if (has_ended)
		gt_ending_undo();
	return ret;
}

/* ---------------------------------------------------------------- hooks */

GT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	bool has_ended = before(AT_FDCWD, path, envp);

	return failed(gt_real.execve(path, argv, envp), has_ended);
}

GT_EXPORT int execv(const char *path, char *const argv[])
{
	bool has_ended = before(AT_FDCWD, path, environ);

	return failed(gt_real.execv(path, argv), has_ended);
}

GT_EXPORT int execvp(const char *file, char *const argv[])
{
	bool has_ended = before_by_name(file, environ);

	return failed(gt_real.execvp(file, argv), has_ended);
}

GT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	bool has_ended = before_by_name(file, envp);

	return failed(gt_real.execvpe(file, argv, envp), has_ended);
}

GT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	bool has_ended = before_by_number(fd);

	return failed(gt_real.fexecve(fd, argv, envp), has_ended);
}

GT_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	bool has_ended = before_at(fd, path, envp, flags);

	return failed(gt_real.execveat(fd, path, argv, envp, flags), has_ended);
}

/*
 * Lists of arguments. They cannot be passed on as such, so they become an array on the stack. libc does the same, because
 * these calls are allowed in a vfork child and in a signal handler.
 */

/* The length of the array, with the NULL at its end. */
static size_t count(va_list list)
{
	size_t n = 2;

	while (va_arg(list, const char *))
		n++;
	return n;
}

/* Copies the list with its NULL. `list` then gives what follows it. */
static void copy(char *argv[], const char *first, va_list *list)
{
	size_t n = 0;

	argv[n++] = (char *)first;
	do
		argv[n] = va_arg(*list, char *);
	while (argv[n++]);
}

#define LENGTH(last)                     \
	({                               \
		va_list gt_list;         \
		size_t gt_n;             \
                                         \
		va_start(gt_list, last); \
		gt_n = count(gt_list);   \
		va_end(gt_list);         \
		gt_n;                    \
	})

GT_EXPORT int execl(const char *path, const char *arg, ...)
{
	char *argv[LENGTH(arg)];
	bool has_ended;
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	va_end(list);
	has_ended = before(AT_FDCWD, path, environ);
	return failed(gt_real.execv(path, argv), has_ended);
}

GT_EXPORT int execlp(const char *file, const char *arg, ...)
{
	char *argv[LENGTH(arg)];
	bool has_ended;
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	va_end(list);
	has_ended = before_by_name(file, environ);
	return failed(gt_real.execvp(file, argv), has_ended);
}

GT_EXPORT int execle(const char *path, const char *arg, ...)
{
	char *argv[LENGTH(arg)], *const *envp;
	bool has_ended;
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	envp = va_arg(list, char *const *);
	va_end(list);
	has_ended = before(AT_FDCWD, path, envp);
	return failed(gt_real.execve(path, argv, envp), has_ended);
}
