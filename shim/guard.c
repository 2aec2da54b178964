#include "shim/guard.h"

#include <unistd.h>

GT_TLS struct gt_thread gt_self;
_Atomic bool gt_awake;
_Atomic int gt_owner_pid;

bool gt_is_owner(void)
{
	return getpid() == atomic_load_explicit(&gt_owner_pid, memory_order_relaxed);
}
