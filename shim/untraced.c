#include "shim/untraced.h"

#include <errno.h>
#include <string.h>

#include "shim/guard.h"
#include "shim/readable.h"
#include "shim/run_note.h"
#include "shim/shared/env.h"
#include "shim/shared/log.h"
#include "shim/shared/unpreloadable.h"
#include "shim/wanted.h"

static bool is_in_environment;

#define NAME "LD_PRELOAD="

static bool is_preloaded_by(char *const envp[])
{
	for (; envp && *envp; envp++)
		if (strncmp(*envp, NAME, sizeof(NAME) - 1) == 0 && strstr(*envp, "libgentap"))
			return true;
	return false;
}

/* A call of exec with bad pointers fails, and must not crash. */
static bool is_readable(char *const envp[])
{
	if (!envp)
		return true;
	for (; gt_is_readable(envp, sizeof(*envp)); envp++)
		if (!*envp || !gt_is_readable(*envp, 1))
			return !*envp;
	return false;
}

void gt_untraced_init(char *const envp[])
{
	is_in_environment = is_preloaded_by(envp);
}

bool gt_untraced_is_wanted(void)
{
	return atomic_load_explicit(&gt_awake, memory_order_relaxed) && is_in_environment &&
	       (gt_run_note_path() || gt_log_levels[GT_LOG_INIT] >= GT_LOG_INFO);
}

static const char *text_of(const char *why)
{
	return strcmp(why, "environment") == 0 ? "its environment has no LD_PRELOAD" :
	       strcmp(why, "static") == 0      ? "it is static" :
	       strcmp(why, "privileged") == 0  ? "it has raised privileges" :
	       strcmp(why, "go") == 0	       ? "Go makes its system calls past libc" :
						 "it is for another kind of processor";
}

void gt_untraced_look(const char *path, char *const envp[])
{
	int saved = errno;
	const char *why;

	if (!path || !is_readable(envp) || gt_is_switched_off(envp))
		return;
	why = gt_unpreloadable(path);
	if (!why && !is_preloaded_by(envp))
		why = "environment";
	if (why) {
		gt_run_note_untraced(path, why);
		gt_log(GT_LOG_INIT, GT_LOG_INFO, "%s is executed without gentap: %s", path, text_of(why));
	}
	errno = saved;
}
