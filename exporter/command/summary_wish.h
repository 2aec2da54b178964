/*
 * GENTAP_SUMMARY: `tree`, `json`, `off`, or `json:PATH` for a file.
 */
#ifndef GT_SUMMARY_WISH_H
#define GT_SUMMARY_WISH_H

#include "shim/shared/str.h"

enum gt_summary_kind { GT_SUMMARY_UNSET, GT_SUMMARY_OFF, GT_SUMMARY_TREE, GT_SUMMARY_JSON };

struct gt_summary_wish {
	enum gt_summary_kind kind;
	const char *path; /* of a file to write anew, a slice of the value to its end; NULL: stderr */
};

/* `value` is borrowed and may be NULL; the path is kept. False: it is none of these, and counts as unset. Pure. */
bool gt_summary_wish_parse(const char *value, struct gt_summary_wish *out);

/* Writes the text to the wish's file; where that does not work the reason and the text go to stderr. */
void gt_summary_wish_write(const struct gt_summary_wish *wish, struct gt_str text);

#endif
