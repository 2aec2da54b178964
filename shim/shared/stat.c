#include "shim/shared/stat.h"

_Atomic uint64_t gt_stats[GT_STAT_COUNT];

void gt_stat_reset(void)
{
	for (int i = 0; i < GT_STAT_COUNT; i++)
		gt_stats[i] = 0;
}
