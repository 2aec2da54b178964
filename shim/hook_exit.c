/*
 * Ends of a process that run no destructors: what is waiting is sent first, within the deadline. daemon() is one: the process
 * that calls it ends inside libc, and another returns.
 */
#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/hooks.h"

static void flush(void)
{
	/* a vfork child that failed to exec ends here with our parent's memory: none of its business */
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
