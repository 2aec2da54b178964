#include "shim/shared/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/raw_call.h"
#include "shim/shared/vdso.h"

/* names and versions: vdso(7) */
#if defined(__x86_64__)
#define IN_VDSO "__vdso_clock_gettime"
#else
#define IN_VDSO "__kernel_clock_gettime"
#endif

typedef int read_fn(clockid_t clock, struct timespec *t);

static int by_system_call(clockid_t clock, struct timespec *t)
{
	if (!gt_gate_is_open(GT_CALL_clock)) {
		*t = (struct timespec){ 0 };
		return -EPERM;
	}
	return (int)gt_raw_call(SYS_clock_gettime, clock, (long)t, 0, 0, 0, 0);
}

static read_fn find_and_read;
/* any thread may set it, and all set the same value */
static _Atomic(read_fn *) reader = find_and_read;

static int find_and_read(clockid_t clock, struct timespec *t)
{
	void *found = gt_vdso_find((const void *)getauxval(AT_SYSINFO_EHDR), IN_VDSO);
	read_fn *f = by_system_call;

	if (found)
		memcpy(&f, &found, sizeof(f));
	atomic_store_explicit(&reader, f, memory_order_relaxed);
	return f(clock, t);
}

/* The vDSO makes the system call itself where it cannot read the host's counter (Xen, HPET). It never does for these. */
static clockid_t coarse(clockid_t clock)
{
	return clock == CLOCK_MONOTONIC ? CLOCK_MONOTONIC_COARSE : clock == CLOCK_REALTIME ? CLOCK_REALTIME_COARSE : clock;
}

int gt_clock_read(clockid_t clock, struct timespec *t)
{
	if (gt_unlikely(!gt_gate_is_open(GT_CALL_clock)))
		clock = coarse(clock);
	return atomic_load_explicit(&reader, memory_order_relaxed)(clock, t);
}
