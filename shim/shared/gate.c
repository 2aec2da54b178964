#include "shim/shared/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "shim/shared/compiler.h"
#include "shim/shared/raw_call.h"

/* the same on all processors; older headers lack them */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
/* older calls, which newer processors lack */
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif
#ifndef SYS_rseq
#ifdef __x86_64__
#define SYS_rseq 334
#else
#define SYS_rseq 293
#endif
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SECCOMP_RET_ACTION_FULL
#define SECCOMP_RET_ACTION_FULL 0xffff0000U
#endif
#ifndef SECCOMP_RET_LOG
#define SECCOMP_RET_LOG 0x7ffc0000U
#endif
#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif

#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* in place of a pointer, a length and a descriptor in calls.def */
#define AT 0x7f0000001000
#define N  4096
#define FD 3

#define BARE(...) __VA_ARGS__

static const struct row {
	char name[20]; /* of the system call; no pointer, so that the loader leaves this table as it is in the file */
	int nr;
	enum gt_need need;
	uint64_t arguments[6];
} rows[GT_CALLS] = {
#define GT_CALL(id, call, args, where, what_for, purpose, without) \
	[GT_CALL_##id] = { #call, SYS_##call, GT_NEED_##what_for, { BARE args } },
#include "shim/shared/calls.def"
};

struct gt_gate gt_gate_here;
static struct gt_gate *gate = &gt_gate_here;

void gt_gate_share(struct gt_gate *other)
{
	gate = other;
}

static void close_call(enum gt_side side, unsigned call)
{
	atomic_fetch_or_explicit(&gate->closed[side][call / 64], 1ULL << call % 64, memory_order_relaxed);
}

static bool is_closed(enum gt_side side, unsigned call)
{
	bool is_rare = rows[call].need == GT_NEED_RARE || rows[call].need == GT_NEED_SPOOL;

	return atomic_load_explicit(&gate->closed[side][call / 64], memory_order_relaxed) >> call % 64 & 1 ||
	       (is_rare && atomic_load_explicit(&gate->is_careful, memory_order_relaxed));
}

static enum gt_side side_of_caller(void)
{
	return gate->is_own && gate->is_own() ? GT_SIDE_OWN : GT_SIDE_APP;
}

bool gt_gate_is_open_to(enum gt_side side, enum gt_gate_call call)
{
	return !is_closed(side, call);
}

bool gt_gate_is_open(enum gt_gate_call call)
{
	return !is_closed(side_of_caller(), call);
}

long gt_gate_pass(enum gt_gate_call call, const long a[6])
{
	long ret;

	if (gt_unlikely(!gt_gate_is_open(call))) {
		errno = EPERM;
		return -1;
	}
	ret = gt_raw_call(rows[call].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (gt_likely(ret >= 0 || ret < -4095))
		return ret;
	if (ret == -ENOSYS) /* an old kernel, or a filter's answer: not asked again */
		for (int side = 0; side < GT_SIDES; side++)
			close_call(side, call);
	errno = (int)-ret;
	return -1;
}

int gt_gate_process(void)
{
	int process = atomic_load_explicit(&gate->process, memory_order_relaxed);

	return process ? process : (int)gt_gate(owner);
}

const char *gt_gate_missing(enum gt_side side, enum gt_need need)
{
	for (unsigned i = 0; i < GT_CALLS; i++)
		if (rows[i].need == need && is_closed(side, i))
			return rows[i].name;
	return NULL;
}

/* An error is an answer. SECCOMP_RET_TRACE gives one too, where no tracer is attached. The kernel takes an action that
 * it does not know for the end of the process. */
static bool is_harmless(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_ERRNO:
		return true;
	}
	return false;
}

void gt_gate_filter(enum gt_side side, const struct sock_filter *program, uint32_t n)
{
	for (unsigned i = 0; i < GT_CALLS; i++) {
		struct seccomp_data data = { .nr = rows[i].nr, .arch = ARCH };

		for (int k = 0; k < 6; k++)
			data.args[k] = rows[i].arguments[k];
		if (!program || !is_harmless(gt_bpf_run(program, n, &data)))
			close_call(side, i);
	}
}

void gt_gate_set_careful(bool is_careful)
{
	atomic_store_explicit(&gate->is_careful, is_careful, memory_order_relaxed);
}

void gt_gate_inherit(void)
{
	for (unsigned i = 0; i < GT_GATE_WORDS; i++)
		atomic_store_explicit(&gate->closed[GT_SIDE_OWN][i],
				      atomic_load_explicit(&gate->closed[GT_SIDE_APP][i], memory_order_relaxed),
				      memory_order_relaxed);
}
