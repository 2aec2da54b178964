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

struct gt_recovered {
	struct gt_span *first;
	uint32_t n;
	struct gt_resource resource;
};

/* `run` reads the exchanges; `env` and the head of the spool make a resource when the process had written none. 0 or
 * GT_ENOMEM; call gt_recovered_free after either. */
int gt_recover(struct gt_recovered *out, const struct gt_spool_file *f, const struct gt_run_context *run,
	       const struct gt_config_source *env);
void gt_recovered_free(struct gt_recovered *r);

#endif
