/*
 * Foreign text, one character at a time, with what a terminal makes of it. Pure; no locale, no wcwidth.
 */
#ifndef GT_GLYPH_H
#define GT_GLYPH_H

#include "shim/shared/str.h"

struct gt_glyph {
	struct gt_str bytes; /* slice of the text */
	uint32_t code;	     /* 0 when the bytes are not UTF-8 */
	unsigned columns;    /* 0 for combining marks, 2 for East Asian wide characters and emoji, else 1 */
	bool is_safe;	     /* false: bad UTF-8, or it could steer a terminal (controls, escapes, changes of direction) */
};

/* Cuts the next character off `*rest`; false when nothing is left. */
bool gt_glyph_next(struct gt_str *rest, struct gt_glyph *g);

#endif
