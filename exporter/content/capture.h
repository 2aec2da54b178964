/*
 * The settings of content capture, which is off by default. Read once; constant afterwards.
 */
#ifndef GT_CAPTURE_H
#define GT_CAPTURE_H

#include "exporter/privacy/redact.h"

struct gt_config_source;

struct gt_capture {
	unsigned to;			  /* enum gt_content_to; 0: content is neither read nor exported */
	uint32_t attribute_max, span_max; /* bytes of JSON of one attribute, and of all attributes of a span */
	bool has_whole_tools;		  /* tool definitions include description and parameters */
	struct gt_redact redact;	  /* of content and of error messages, also when content is not captured */
};

/* Reads OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT and GENTAP_REDACT; GENTAP_CONTENT_* too, if content is
 * captured. Warns about values that cannot be used. */
void gt_capture_read(struct gt_capture *c, const struct gt_config_source *from);
void gt_capture_free(struct gt_capture *c);

#endif
