/* How one run under the launcher went: what the heading of a summary tells. */
#ifndef GT_RUN_H
#define GT_RUN_H

#include <stdint.h>

struct gt_run {
	char *const *argv;   /* NULL-terminated, borrowed */
	int status;	     /* as waitpid gives it */
	int64_t duration_ns; /* from fork to the end of the child */
};

#endif
