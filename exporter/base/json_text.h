/*
 * JSON text before it is parsed: what a look at all bytes shows, and a rewrite of what the parser refuses or cuts. Pure.
 *
 * The parsers of applications, Python's json and JavaScript's JSON.parse, accept more than cJSON. mend() rewrites this:
 *
 *	NUL in a string, also as \u0000		U+FFFD; cJSON ends the string there
 *	half of a surrogate pair, \ud83d	its three bytes (WTF-8, utf8.h); RFC 8259, 8.2 permits it, cJSON refuses
 *	NaN, Infinity, -Infinity		null; Python writes and reads them
 *	a list or object below GT_JSON_DEPTH	null; cJSON refuses the whole text
 */
#ifndef GT_JSON_TEXT_H
#define GT_JSON_TEXT_H

#include "exporter/base/buf.h"

#define GT_JSON_DEPTH 200 /* levels; cJSON is built with a limit of 256 (scripts/deps.sh) */

struct gt_json_look {
	size_t values_max; /* the text has at most this many values */
	bool has_nul;	   /* a NUL, or its escape, occurs somewhere */
};

/* Reads each byte once, many at a time. */
struct gt_json_look gt_json_text_look(struct gt_str text);

/* The number of values, but counting stops beyond `max`. Text after the first value counts too. */
size_t gt_json_text_count(struct gt_str text, size_t max);

/* Appends the first value of the text to `out`, rewritten. False when there is nothing to rewrite, or no room in `out`. */
bool gt_json_text_mend(struct gt_str text, struct gt_buf *out);

/* Index after the string that begins at `at`; beyond the end of the text when the string is not terminated. */
size_t gt_json_behind_string(struct gt_str text, size_t at);

#endif
