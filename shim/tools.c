#include "shim/tools.h"

#include <string.h>

#include "shim/shared/str.h"

static bool is_valgrind; /* written by the constructor */

void gt_tools_init(char *const envp[])
{
	for (; envp && *envp; envp++)
		if (gt_str_starts(gt_str_of(*envp), GT_STR("LD_PRELOAD=")) && strstr(*envp, "/vgpreload_core"))
			is_valgrind = true;
}

bool gt_tools_is_valgrind(void)
{
	return is_valgrind;
}
