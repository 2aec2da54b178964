/*
 * Sends the spans of processes that are gone to this process's sinks, a batch at a time. A spool whose spans a destination
 * has taken is removed. The others stay for a later process. Exporter thread, or the command.
 */
#ifndef GT_FORWARDER_H
#define GT_FORWARDER_H

#include "exporter/setup.h"
#include "exporter/spool/spool_folder.h"

/* True when the thread is wanted elsewhere, or the user waits no longer: the rest of the spools stay. */
typedef bool gt_forwarder_stop_fn(void *ctx);

struct gt_forwarder {
	struct gt_setup *setup;		 /* borrowed */
	struct gt_mono until;		 /* spans wait for room in the sinks no longer, and no other spool is read */
	gt_forwarder_stop_fn *must_stop; /* NULL: never */
	void *ctx;			 /* for must_stop */
	uint64_t processes;		 /* out: spools that were read */
	bool has_looked;
	struct gt_spool_choice *choice; /* private */
};

/* Sends every spool that `choice` allows, until `until`. */
void gt_forwarder_send(struct gt_forwarder *f, struct gt_spool_choice *choice);

/* Sends those of other processes once: when the first span of this process has arrived, so that theirs may follow. Sets
 * `until`. */
void gt_forwarder_look(struct gt_forwarder *f, struct gt_mono until);

#endif
