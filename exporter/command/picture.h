/*
 * Builds text for a terminal: columns, colours, and foreign text made harmless.
 *
 * A picture is a gt_text for one terminal. Blanks are written only when text follows them on the same line, so no line ends
 * in blanks. Colours take no columns; without `terminal.has_colour` no colour codes are written.
 */
#ifndef GT_PICTURE_H
#define GT_PICTURE_H

#include "exporter/base/text.h"
#include "exporter/command/terminal.h"

enum gt_colour { GT_PLAIN, GT_BOLD, GT_DIM, GT_RED, GT_GREEN, GT_YELLOW, GT_CYAN };

struct gt_picture {
	struct gt_text text; /* .has_failed: out of memory, or larger than 256 MiB */
	struct gt_terminal terminal;
	size_t blanks; /* pending, not written yet */
};

void gt_picture_init(struct gt_picture *p, const struct gt_terminal *terminal);
void gt_picture_free(struct gt_picture *p);

/* Adds gentap's own text unchanged. The caller knows its width. */
void gt_picture_add(struct gt_picture *p, enum gt_colour colour, struct gt_str own);

/* Adds `unicode` or `ascii`, by `terminal.has_unicode`. */
void gt_picture_sign(struct gt_picture *p, enum gt_colour colour, const char *unicode, const char *ascii);

void gt_picture_blanks(struct gt_picture *p, size_t n);
void gt_picture_end_line(struct gt_picture *p);

/* The columns that foreign text takes when it is not cut. */
size_t gt_picture_width(const struct gt_picture *p, struct gt_str foreign);

/* Adds foreign text in at most `room` columns, cut with an ellipsis when it is longer. Unsafe characters are replaced.
 * Returns the columns taken. */
size_t gt_picture_put(struct gt_picture *p, enum gt_colour colour, struct gt_str foreign, size_t room);

#endif
