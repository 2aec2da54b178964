/*
 * posix_spawn and posix_spawnp: a program whose environment lacks gentap gets it back (child_env.h).
 *
 * The child that libc makes calls no hook. The caller waits until it has executed the program, so the new environment
 * is on the caller's stack. pidfd_spawn is not hooked: programs look for it to learn whether libc has it.
 */
#include <errno.h>
#include <fcntl.h>

#include "shim/child_env.h"
#include "shim/follow.h"
#include "shim/hooks.h"
#include "shim/old_libc.h"
#include "shim/readable.h"
#include "shim/shared/compiler.h"

typedef int spawn_fn(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);

struct call {
	spawn_fn *real;
	bool is_by_name;
	pid_t *pid;
	const char *file;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
	char *const *argv, *const *envp;
};

static int make(const struct call *c, char *const envp[])
{
	return c->real(c->pid, c->file, c->actions, c->attributes, c->argv, envp);
}

/* File actions may go to another folder, which a relative path then means. */
static bool is_followed(const struct call *c)
{
	int saved = errno;
	bool is_certain;

	if (c->is_by_name)
		return gt_follow_takes_named(c->file, !c->actions);
	is_certain = !c->actions || (gt_is_readable(c->file, 1) && c->file[0] == '/');
	errno = saved;
	return is_certain && gt_follow_takes(AT_FDCWD, c->file);
}

/* File actions create files, so a call that has failed for its length is not repeated. */
static bool is_too_long(const struct call *c, const struct gt_child_env *e)
{
	return c->actions && gt_child_env_is_large(e, c->argv);
}

/* Returns E2BIG when the call has to be made as it is. */
static int make_followed(const struct call *c)
{
	struct gt_child_env e;

	if (gt_likely(!gt_follow_is_on()) || !gt_child_env_lacks(&e, c->envp) || is_too_long(c, &e) || !is_followed(c))
		return E2BIG;

	char *room[e.room];

	return make(c, gt_child_env_lay(&e, room));
}

static int spawn(struct call c, enum gt_old_libc which, const void *caller)
{
	spawn_fn *old = gt_old_libc_for(which, caller);
	int ret;

	if (old)
		c.real = old;
	ret = make_followed(&c);
	return ret == E2BIG ? make(&c, c.envp) : ret;
}

GT_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	return spawn((struct call){ gt_real.posix_spawn, false, pid, path, actions, attributes, argv, envp },
		     GT_OLD_POSIX_SPAWN, __builtin_return_address(0));
}

GT_EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	return spawn((struct call){ gt_real.posix_spawnp, true, pid, file, actions, attributes, argv, envp },
		     GT_OLD_POSIX_SPAWNP, __builtin_return_address(0));
}
