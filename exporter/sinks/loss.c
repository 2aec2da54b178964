#include "exporter/sinks/loss.h"

#include <stdio.h>

#include "shim/shared/log.h"

static const char *const items[GT_SIGNALS] = { [GT_TRACES] = "span", [GT_METRICS] = "data point", [GT_LOGS] = "event" };

static bool is_of_another(const struct gt_hold *hold)
{
	return hold && hold->is_patient;
}

void gt_loss_note_problem(struct gt_sink *sink, const char *where, const char *why)
{
	if (!sink->problem[0])
		snprintf(sink->problem, sizeof(sink->problem), "%s: %s", where, why);
}

void gt_loss_note(struct gt_loss *l, struct gt_sink *sink, const struct gt_hold *hold, uint64_t n, const char *where,
		  const char *why)
{
	gt_loss_note_problem(sink, where, why);
	sink->dropped += n;
	if (is_of_another(hold))
		sink->of_others.dropped += n;
	if (!l->is_reported)
		gt_log(GT_LOG_SINK, GT_LOG_WARN, "%s: dropped %llu %s%s for %s: %s", sink->ops->name, (unsigned long long)n,
		       items[sink->signal], n == 1 ? "" : "s", where, why);
	l->is_reported = true;
}

void gt_loss_count_sent(struct gt_sink *sink, const struct gt_hold *hold, uint64_t n)
{
	sink->sent += n;
	if (is_of_another(hold))
		sink->of_others.sent += n;
}

void gt_loss_over(struct gt_loss *l, struct gt_sink *sink, const struct gt_hold *hold, uint64_t n)
{
	gt_loss_count_sent(sink, hold, n);
	l->is_reported = false;
}
