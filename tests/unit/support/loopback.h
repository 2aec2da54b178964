/* A pair of connected TCP sockets on the loopback interface. */
#ifndef GT_LOOPBACK_H
#define GT_LOOPBACK_H

#include <stdbool.h>

/* ends[0] was connected, ends[1] was accepted. False without a loopback interface. */
bool gt_loopback_pair(int ends[2]);

#endif
