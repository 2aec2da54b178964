/*
 * A preload that changes the clocks of a program, as libfaketime does: the functions of libc, not the kernel's.
 *
 * ODD_CLOCK=stopped: every clock has stopped at the second 1577836800 (2020-01-01). ODD_CLOCK=slow: clocks run a
 * thousand times slower from there, and sleeps and waits take a thousand times longer.
 *
 * cc: -O1 -shared -fPIC
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_S 1577836800LL
#define RATE	1000

static bool is_slow(void)
{
	const char *how = getenv("ODD_CLOCK");

	return how && !strcmp(how, "slow");
}

static int64_t now_ns(void)
{
	static int64_t first;
	struct timespec t;
	int64_t ns;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	if (!first)
		first = ns;
	return BEGIN_S * 1000000000 + (is_slow() ? (ns - first) / RATE : 0);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){ now_ns() / 1000000000, now_ns() % 1000000000 };
	return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	(void)zone;
	*t = (struct timeval){ now_ns() / 1000000000, now_ns() % 1000000000 / 1000 };
	return 0;
}

time_t time(time_t *t)
{
	time_t s = (time_t)(now_ns() / 1000000000);

	if (t)
		*t = s;
	return s;
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct timespec t = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	if (timeout_ms > 0 && is_slow())
		t = (struct timespec){ timeout_ms, 0 };
	return (int)syscall(SYS_ppoll, fds, n, timeout_ms < 0 ? NULL : &t, NULL, 0);
}

int nanosleep(const struct timespec *want, struct timespec *left)
{
	struct timespec t = *want;

	if (is_slow())
		t = (struct timespec){ want->tv_sec * RATE + want->tv_nsec / 1000000, 0 };
	return (int)syscall(SYS_nanosleep, &t, left);
}
