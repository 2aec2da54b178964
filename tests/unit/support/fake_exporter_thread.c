#include "fake_exporter_thread.h"

#include "shim/exporter_thread.h"

_Atomic int gt_fake_wanted;

void gt_exporter_thread_want(void)
{
	gt_fake_wanted++;
}

bool gt_exporter_thread_is_busy(void)
{
	return false;
}

bool gt_exporter_thread_flush(bool may_start, bool may_go_on)
{
	(void)may_start;
	(void)may_go_on;
	return true;
}

bool gt_exporter_thread_flush_briefly(void)
{
	return true;
}

void gt_exporter_thread_go_on(void)
{
}
