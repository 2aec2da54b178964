/*
 * Threads that libcurl starts for the exporter: it resolves names on a thread, because getaddrinfo(3) has no timeout.
 *
 * Such a thread must belong to gentap, like the exporter's own: its calls are not traced, and its descriptor numbers
 * are separate from the program's. A fork waits while the thread is in getaddrinfo, for a bounded time. Name service
 * modules hold locks, and a child that inherits a locked lock would hang in its first look-up.
 *
 * The linker replaces pthread_create and getaddrinfo (--wrap), in libgentap-exporter.so only.
 */
#ifndef GT_OWN_THREADS_H
#define GT_OWN_THREADS_H

#include "shim/shared/exporter_host.h"

/* Borrows `host` forever. NULL: threads and look-ups get no special treatment. */
void gt_own_threads_init(const struct gt_exporter_host *host);

#endif
