/*
 * Builds a text piece by piece, growing it up to a cap. When memory or the cap runs out, `has_failed` is set and further
 * additions do nothing, so a caller needs to check only at the end. Numbers do not depend on the locale.
 */
#ifndef GT_TEXT_H
#define GT_TEXT_H

#include "shim/shared/str.h"

struct gt_text {
	char *p; /* owned, malloc'd, not terminated; NULL until the first byte */
	size_t len, room;
	size_t max;
	bool has_failed, is_too_long; /* is_too_long: failed because of the cap */
};

void gt_text_init(struct gt_text *t, size_t max);
void gt_text_add(struct gt_text *t, struct gt_str s);
void gt_text_int(struct gt_text *t, int64_t v);
void gt_text_uint(struct gt_text *t, uint64_t v);
void gt_text_hex(struct gt_text *t, const uint8_t *bytes, size_t n);

/* Uses the first precision of 15, 16 and 17 digits that reads back as the same number. `v` must be finite. */
void gt_text_double(struct gt_text *t, double v);

/* A JSON string with its quotes. What is not UTF-8 becomes U+FFFD (utf8.h). */
void gt_text_json(struct gt_text *t, struct gt_str s);

/* "2026-08-03T12:00:00.123Z" */
void gt_text_time(struct gt_text *t, uint64_t unix_ns);

/* Gives the bytes to the caller (free with free()) and empties the text. NULL when it failed or nothing was added. */
char *gt_text_take(struct gt_text *t, size_t *len);

void gt_text_free(struct gt_text *t);

/* Makes foreign text safe for a log line: cuts it to fit and replaces control characters by blanks. Terminated. */
void gt_text_show(struct gt_str s, char *out, size_t cap);

#endif
