/*
 * A user's regular expression (POSIX extended, REG_NEWLINE) over text written by others. Exporter thread.
 *
 * Neither compiling nor matching may take long, whatever the pattern and the text: patterns have a size, may not refer back,
 * and repeat only so often; text is matched in windows, so that a match is no longer than GT_PATTERN_REACH bytes.
 */
#ifndef GT_PATTERN_H
#define GT_PATTERN_H

#include <regex.h>

#include "shim/shared/str.h"

#define GT_PATTERN_MAX	 512 /* bytes of one */
#define GT_PATTERN_REACH 512
#define GT_PATTERN_NAME	 32

struct gt_pattern {
	regex_t regex;
	char name[GT_PATTERN_NAME]; /* for what stands in the place of a match */
};

/* NULL when it is compiled, else what is wrong with it, a constant text. Free with gt_pattern_free when it is. */
const char *gt_pattern_compile(struct gt_pattern *p, struct gt_str text);
void gt_pattern_free(struct gt_pattern *p);

/* Sets marks[i] to `value` for every byte i of a match that has no mark yet. */
void gt_pattern_mark(const struct gt_pattern *p, struct gt_str text, uint8_t *marks, uint8_t value);

#endif
