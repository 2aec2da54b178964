/*
 * Text under construction. It grows by itself up to a cap; once memory or the cap ran out, `failed` is set and additions do
 * nothing, so that only the end of a long construction has to be checked. Numbers do not depend on the locale.
 */
#ifndef GT_TEXT_H
#define GT_TEXT_H

#include "shim/shared/str.h"

struct gt_text {
	char *p; /* malloc'd, not terminated */
	size_t len, room;
	size_t max;
	bool failed, is_too_long; /* the second says that it was the cap */
};

void gt_text_init(struct gt_text *t, size_t max);
void gt_text_add(struct gt_text *t, struct gt_str s);
void gt_text_int(struct gt_text *t, int64_t v);
void gt_text_uint(struct gt_text *t, uint64_t v);
void gt_text_hex(struct gt_text *t, const uint8_t *bytes, size_t n);

/* The shortest of up to 17 digits that reads back as the same number; `v` is finite. */
void gt_text_double(struct gt_text *t, double v);

/* A JSON string with its quotes. Bad UTF-8 becomes U+FFFD. */
void gt_text_json(struct gt_text *t, struct gt_str s);

/* "2026-08-03T12:00:00.123Z" */
void gt_text_time(struct gt_text *t, uint64_t unix_ns);

/* Gives the text, which is empty afterwards; NULL when it failed. */
char *gt_text_take(struct gt_text *t, size_t *len);

void gt_text_free(struct gt_text *t);

/* Somebody else's words as they may stand in a log line: cut to fit, blanks for control characters. */
void gt_text_show(struct gt_str s, char *out, size_t cap);

#endif
