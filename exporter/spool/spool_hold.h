/*
 * Holds (hold.h) for the spool of a process that is gone, while its spans are on their way to the sinks.
 *
 * The file has one, and each batch of its spans another. A batch that is delivered is marked in the file at once. So when
 * another batch cannot be delivered, or when this process is killed, the next process sends only the rest. Exporter thread.
 */
#ifndef GT_SPOOL_HOLD_H
#define GT_SPOOL_HOLD_H

#include "exporter/span/hold.h"
#include "exporter/spool/spool_file.h"

/* Gives the hold of the file, with one reference. Its end closes the file, and removes it when all is delivered. Takes
 * `file`, which was allocated. NULL without memory: the file is closed then. */
struct gt_hold *gt_spool_hold_file(struct gt_spool_file *file);

/* Gives the hold of a batch of at most `max` spans, with one reference; itself it has one to the file's. NULL without
 * memory. */
struct gt_hold *gt_spool_hold_batch(struct gt_hold *file, uint32_t max);

/* The batch has the span that this event keeps in the spool. At most `max` times. */
void gt_spool_hold_add(struct gt_hold *batch, const struct gt_event *origin);

#endif
