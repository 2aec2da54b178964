#include "linear.h"

#include "test.h"

#include "exporter/base/steps.h"

#define FIXED 2000 /* steps that do not depend on the size */

static uint64_t steps_of(gt_linear_fn *run, void *ctx, size_t n)
{
	uint64_t before = gt_steps;

	run(ctx, n);
	return gt_steps - before;
}

void gt_assert_linear(const char *what, gt_linear_fn *run, void *ctx, size_t n, unsigned most)
{
	uint64_t once = steps_of(run, ctx, n), twice = steps_of(run, ctx, 2 * n), four = steps_of(run, ctx, 4 * n);

	if (once < n / 2)
		fail_msg("%s: %llu steps for %zu, so the work is not counted", what, (unsigned long long)once, n);
	if (twice * 10 > once * 23 + FIXED || four * 10 > twice * 23 + FIXED)
		fail_msg("%s: %llu, %llu, %llu steps for n, 2n, 4n", what, (unsigned long long)once, (unsigned long long)twice,
			 (unsigned long long)four);
	if (four > (uint64_t)most * 4 * n + FIXED)
		fail_msg("%s: %llu steps for %zu", what, (unsigned long long)four, 4 * n);
}
