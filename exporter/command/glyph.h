/*
 * Splits foreign text into characters, each with its width on a terminal. Pure; uses neither the locale nor wcwidth.
 */
#ifndef GT_GLYPH_H
#define GT_GLYPH_H

#include "shim/shared/str.h"

struct gt_glyph {
	struct gt_str bytes; /* slice of the text */
	uint32_t code;	     /* 0 when the bytes are not UTF-8; `bytes` is then a single byte */
	unsigned columns;    /* 0 for combining marks, 2 for East Asian wide characters and emoji, else 1 */
	bool is_safe;	     /* false: bad UTF-8, or could control a terminal (controls, escapes, direction changes) */
};

/* Cuts the next character off `*rest`; false when nothing is left. */
bool gt_glyph_next(struct gt_str *rest, struct gt_glyph *g);

#endif
