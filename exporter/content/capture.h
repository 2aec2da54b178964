/*
 * What content is captured: nothing, unless the user asks. Read once; constant afterwards.
 */
#ifndef GT_CAPTURE_H
#define GT_CAPTURE_H

#include "exporter/privacy/redact.h"

struct gt_config_source;

struct gt_capture {
	unsigned to;			  /* enum gt_content_to; 0: nothing is read, nothing is told */
	uint32_t attribute_max, span_max; /* bytes of JSON of one attribute, and of all of one span */
	bool whole_tools;		  /* definitions with description and parameters */
	struct gt_redact redact;
};

/* OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, GENTAP_CONTENT_*, GENTAP_REDACT. Warns of values that cannot be used;
 * of the last three only when content is captured at all. */
void gt_capture_read(struct gt_capture *c, const struct gt_config_source *from);
void gt_capture_free(struct gt_capture *c);

#endif
