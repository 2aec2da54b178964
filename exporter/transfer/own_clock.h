/*
 * The clocks of libcurl and mbedTLS: the kernel's, as for the rest of gentap (shim/shared/clock.h).
 *
 * A preload may fake or stop the program's time by interposing libc's functions. A timeout of libcurl would then never
 * pass, a wait would take a thousand times longer, and a collector's certificate would not be valid yet.
 *
 * The linker replaces these functions (--wrap), in libgentap-exporter.so only. errno and results are libc's.
 */
#ifndef GT_OWN_CLOCK_H
#define GT_OWN_CLOCK_H

#include <poll.h>
#include <sys/time.h>
#include <time.h>

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_gettimeofday(struct timeval *t, void *zone);
time_t __wrap_time(time_t *t);
int __wrap_nanosleep(const struct timespec *want, struct timespec *left);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

#endif
