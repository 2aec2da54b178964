#include "exporter/transfer/own_clock.h"

#include <errno.h>
#include <stddef.h>

#include "shim/shared/clock.h"
#include "shim/shared/gate.h"

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	int ret = gt_clock_read(clock, t);

	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

int __wrap_gettimeofday(struct timeval *t, void *zone)
{
	struct timespec now;

	(void)zone;
	gt_clock_read(CLOCK_REALTIME, &now);
	*t = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}

time_t __wrap_time(time_t *t)
{
	struct timespec now;

	gt_clock_read(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

int __wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
	return (int)gt_gate(pause, want, left);
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct timespec t = { timeout_ms / 1000, timeout_ms % 1000 * GT_NS_PER_MS };

	return (int)gt_gate(net_wait, fds, n, timeout_ms < 0 ? NULL : &t, NULL, 0);
}
