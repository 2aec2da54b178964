/*
 * GENTAP_SUMMARY: `tree`, `json`, `json:PATH` (to a file), or `off` (also `none`). Case does not matter.
 */
#ifndef GT_SUMMARY_SETTING_H
#define GT_SUMMARY_SETTING_H

#include "shim/shared/str.h"

enum gt_summary_kind { GT_SUMMARY_UNSET, GT_SUMMARY_OFF, GT_SUMMARY_TREE, GT_SUMMARY_JSON };

struct gt_summary_setting {
	enum gt_summary_kind kind;
	const char *path; /* of the file to overwrite, points into the value; NULL: stderr */
};

/* `value` may be NULL. It is borrowed and must outlive `out`, whose path points into it. False when the value is
 * invalid, which counts as unset. Pure. */
bool gt_summary_setting_parse(const char *value, struct gt_summary_setting *out);

/* Writes the text to the file of the setting, or to stderr. When the file cannot be written, both the reason and the text
 * go to stderr. */
void gt_summary_setting_write(const struct gt_summary_setting *setting, struct gt_str text);

#endif
