/*
 * Exits of a process that run no destructors: the exporter sends what is pending first, within the deadline. daemon()
 * is one of them: the calling process ends inside libc, and a new process returns.
 */
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/hooks.h"

static void flush(void)
{
	/* a vfork child that failed to exec ends here with the parent's memory: the exporter is the parent's */
	if (!gt_self.depth && atomic_load_explicit(&gt_awake, memory_order_relaxed) && gt_is_owner()) {
		gt_self.depth = 1;
		gt_exporter_thread_flush();
		gt_self.depth = 0;
	}
}

GT_EXPORT void _exit(int status)
{
	flush();
	gt_real._exit(status);
	__builtin_unreachable();
}

GT_EXPORT void _Exit(int status)
{
	flush();
	gt_real._Exit(status);
	__builtin_unreachable();
}

GT_EXPORT int daemon(int nochdir, int noclose)
{
	flush();
	return gt_real.daemon(nochdir, noclose);
}

GT_EXPORT void quick_exit(int status)
{
	flush();
	gt_real.quick_exit(status);
	__builtin_unreachable();
}
