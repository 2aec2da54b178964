#include "shim/deadly_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "shim/guard.h"
#include "shim/shared/gate.h"

#define SIGNALS_MAX 64
#define BIT(sig)    (1ULL << ((sig) - 1))

/* signal(7): the default action ignores, stops or continues the process */
#define SURVIVED \
	(BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGCONT))

/* By these programs are asked to end, or fail. The others also serve as messages between threads. */
#define LAST                                                                                                                 \
	(BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGHUP) | BIT(SIGQUIT) | BIT(SIGABRT) | BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | \
	 BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGSYS) | BIT(SIGXCPU) | BIT(SIGXFSZ))

/* The kernel's struct sigaction begins with the handler on every processor that gentap supports. */
static bool has_handler(int sig, uintptr_t *handler)
{
	uintptr_t action[8] = { 0 };

	if (gt_gate(ending_action, sig, NULL, action, SIGNALS_MAX / 8) != 0)
		return false;
	*handler = action[0];
	return true;
}

static bool is_blocked(int sig)
{
	uint64_t mask = 0;

	return gt_gate(ending_mask, SIG_BLOCK, NULL, &mask, sizeof(mask)) != 0 || mask & BIT(sig);
}

static enum gt_deadly judge(int sig, bool is_for_caller)
{
	uintptr_t handler;

	/* the kernel protects the first process of a PID namespace from its own signals */
	if (sig < 1 || sig > SIGNALS_MAX || SURVIVED & BIT(sig) || atomic_load(&gt_owner_pid) == 1)
		return GT_DEADLY_NO;
	if (sig == SIGKILL)
		return GT_DEADLY_YES;
	if (!has_handler(sig, &handler) || handler != (uintptr_t)SIG_DFL)
		return GT_DEADLY_NO;
	if (is_for_caller && !is_blocked(sig))
		return GT_DEADLY_YES;
	return LAST & BIT(sig) ? GT_DEADLY_PERHAPS : GT_DEADLY_NO;
}

enum gt_deadly gt_deadly_signal(int sig, bool is_for_caller)
{
	int saved = errno;
	enum gt_deadly deadly = judge(sig, is_for_caller);

	errno = saved;
	return deadly;
}

enum gt_deadly gt_deadly_abort(void)
{
	uintptr_t handler = (uintptr_t)SIG_DFL;
	int saved = errno;

	has_handler(SIGABRT, &handler);
	errno = saved;
	return handler == (uintptr_t)SIG_DFL || handler == (uintptr_t)SIG_IGN ? GT_DEADLY_YES : GT_DEADLY_NO;
}
