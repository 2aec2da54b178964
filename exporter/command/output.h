/* Writes a whole text to a descriptor, blocking or not. */
#ifndef GT_OUTPUT_H
#define GT_OUTPUT_H

#include "shim/shared/str.h"

/* Waits while a non-blocking descriptor is full. False when write(2) fails; errno has the reason. */
bool gt_output_write(int fd, struct gt_str s);

#endif
