/*
 * Two clocks that must not be mixed: monotonic for durations and deadlines, wall for exported timestamps. Both count
 * nanoseconds; wall time starts at the Unix epoch. Any thread, safe in signal handlers, no lock.
 *
 * Both are the kernel's clocks, read through the vDSO: a preload that fakes or stops time for the program
 * (libfaketime) interposes libc's functions. gentap's deadlines must hold there. Its timestamps are the kernel's too:
 * spans of several programs and hosts are one trace, and backends reject a span of another year.
 */
#ifndef GT_CLOCK_H
#define GT_CLOCK_H

#include <stdint.h>
#include <time.h>

struct gt_mono {
	int64_t ns;
};

struct gt_wall {
	uint64_t unix_ns;
};

#define GT_NS_PER_MS 1000000LL
#define GT_NS_PER_S  1000000000LL

/* As clock_gettime(2), but returns -errno. A system call only where the vDSO cannot read the clock. Where a filter forbids that
 * call, the time is a few milliseconds late, and 0 without a vDSO. */
int gt_clock_read(clockid_t clock, struct timespec *t);

static inline struct gt_mono gt_mono_now(void)
{
	struct timespec t;

	gt_clock_read(CLOCK_MONOTONIC, &t);
	return (struct gt_mono){ (int64_t)t.tv_sec * GT_NS_PER_S + t.tv_nsec };
}

static inline struct gt_wall gt_wall_now(void)
{
	struct timespec t;

	gt_clock_read(CLOCK_REALTIME, &t);
	return (struct gt_wall){ (uint64_t)t.tv_sec * GT_NS_PER_S + (uint64_t)t.tv_nsec };
}

/* The shorter of two waits in nanoseconds, where a negative wait means forever. */
static inline int64_t gt_wait_shorter(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

#endif
