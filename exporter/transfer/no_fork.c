#include "exporter/transfer/no_fork.h"

static const struct gt_exporter_host *lender;

void gt_no_fork_init(const struct gt_exporter_host *host)
{
	lender = host;
}

void gt_no_fork_begin(void)
{
	if (lender)
		lender->hold_forks();
}

void gt_no_fork_end(void)
{
	if (lender)
		lender->let_fork();
}
