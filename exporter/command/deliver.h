/*
 * Sends what processes that are gone have left in their spools, with the exporter's library.
 */
#ifndef GT_DELIVER_H
#define GT_DELIVER_H

#include "shim/shared/exporter_host.h"

/* True unless GENTAP_SPOOL switches spools off. */
bool gt_deliver_is_on(void);

/* Sends the spools of this run of the launcher (GENTAP_RUN_TRACE_ID), while the collector makes progress. The limit is
 * GENTAP_EXIT_TIMEOUT_MS, or five seconds when that is not set; when that is 0, nothing is sent. `must_stop` ends it early,
 * and may be NULL. NULL, or the reason why nothing could be sent. */
const char *gt_deliver(bool (*must_stop)(void *ctx), void *ctx, struct gt_recovery *r);

/* Sends the spools of every run with the same destination: of a command of its own, so the limit is at least five
 * seconds. */
const char *gt_deliver_all(struct gt_recovery *r);

#endif
