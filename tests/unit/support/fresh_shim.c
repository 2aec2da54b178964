#include "fresh_shim.h"

#include "fake_exporter_thread.h"
#include "shim/conn.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"
#include "shim/shared/stat.h"

void gt_fresh_shim(uint64_t memory)
{
	gt_handoff_after_fork();
	gt_conn_after_fork();
	gt_pool_init(memory);
	gt_stat_reset();
	gt_self = (struct gt_thread){ 0 };
	gt_limits.body_max = GT_BODY_MAX_DEFAULT;
	gt_fake_wanted = 0;
}
