/*
 * Two clocks that must not be mixed: monotonic for durations and deadlines, wall for exported timestamps. Both count
 * nanoseconds; wall time starts at the Unix epoch. Safe in signal handlers (vDSO).
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

static inline struct gt_mono gt_mono_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct gt_mono){ (int64_t)t.tv_sec * GT_NS_PER_S + t.tv_nsec };
}

static inline struct gt_wall gt_wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct gt_wall){ (uint64_t)t.tv_sec * GT_NS_PER_S + (uint64_t)t.tv_nsec };
}

#endif
