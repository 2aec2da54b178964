/*
 * Finds counts in a usage object that gentap does not know: what a provider bills under a new name would be missing from the
 * counts and from the cost. Pure.
 */
#ifndef GT_USAGE_MEMBERS_H
#define GT_USAGE_MEMBERS_H

#include "exporter/providers/provider.h"

/* True when `rows` and `others` lack the path of a whole number above zero, and the path has the word "token". Paths are as
 * in json.h, without the indexes of arrays. In `others`, "context_details.*" is a member and all below it. */
bool gt_usage_has_unknown(const cJSON *usage, const struct gt_count *rows, size_t n_rows, const char *const *others,
			  size_t n_others);

#endif
