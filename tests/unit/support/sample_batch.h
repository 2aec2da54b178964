/*
 * A batch of spans with a resource, to encode.
 */
#ifndef GT_SAMPLE_BATCH_H
#define GT_SAMPLE_BATCH_H

#include "exporter/sinks/sink.h"

struct gt_sample {
	struct gt_span *first;
	struct gt_resource resource;
	struct gt_naming naming;
	struct gt_batch_view view;
};

/* A batch of `n` spans whose names are "chat model" and whose ids count from 1; all else is as in a new span. The resource
 * has service.name "bot" and process.pid 7. */
void gt_sample_init(struct gt_sample *s, uint32_t n);
void gt_sample_free(struct gt_sample *s);

#endif
