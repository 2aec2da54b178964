/*
 * Text for a terminal under construction: columns, colours, and foreign text made harmless.
 *
 * It is a gt_text with a look. Blanks are kept back until something follows them on their line, so that no line ends in
 * blanks. Colours change nothing but colours: with `look.colour` off they are not there.
 */
#ifndef GT_PICTURE_H
#define GT_PICTURE_H

#include "exporter/base/text.h"
#include "exporter/command/look.h"

enum gt_colour { GT_PLAIN, GT_BOLD, GT_DIM, GT_RED, GT_GREEN, GT_YELLOW, GT_CYAN };

struct gt_picture {
	struct gt_text text; /* .failed: there was no memory */
	struct gt_look look;
	size_t blanks; /* not written yet */
};

void gt_picture_init(struct gt_picture *p, const struct gt_look *look);
void gt_picture_free(struct gt_picture *p);

/* Our own text, as it is. The caller knows its width. */
void gt_picture_add(struct gt_picture *p, enum gt_colour colour, struct gt_str own);

/* The one for Unicode or the one for ASCII. */
void gt_picture_sign(struct gt_picture *p, enum gt_colour colour, const char *unicode, const char *ascii);

void gt_picture_blanks(struct gt_picture *p, size_t n);
void gt_picture_end_line(struct gt_picture *p);

/* Columns that foreign text takes when it is shown whole. */
size_t gt_picture_width(const struct gt_picture *p, struct gt_str foreign);

/* Foreign text in at most `room` columns, with an ellipsis when it is longer. Returns the columns taken. */
size_t gt_picture_put(struct gt_picture *p, enum gt_colour colour, struct gt_str foreign, size_t room);

#endif
