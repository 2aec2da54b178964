/*
 * Writes content as the text of an attribute: redacted, within a limit, and valid JSON whatever is left out. Pure.
 *
 * Content over the limit is shortened in this order. Long strings are cut, down to 1 KiB, and end in "[truncated]".
 * Then whole messages are dropped, the oldest first (definitions and instructions: the last first); a mark says how
 * many. Then strings are cut further. Output messages are not dropped, because each choice has one: their parts are
 * dropped. The marks are
 *	{"role":"other","parts":[{"type":"gentap.truncated","messages":12}]}	in input messages
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

/* Writes `json` to `out`, which must be empty and have a cap of `max` bytes. False when not even the marks fit, or
 * memory runs out; the contents of `out` are undefined then. */
bool gt_content_text(const cJSON *json, enum gt_content_kind kind, const struct gt_redact *redact, size_t max,
		     struct gt_text *out);

#endif
