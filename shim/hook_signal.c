/*
 * A process that ends itself by a signal: the exporter first sends what is pending. Servers do so after their graceful
 * shutdown, so that their parent sees which signal ended them.
 *
 * The hooks act only when there is something to send or to report. They are safe wherever the real functions are, in a signal
 * handler too: they ask the kernel (deadly_signal.h) and wait on a futex (ending.h).
 *
 * libc's own signals do not come here: malloc's abort, the stack protector's, and the raise() in abort().
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim/deadly_signal.h"
#include "shim/ending.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/old_libc.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"

/* True when the process is at its end, and may yet survive it. */
static bool end(enum gt_deadly deadly)
{
	if (deadly == GT_DEADLY_PERHAPS)
		gt_ending(GT_ENDING_MESSAGE);
	return deadly == GT_DEADLY_YES && gt_ending(GT_ENDING_AT_ONCE);
}

/* The process is still there: the call failed, or a debugger took the signal. Gives `ret`. */
static int survived(int ret, bool has_ended)
{
	if (has_ended)
		gt_ending_undo();
	return ret;
}

static pid_t self(void)
{
	return atomic_load_explicit(&gt_owner_pid, memory_order_relaxed);
}

/* kill(2): 0 is the caller's group, another negative number a group, and -1 all but the caller. */
static bool is_own(pid_t pid)
{
	if (pid > 0)
		return pid == self();
	return pid == 0 || (pid < -1 && -pid == (pid_t)gt_gate(ending_group, 0));
}

GT_EXPORT int raise(int sig)
{
	bool has_ended = gt_ending_is_due() && end(gt_deadly_signal(sig, true));

	return survived(gt_real.raise(sig), has_ended);
}

GT_EXPORT int kill(pid_t pid, int sig)
{
	bool has_ended = gt_ending_is_due() && is_own(pid) && end(gt_deadly_signal(sig, true));

	return survived(gt_real.kill(pid, sig), has_ended);
}

GT_EXPORT int killpg(pid_t group, int sig)
{
	bool has_ended = gt_ending_is_due() && group >= 0 && is_own(-group) && end(gt_deadly_signal(sig, true));

	return survived(gt_real.killpg(group, sig), has_ended);
}

GT_EXPORT int sigqueue(pid_t pid, int sig, const union sigval value)
{
	bool has_ended = gt_ending_is_due() && pid > 0 && is_own(pid) && end(gt_deadly_signal(sig, true));

	return survived(gt_real.sigqueue(pid, sig, value), has_ended);
}

GT_EXPORT int tgkill(pid_t pid, pid_t tid, int sig)
{
	bool has_ended =
		gt_ending_is_due() && pid == self() && end(gt_deadly_signal(sig, tid == (pid_t)gt_gate(ending_thread)));

	return survived(gt_real.tgkill(pid, tid, sig), has_ended);
}

GT_EXPORT int pthread_kill(pthread_t thread, int sig)
{
	bool is_self = pthread_equal(thread, pthread_self());
	bool has_ended = gt_ending_is_due() && end(gt_deadly_signal(sig, is_self));
	int (*old)(pthread_t, int);

	/* the two functions differ for other threads only */
	old = is_self ? NULL : gt_old_libc_for(GT_OLD_PTHREAD_KILL, __builtin_return_address(0));
	return survived(old ? old(thread, sig) : gt_real.pthread_kill(thread, sig), has_ended);
}

GT_EXPORT void abort(void)
{
	if (gt_ending_is_due())
		end(gt_deadly_abort());
	gt_real.abort();
	__builtin_unreachable();
}

GT_EXPORT void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
	if (gt_ending_is_due())
		end(gt_deadly_abort());
	gt_real.__assert_fail(assertion, file, line, function);
	__builtin_unreachable();
}
