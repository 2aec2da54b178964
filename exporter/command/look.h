/*
 * What the other end of a descriptor can show.
 */
#ifndef GT_LOOK_H
#define GT_LOOK_H

#include <stdbool.h>

struct gt_look {
	unsigned width; /* columns */
	bool colour;
	bool unicode; /* false: ASCII only */
};

#define GT_LOOK_WIDTH_MIN     20
#define GT_LOOK_WIDTH_DEFAULT 100

/* Width: of the terminal, else COLUMNS, else the default. Colour: on a terminal that is not dumb, unless NO_COLOR is set.
 * Unicode: by the locale's variables, in the order of POSIX. */
struct gt_look gt_look_of(int fd);

#endif
