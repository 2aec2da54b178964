#include "exporter/sinks/sinks.h"

/* ---------------------------------------------------------------- which */

void gt_sinks_add(struct gt_sinks *s, struct gt_sink *sink)
{
	if (!sink)
		return;
	if (s->n < GT_SINKS_MAX)
		s->list[s->n++] = sink;
	else
		sink->ops->close(sink);
}

void gt_sinks_open(struct gt_sinks *s, const struct gt_config *config, const char *run_mark)
{
	if (config->to_otlp)
		gt_sinks_add(s, gt_sink_http_open(config, GT_TRACES));
	if (config->to_file)
		gt_sinks_add(s, gt_sink_file_open(config->file));
	if (config->run_file)
		gt_sinks_add(s, gt_sink_run_file_open(config->run_file, run_mark));
	if (config->to_console)
		gt_sinks_add(s, gt_sink_console_open(GT_TRACES));
	if (config->signals.metrics.to_otlp)
		gt_sinks_add(s, gt_sink_http_open(config, GT_METRICS));
	if (config->signals.metrics.to_console)
		gt_sinks_add(s, gt_sink_console_open(GT_METRICS));
	if (config->signals.logs.to_otlp)
		gt_sinks_add(s, gt_sink_http_open(config, GT_LOGS));
	if (config->signals.logs.to_console)
		gt_sinks_add(s, gt_sink_console_open(GT_LOGS));
}

bool gt_sinks_want(const struct gt_sinks *s, enum gt_signal signal)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->signal == signal && !s->list[i]->is_off)
			return true;
	return false;
}

const struct gt_sink *gt_sinks_first_of_spans(const struct gt_sinks *s)
{
	return s->n && s->list[0]->signal == GT_TRACES ? s->list[0] : NULL;
}

/* ---------------------------------------------------------------- while the exporter runs */

/* The first sink decides what stays in a spool: what it has must not come again because another sink has it not. */
void gt_sinks_write(struct gt_sinks *s, enum gt_signal signal, const struct gt_batch_view *view)
{
	struct gt_batch_view now = *view;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->list[i]->signal != signal)
			continue;
		s->list[i]->ops->write(s->list[i], &now);
		now.hold = NULL;
	}
}

void gt_sinks_forward(struct gt_sinks *s, const struct gt_batch_view *view, struct gt_sinks_reach reach)
{
	struct gt_batch_view now = *view;

	for (unsigned i = 0; i < s->n; i++) {
		struct gt_sink *sink = s->list[i];

		if (sink->signal != GT_TRACES || (i && reach.is_first_only) || (sink->is_of_run && reach.is_other_run))
			continue;
		sink->ops->write(sink, &now);
		now.hold = NULL;
	}
}

bool gt_sinks_have_room(const struct gt_sinks *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->ops->has_room && !s->list[i]->ops->has_room(s->list[i]))
			return false;
	return true;
}

bool gt_sinks_are_busy(const struct gt_sinks *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->ops->is_busy && s->list[i]->ops->is_busy(s->list[i]))
			return true;
	return false;
}

int64_t gt_sinks_due_in(const struct gt_sinks *s, struct gt_mono now)
{
	int64_t due = -1;

	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->ops->due_in)
			due = gt_wait_shorter(due, s->list[i]->ops->due_in(s->list[i], now));
	return due;
}

void gt_sinks_poll(struct gt_sinks *s, int64_t wait_ns)
{
	struct gt_mono now = gt_mono_now();
	int64_t due = gt_sinks_due_in(s, now);

	for (unsigned i = 0; i < s->n; i++) {
		struct gt_sink *sink = s->list[i];

		if (sink->ops->poll)
			sink->ops->poll(sink, sink->ops->due_in(sink, now) <= due ? wait_ns : 0);
	}
}

/* ---------------------------------------------------------------- at an end */

void gt_sinks_flush_by(struct gt_sinks *s, struct gt_mono deadline)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->ops->flush_by)
			s->list[i]->ops->flush_by(s->list[i], deadline);
}

void gt_sinks_give_up_failing(struct gt_sinks *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct gt_sink *sink = s->list[i];

		if (sink->ops->is_failing && sink->ops->is_failing(sink))
			sink->ops->flush_by(sink, gt_mono_now());
	}
}

void gt_sinks_rest(struct gt_sinks *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i]->ops->rest)
			s->list[i]->ops->rest(s->list[i]);
}

void gt_sinks_close(struct gt_sinks *s)
{
	for (unsigned i = 0; i < s->n; i++)
		s->list[i]->ops->close(s->list[i]);
	s->n = 0;
}
