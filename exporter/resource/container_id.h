/* Which container a process is in, as the kernel's files tell. Pure. */
#ifndef GT_CONTAINER_ID_H
#define GT_CONTAINER_ID_H

#include "shim/shared/str.h"

/* From the contents of /proc/self/cgroup (version 1) and /proc/self/mountinfo (version 2); both may be NULL. A slice of one
 * of them; empty when there is no telling. */
struct gt_str gt_container_id(const char *cgroup, const char *mountinfo);

#endif
