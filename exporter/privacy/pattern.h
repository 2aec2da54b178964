/*
 * Matches a user's regular expression (POSIX extended, REG_NEWLINE) against foreign text. Exporter thread.
 *
 * No pattern and no text may make compiling or matching slow. So patterns have a maximum size, must not have back
 * references, and have limited repetitions. Text is matched in overlapping windows: a match of up to GT_PATTERN_REACH
 * bytes is always within one window.
 */
#ifndef GT_PATTERN_H
#define GT_PATTERN_H

#include <regex.h>

#include "shim/shared/str.h"

#define GT_PATTERN_MAX	 512 /* bytes of one pattern */
#define GT_PATTERN_REACH 512 /* bytes */
#define GT_PATTERN_NAME	 32  /* bytes, terminator included */

struct gt_pattern {
	regex_t regex;
	char name[GT_PATTERN_NAME]; /* set by the caller; goes into the mark that replaces a match */
};

/* NULL when compiled; free with gt_pattern_free then. Otherwise the problem, a constant text. */
const char *gt_pattern_compile(struct gt_pattern *p, struct gt_str text);
void gt_pattern_free(struct gt_pattern *p);

/* Sets marks[i] to `value` for every byte i of a match, unless marks[i] is set already. `marks` has text.len bytes.
 * When a window cannot be searched, or matches too often, the rest of it is marked. */
void gt_pattern_mark(const struct gt_pattern *p, struct gt_str text, uint8_t *marks, uint8_t value);

#endif
