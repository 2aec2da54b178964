/*
 * Exits of a process that run no destructors. daemon() is one of them: the calling process ends inside libc, and a new
 * process returns.
 */
#include "shim/ending.h"
#include "shim/hooks.h"
#include "shim/shared/compiler.h"

GT_EXPORT void _exit(int status)
{
	gt_ending(GT_ENDING_AT_ONCE);
	gt_real._exit(status);
	__builtin_unreachable();
}

GT_EXPORT void _Exit(int status)
{
	gt_ending(GT_ENDING_AT_ONCE);
	gt_real._Exit(status);
	__builtin_unreachable();
}

GT_EXPORT int daemon(int nochdir, int noclose)
{
	bool has_ended = gt_ending(GT_ENDING_EXIT);
	int ret = gt_real.daemon(nochdir, noclose);

	if (has_ended)
		gt_ending_undo();
	return ret;
}

GT_EXPORT void quick_exit(int status)
{
	gt_ending(GT_ENDING_EXIT);
	gt_real.quick_exit(status);
	__builtin_unreachable();
}
