/* Settings from a list of variables, and the warnings about them. */
#ifndef GT_ENVIRONMENT_H
#define GT_ENVIRONMENT_H

#include "exporter/base/config_value.h"

struct gt_environment {
	const char *const *vars; /* borrowed: "NAME=value", NULL-terminated */
	char warnings[4096];	 /* one per line */
	int n_warnings;
	struct gt_config_source from; /* process 77, bodies of 4242 bytes; files are readable unless named "unreadable" */
};

void gt_environment_init(struct gt_environment *e, const char *const *vars);

#endif
