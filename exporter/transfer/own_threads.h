/*
 * Threads that libcurl makes for the exporter: it looks names up on one, because getaddrinfo(3) cannot be told to hurry.
 *
 * Such a thread has to be one of ours like the exporter's own: nothing it does is traced, and its descriptor numbers are not the
 * program's. And while it is in getaddrinfo a fork waits, for a bounded time: modules of the name service keep locks, and the child
 * would look names up for ever. Both functions are put in place of libc's by the linker (--wrap), in libgentap-exporter.so only.
 */
#ifndef GT_OWN_THREADS_H
#define GT_OWN_THREADS_H

#include "shim/shared/exporter_host.h"

/* Borrows `host` for ever; NULL: threads are as any. */
void gt_own_threads_init(const struct gt_exporter_host *host);

#endif
