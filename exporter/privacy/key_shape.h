/*
 * Matches the shape of a key: alphabets and lengths, in a notation that is data. Pure; never goes back, and reads at most
 * GT_KEY_SHAPE_MAX characters.
 *
 * A shape is text that must occur as it is, and runs of characters: % and an alphabet, the least number, and -most when
 * it differs. "-" without a number: any number more.
 *
 *	%w14.%x64	14 letters or digits, a dot, 64 hex digits
 *	%b20-		20 characters or more
 *
 *	d  0-9		x  hex digits	u  A-Z 0-9	w  letters and digits
 *	b  w and _ -	k  b and =	e  k and .	t  e and ~ + /
 *
 * A run takes as many characters as it may, so the text that follows a run of open length must not begin in its alphabet.
 */
#ifndef GT_KEY_SHAPE_H
#define GT_KEY_SHAPE_H

#include "shim/shared/str.h"

#define GT_KEY_SHAPE_MAX 640 /* characters; the longest shape has 512 and a few */

/* The length of what has this shape at the beginning of `text`, or 0. Neither a letter, nor a digit, nor an underscore
 * may follow, unless the shape ends in a run without an upper limit; `is_open` says that. */
size_t gt_key_shape_len(const char *shape, struct gt_str text, bool *is_open);

#endif
