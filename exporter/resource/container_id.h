/* Finds the id of the container a process runs in. Pure. */
#ifndef GT_CONTAINER_ID_H
#define GT_CONTAINER_ID_H

#include "shim/shared/str.h"

/* Reads the contents of /proc/self/cgroup (version 1) and /proc/self/mountinfo (version 2); both may be NULL. Returns a
 * slice of either; empty when the container is unknown. */
struct gt_str gt_container_id(const char *cgroup, const char *mountinfo);

#endif
