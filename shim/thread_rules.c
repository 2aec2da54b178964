#include "shim/thread_rules.h"

#include <link.h>
#include <sched.h>
#include <string.h>

#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"

#define LIBC_OWN   (64 * 1024) /* libc's part: its thread descriptor, and a reserve for libraries that come later */
#define CPUS_BYTES 1024	       /* 8,192 processors */

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

static int add_tls(struct dl_phdr_info *info, size_t size, void *sum)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)sum += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	return 0;
}

size_t gt_thread_stack_size(size_t room)
{
	size_t tls = 0;

	dl_iterate_phdr(add_tls, &tls);
	return (room + LIBC_OWN + tls + 4095) & ~(size_t)4095;
}

static bool is_realtime(void)
{
	long policy = gt_gate(policy_get, 0);

	if (policy < 0)
		return false;
	policy &= ~SCHED_RESET_ON_FORK;
	return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

static bool is_single(const unsigned char *cpus, long bytes)
{
	int n = 0;

	for (long i = 0; i < bytes; i++)
		n += __builtin_popcount(cpus[i]);
	return n == 1;
}

void gt_thread_leave_policy(void)
{
	const struct sched_param ordinary = { .sched_priority = 0 };
	unsigned char cpus[CPUS_BYTES];
	bool realtime = is_realtime();
	long bytes;

	if (realtime)
		gt_gate(policy_set, 0, SCHED_OTHER, &ordinary);
	bytes = gt_gate(cpus_get, 0, sizeof(cpus), cpus);
	if (bytes <= 0 || !(realtime || is_single(cpus, bytes)))
		return;
	memset(cpus, 0xff, sizeof(cpus)); /* the kernel leaves out what the control group forbids */
	gt_gate(cpus_set, 0, sizeof(cpus), cpus);
}
