#include "shim/shared/limits.h"

#include "shim/shared/clock.h"
#include "shim/shared/env.h"
#include "shim/shared/str.h"

struct gt_limits gt_limits = {
	.memory_max = GT_MEMORY_MAX_DEFAULT,
	.body_max = GT_BODY_MAX_DEFAULT,
	.exit_timeout_ns = GT_EXIT_TIMEOUT_MS_DEFAULT * GT_NS_PER_MS,
};

bool gt_limits_parse(const char *value, uint64_t *out)
{
	uint64_t v;

	if (!gt_str_u64(gt_str_trim(gt_str_of(value)), &v) || v > INT64_MAX / GT_NS_PER_MS)
		return false;
	*out = v;
	return true;
}

void gt_limits_init(void)
{
	uint64_t v;

	if (gt_limits_parse(gt_env_get(GT_ENV_GENTAP_MEMORY_MAX), &v))
		gt_limits.memory_max = v;
	if (gt_limits_parse(gt_env_get(GT_ENV_GENTAP_BODY_MAX), &v))
		gt_limits.body_max = v;
	if (gt_limits_parse(gt_env_get(GT_ENV_GENTAP_EXIT_TIMEOUT_MS), &v))
		gt_limits.exit_timeout_ns = (int64_t)v * GT_NS_PER_MS;
}
