/* Writing all of it, whatever state the descriptor was left in. */
#ifndef GT_OUTPUT_H
#define GT_OUTPUT_H

#include "shim/shared/str.h"

/* False when the other end does not take it; errno tells. */
bool gt_output_write(int fd, struct gt_str s);

#endif
