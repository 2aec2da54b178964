/*
 * What the device at a descriptor can display: width, colours, Unicode.
 */
#ifndef GT_TERMINAL_H
#define GT_TERMINAL_H

#include <stdbool.h>

struct gt_terminal {
	unsigned width; /* columns */
	bool has_colour;
	bool has_unicode; /* false: ASCII only */
};

#define GT_TERMINAL_WIDTH_MIN	  20
#define GT_TERMINAL_WIDTH_DEFAULT 100

/* Width: of the terminal, else COLUMNS, else the default; 20 to 1000. Colour: on a terminal that is not dumb, unless
 * NO_COLOR is set. Unicode: when the first non-empty variable of LC_ALL, LC_CTYPE and LANG (the order of POSIX) names
 * UTF-8. */
struct gt_terminal gt_terminal_of(int fd);

#endif
