/*
 * The spans of a process that is gone, from its spool: those that were finished, those whose exchange was over, and
 * those of calls under way, with `gentap.incomplete` set to `killed`.
 *
 * Recovered exchanges carry no content. Exporter thread, or the command.
 */
#ifndef GT_RECOVER_H
#define GT_RECOVER_H

#include "exporter/resource/resource.h"
#include "exporter/span/reading.h"
#include "exporter/spool/spool_file.h"

/* Takes one span. There may be tens of thousands, so the caller passes them on a batch at a time. `origin`, valid for this
 * call, is the event that keeps the span in the spool until its `is_sent` is set. NULL: a damaged spool has none. */
typedef void gt_recover_span(void *ctx, struct gt_span *span, const struct gt_event *origin);

/* The resource of that process. When it had written none, `env` and the head of the spool make one. 0 or GT_ENOMEM; call
 * gt_resource_free after either. */
int gt_recover_resource(struct gt_resource *out, const struct gt_spool_file *f, const struct gt_config_source *env);

/* Gives each span that is not sent to `take`, and frees the events of `f`: the file waits for its spans' delivery without
 * them. `run` reads the exchanges. 0 or GT_ENOMEM: then some spans were not given. */
int gt_recover(struct gt_spool_file *f, const struct gt_run_context *run, gt_recover_span *take, void *ctx);

#endif
