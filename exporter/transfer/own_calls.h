/*
 * The calls of the exporter that other preloads replace, past these preloads.
 *
 * Preloads such as proxychains, torsocks and socket_wrapper redirect a program's connections. The exporter's are not the
 * program's: its collector was configured for gentap. Others replace calls of files (fakeroot, libfaketime), and their
 * destructors, which may run before gentap's, free what these calls need. So what the exporter and the libraries in it
 * call is libc's own function, not the first definition in the process. Before gt_own_calls_init, and where libc's is
 * not found, it is the first.
 */
#ifndef GT_OWN_CALLS_H
#define GT_OWN_CALLS_H

#include "shim/shared/exporter_host.h"

struct addrinfo;

/* Takes the loader's locks. NULL, or a host without libc_own: the calls stay as they are. */
void gt_own_calls_init(const struct gt_exporter_host *host);

/* getaddrinfo(3) of libc. */
int gt_own_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);

#endif
