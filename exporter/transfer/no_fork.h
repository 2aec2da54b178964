/*
 * Sections in which the process must not fork.
 *
 * libcurl and mbedTLS keep locks and state for the whole process. A fork during one of their calls could leave the
 * child with a locked lock. No thread would release it, and the child's exporter would wait forever. So each call into
 * them is a section; waiting for the network is not. A fork waits until the section ends: the preload makes it wait,
 * for a bounded time.
 *
 * Exporter thread. Sections do not nest.
 */
#ifndef GT_NO_FORK_H
#define GT_NO_FORK_H

#include "shim/shared/exporter_host.h"

/* Borrows `host` forever. Before this call, or with NULL, the two functions below do nothing. */
void gt_no_fork_init(const struct gt_exporter_host *host);

void gt_no_fork_begin(void);
void gt_no_fork_end(void);

#endif
