/*
 * Sends what processes that are gone have left in their spools, with the exporter's library.
 */
#ifndef GT_DELIVER_H
#define GT_DELIVER_H

#include "shim/shared/exporter_host.h"

/* True unless GENTAP_SPOOL switches spools off. */
bool gt_deliver_is_on(void);

/* Sends the spools of this run of the launcher (GENTAP_RUN_TRACE_ID), while the collector makes progress. The limit is
 * five seconds, or GENTAP_EXIT_TIMEOUT_MS when that is longer; when that is 0, nothing is sent. With `is_any_run`: those
 * of every run with the same destination. NULL, or the reason why nothing could be sent. */
const char *gt_deliver(bool is_any_run, struct gt_recovery *r);

#endif
