/*
 * Exits of a process that run no destructors: the exporter sends what is pending first, within the deadline. daemon()
 * is one of them: the calling process ends inside libc, and a new process returns.
 */
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/hooks.h"

/* `from`: the hook's return address */
static void flush(const void *from)
{
	struct gt_hook h;

	/* a vfork child that failed to exec ends here with the parent's memory: the exporter is the parent's */
	if (gt_hook_enter_from(&h, from)) {
		gt_exporter_thread_flush();
		gt_hook_leave(&h);
	}
}

GT_EXPORT void _exit(int status)
{
	flush(__builtin_return_address(0));
	gt_real._exit(status);
	__builtin_unreachable();
}

GT_EXPORT void _Exit(int status)
{
	flush(__builtin_return_address(0));
	gt_real._Exit(status);
	__builtin_unreachable();
}

GT_EXPORT int daemon(int nochdir, int noclose)
{
	flush(__builtin_return_address(0));
	return gt_real.daemon(nochdir, noclose);
}

GT_EXPORT void quick_exit(int status)
{
	flush(__builtin_return_address(0));
	gt_real.quick_exit(status);
	__builtin_unreachable();
}
