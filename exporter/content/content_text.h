/*
 * Content as the text of an attribute: redacted, no longer than a limit, and valid JSON whatever had to be left out. Pure.
 *
 * What is too long is shortened in this order: long strings, down to 1 KiB, end in "[truncated]"; whole messages go, the oldest
 * first (definitions and instructions: the last first), with a mark of how many in their place; then strings become shorter
 * still. Of the output no message goes, as there is one for each choice: its parts go. A mark is
 *	{"role":"other","parts":[{"type":"gentap.truncated","messages":12}]}	in the input's messages
 *	{"type":"gentap.truncated","name":"12 more"}				in definitions
 *	{"type":"text","content":"[truncated: 12 more]"}			in instructions
 *	{"type":"gentap.truncated"}						for the parts of an output message
 *	{"gentap.truncated":true}						for arguments and results
 */
#ifndef GT_CONTENT_TEXT_H
#define GT_CONTENT_TEXT_H

#include "exporter/base/json.h"
#include "exporter/privacy/redact.h"

enum gt_content_kind { GT_CONTENT_INPUT, GT_CONTENT_OUTPUT, GT_CONTENT_SYSTEM, GT_CONTENT_TOOLS, GT_CONTENT_VALUE };

/* Writes `json` into `out`, which is empty and has a cap of `max` bytes. False: not even the marks fit, or there is no memory;
 * `out` is then not to be used. */
bool gt_content_text(const cJSON *json, enum gt_content_kind kind, const struct gt_redact *redact, size_t max,
		     struct gt_text *out);

#endif
