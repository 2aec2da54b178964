#include "shim/tools.h"

#include <string.h>

#include "shim/shared/str.h"

static bool is_valgrind, seeks_races; /* written by the constructor */

void gt_tools_init(char *const envp[])
{
	for (; envp && *envp; envp++) {
		if (!gt_str_starts(gt_str_of(*envp), GT_STR("LD_PRELOAD=")))
			continue;
		is_valgrind |= strstr(*envp, "/vgpreload_core") != NULL;
		seeks_races |= strstr(*envp, "/vgpreload_helgrind") || strstr(*envp, "/vgpreload_drd");
	}
}

bool gt_tools_is_valgrind(void)
{
	return is_valgrind;
}

bool gt_tools_seeks_races(void)
{
	return seeks_races;
}
