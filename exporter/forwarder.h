/*
 * Sends the spans of processes that are gone to this process's sinks, a batch at a time. A spool whose spans a destination
 * has taken is removed. The others stay for a later process. Exporter thread, or the command.
 */
#ifndef GT_FORWARDER_H
#define GT_FORWARDER_H

#include "exporter/setup.h"
#include "exporter/spool/spool_folder.h"

struct gt_forwarder {
	struct gt_setup *setup; /* borrowed */
	int64_t timeout_ns;	/* how long one process's spans may wait for room in the sinks */
	uint64_t processes;	/* out: spools that were read */
	bool has_looked;
};

/* Sends every spool that `choice` allows. */
void gt_forwarder_send(struct gt_forwarder *f, struct gt_spool_choice *choice);

/* Sends those of other processes once: when the first span of this process has arrived, so that theirs may follow. */
void gt_forwarder_look(struct gt_forwarder *f, int64_t timeout_ns);

#endif
