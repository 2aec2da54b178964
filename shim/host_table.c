#include "shim/host_table.h"

#include <fcntl.h>
#include <limits.h>

#include "shim/exporter_request.h"
#include "shim/fork_locks.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/own_descriptors.h"
#include "shim/pool.h"
#include "shim/real.h"
#include "shim/run_note.h"
#include "shim/spool.h"
#include "shim/tools.h"

#define BLIND_POLL_NS (20 * GT_NS_PER_MS) /* where application threads cannot wake the exporter */

static char executable[PATH_MAX];

/* Sets busy before anything leaves the queue. Otherwise an exiting thread could see an empty queue and an idle
 * exporter. */
static struct gt_event *take(void)
{
	gt_exporter_request_set_busy(true);
	return gt_handoff_take();
}

void gt_host_table_begin_thread(void)
{
	gt_self.depth = GT_DEPTH_OURS;
	gt_tools_begin();
}

void gt_host_table_end_thread(void)
{
	gt_tools_end();
}

/* May another thread be started when this thread ends? */
static bool can_start_again(void)
{
	return !gt_gate_missing(GT_SIDE_APP, GT_NEED_START);
}

static void count(enum gt_stat which, uint64_t n)
{
	gt_stat_add(which, n);
}

static void wait_for_event(int64_t timeout_ns)
{
	if (!gt_gate_is_open_to(GT_SIDE_APP, GT_CALL_wake) && (timeout_ns < 0 || timeout_ns > BLIND_POLL_NS))
		timeout_ns = BLIND_POLL_NS;
	gt_handoff_wait(timeout_ns);
}

static struct gt_exporter_host table = {
	.abi = GT_EXPORTER_ABI,
	.gate = &gt_gate_here,
	.take = take,
	.give_back = gt_event_free,
	.new_part = gt_event_new_part,
	.keep = gt_event_keep,
	.publish = gt_event_publish,
	.spool_head = gt_spool_head,
	.remove_spool = gt_spool_remove,
	.is_scarce = gt_pool_is_scarce,
	.wait = wait_for_event,
	.must_flush = gt_exporter_request_must_flush,
	.drained = gt_exporter_request_drained,
	.set_busy = gt_exporter_request_set_busy,
	.set_settled = gt_exporter_request_set_settled,
	.can_start_again = can_start_again,
	.must_rest = gt_exporter_request_must_rest,
	.hold_forks = gt_fork_locks_hold,
	.let_fork = gt_fork_locks_let,
	.begin_thread = gt_host_table_begin_thread,
	.end_thread = gt_host_table_end_thread,
	.hold_lookup = gt_fork_locks_hold_lookup,
	.let_lookup = gt_fork_locks_let_lookup,
	.open_stderr = gt_own_descriptors_stderr,
	.libc_own = gt_libc_own,
	.env = gt_env_get,
	.env_raw = gt_env_raw,
	.env_unknown = gt_env_unknown,
	.limits = &gt_limits,
	.executable = executable,
	.stat = gt_stat_get,
	.count = count,
	.note_problem = gt_run_note_problem,
};

void gt_host_table_init(char *const argv[])
{
	table.argv = argv;
}

const struct gt_exporter_host *gt_host_table(void)
{
	long n;

	if (!executable[0]) {
		n = gt_gate(executable, AT_FDCWD, "/proc/self/exe", executable, sizeof(executable) - 1);
		executable[n > 0 ? n : 0] = 0;
	}
	return &table;
}
