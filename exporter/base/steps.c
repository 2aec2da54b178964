#include "exporter/base/steps.h"

#ifdef GT_DEBUG
_Thread_local uint64_t gt_steps;
#endif
