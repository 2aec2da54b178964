/*
 * A process that replaces itself: the exporter first sends what is pending. A call that is about to fail, because the
 * program does not exist, changes nothing. A program whose environment lacks gentap gets it back (child_env.h).
 *
 * Children of vfork come here too, between vfork and exec, with the memory and the stack of their parent. They leave
 * gentap's memory alone. system and popen do not come here: libc executes by calls of its own, with the environment of
 * this process. posix_spawn is in hook_spawn.c.
 */
#include "shim/hook_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/child_env.h"
#include "shim/ending.h"
#include "shim/exporter_thread.h"
#include "shim/follow.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/program_path.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/untraced.h"

extern char **environ;

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

/* ---------------------------------------------------------------- one call */

struct call {
	enum { BY_PATH, BY_NAME, BY_NUMBER, AT } how;
	int fd, flags;
	const char *file;
	char *const *argv, *const *envp;
	bool has_environ; /* the application named no environment */
};

/* Linux 6.11 takes NULL for the empty path. */
static bool is_number(const struct call *c)
{
	return c->how == BY_NUMBER || (c->how == AT && c->flags & AT_EMPTY_PATH && (!c->file || !c->file[0]));
}

/* Sets `path` to the program's, NULL where that is not known. It may be in `search`. */
static bool will_fail(const struct call *c, struct gt_program_path *search, const char **path)
{
	*path = NULL;
	if (is_number(c))
		return gt_gate(ending_number, c->fd, F_GETFD) < 0 && says_no(errno);
	if (c->how == BY_NAME) {
		gt_program_path_begin(search, c->file);
		while ((*path = gt_program_path_next(search)))
			if (is_program(AT_FDCWD, *path))
				return false;
		return true;
	}
	if (!is_program(c->how == AT ? c->fd : AT_FDCWD, c->file))
		return true;
	if (c->how == BY_PATH || c->fd == AT_FDCWD || c->file[0] == '/')
		*path = c->file;
	return false;
}

static bool before(const struct call *c, bool is_followed)
{
	bool is_wanted = gt_untraced_is_wanted() && !is_followed, is_vain = false;
	struct gt_program_path search;
	int saved = errno;
	const char *path;

	/* asked only when there is something to wait for, or to report */
	if ((gt_exporter_thread_is_busy() && gt_is_owner()) || is_wanted) {
		is_vain = will_fail(c, &search, &path);
		if (is_wanted && !is_vain && path)
			gt_untraced_look(path, c->envp);
	}
	errno = saved;
	return !is_vain && gt_ending(GT_ENDING_AT_ONCE);
}

static bool is_followed(const struct call *c)
{
	if (is_number(c))
		return gt_follow_takes_number(c->fd);
	if (c->how == BY_NAME)
		return gt_follow_takes_named(c->file, true);
	return gt_follow_takes(c->how == AT ? c->fd : AT_FDCWD, c->file);
}

/* The application's own call. */
static int make(const struct call *c)
{
	switch (c->how) {
	case BY_NAME:
		return c->has_environ ? gt_real.execvp(c->file, c->argv) : gt_real.execvpe(c->file, c->argv, c->envp);
	case BY_NUMBER:
		return gt_real.fexecve(c->fd, c->argv, c->envp);
	case AT:
		return gt_real.execveat(c->fd, c->file, c->argv, c->envp, c->flags);
	default:
		return c->has_environ ? gt_real.execv(c->file, c->argv) : gt_real.execve(c->file, c->argv, c->envp);
	}
}

/* True when the call has failed. False: it has to be made as it is. */
static bool make_followed(const struct call *c, const struct gt_child_env *e)
{
	struct call more = *c;
	char *room[e->room];

	more.envp = gt_child_env_lay(e, room);
	more.has_environ = false;
	make(&more);
	return errno != E2BIG;
}

void gt_exec_by_number(int folder, const char *path)
{
	int saved = errno;

	/* an empty path is that of an open file */
	if (gt_exporter_thread_is_busy() && gt_is_owner() && (folder != AT_FDCWD || is_program(folder, path)))
		gt_ending(GT_ENDING_PERHAPS);
	errno = saved;
}

static int execute(const struct call *c)
{
	struct gt_child_env e;
	bool follows = gt_unlikely(gt_follow_is_on()) && gt_child_env_lacks(&e, c->envp) && is_followed(c);
	bool has_ended = before(c, follows);
	int ret = follows && make_followed(c, &e) ? -1 : make(c);

	/* the process is still there */
	if (has_ended)
		gt_ending_undo();
	return ret;
}

/* ---------------------------------------------------------------- hooks */

GT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return execute(&(struct call){ .how = BY_PATH, .file = path, .argv = argv, .envp = envp });
}

GT_EXPORT int execv(const char *path, char *const argv[])
{
	return execute(&(struct call){ .how = BY_PATH, .file = path, .argv = argv, .envp = environ, .has_environ = true });
}

GT_EXPORT int execvp(const char *file, char *const argv[])
{
	return execute(&(struct call){ .how = BY_NAME, .file = file, .argv = argv, .envp = environ, .has_environ = true });
}

GT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return execute(&(struct call){ .how = BY_NAME, .file = file, .argv = argv, .envp = envp });
}

GT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return execute(&(struct call){ .how = BY_NUMBER, .fd = fd, .argv = argv, .envp = envp });
}

GT_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return execute(&(struct call){ .how = AT, .fd = fd, .file = path, .argv = argv, .envp = envp, .flags = flags });
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
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	va_end(list);
	return execute(&(struct call){ .how = BY_PATH, .file = path, .argv = argv, .envp = environ, .has_environ = true });
}

GT_EXPORT int execlp(const char *file, const char *arg, ...)
{
	char *argv[LENGTH(arg)];
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	va_end(list);
	return execute(&(struct call){ .how = BY_NAME, .file = file, .argv = argv, .envp = environ, .has_environ = true });
}

GT_EXPORT int execle(const char *path, const char *arg, ...)
{
	char *argv[LENGTH(arg)], *const *envp;
	va_list list;

	va_start(list, arg);
	copy(argv, arg, &list);
	envp = va_arg(list, char *const *);
	va_end(list);
	return execute(&(struct call){ .how = BY_PATH, .file = path, .argv = argv, .envp = envp });
}
