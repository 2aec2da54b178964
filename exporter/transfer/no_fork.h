/*
 * Stretches in which the process must not fork.
 *
 * libcurl and mbedTLS keep locks and state of the whole process. A fork in the middle of one of their calls would leave the
 * child with a lock that nobody opens, and its exporter would wait for it for ever. So each call into them is such a stretch;
 * waiting for the network is none. A fork waits until the stretch is over (the preload sees to that, for a bounded time).
 *
 * Exporter thread. The stretches do not nest.
 */
#ifndef GT_NO_FORK_H
#define GT_NO_FORK_H

#include "shim/shared/exporter_host.h"

/* Borrows `host` for ever. Without it, or with NULL, the stretches are marked for nobody. */
void gt_no_fork_init(const struct gt_exporter_host *host);

void gt_no_fork_begin(void);
void gt_no_fork_end(void);

#endif
