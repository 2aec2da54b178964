#include "exporter/pipeline.h"

#include "exporter/base/errors.h"
#include "exporter/genai.h"
#include "exporter/otlp/otlp_events.h"

/* So many events are read at a time, or fewer when a batch is full. Between two times the sinks send. */
#define SLICE 2048

/* ---------------------------------------------------------------- from events to spans */

static void finish(struct gt_pipeline *p, struct gt_call *call)
{
	struct gt_run_context *run = &p->setup->run;
	struct gt_span *span = gt_genai_finish(run, call);

	gt_call_free(call);
	if (!span)
		return;
	if (gt_span_get_str(span, GT_ATTR_GENTAP_INCOMPLETE).len)
		p->setup->host->count(GT_STAT_INCOMPLETE, 1);
	gt_metric_reader_record(&p->metrics, span, gt_mono_now());
	if (!(span->context.flags & GT_TRACE_SAMPLED)) {
		/* the sampler decides about spans; an event is exported for every call */
		if (run->has_events && gt_otlp_events_of(span, 1))
			gt_batch_add(&p->batch, span, gt_mono_now());
		else
			gt_span_free(span);
		return;
	}
	p->spans++;
	gt_kept_spans_add(&p->kept, span);
	gt_batch_add(&p->batch, span, gt_mono_now());
}

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	struct gt_pipeline *p = ctx;
	struct gt_call *answered;

	gt_genai_document(&p->setup->run, call, event, data);
	answered = gt_awaited_answer(&p->awaited, &p->setup->run, call, event, data);
	if (answered)
		finish(p, answered);
}

static void on_done(void *ctx, struct gt_call *call)
{
	struct gt_pipeline *p = ctx;

	if (!gt_awaited_keep(&p->awaited, call))
		finish(p, call);
}

void gt_pipeline_fetch(struct gt_pipeline *p)
{
	struct gt_event *e = p->setup->host->take();

	if (!e)
		return;
	if (p->todo)
		p->last->next = e;
	else
		p->todo = e;
	while (e->next)
		e = e->next;
	p->last = e;
}

void gt_pipeline_take(struct gt_pipeline *p)
{
	const struct gt_event_owner owner = { p->setup->host->keep, p->setup->host->give_back };
	struct gt_event *e;

	gt_pipeline_fetch(p);
	if (p->todo)
		p->last_event = gt_mono_now();
	for (unsigned n = 0; n < SLICE && !gt_batch_is_full(&p->batch) && (e = p->todo); n++) {
		p->todo = e->next;
		gt_assemble_take(p->assemble, e, &owner);
	}
}

void gt_pipeline_expire(struct gt_pipeline *p)
{
	struct gt_call *c;

	while ((c = gt_awaited_expired(&p->awaited, gt_mono_now())))
		finish(p, c);
}

void gt_pipeline_end(struct gt_pipeline *p)
{
	struct gt_call *c;

	gt_assemble_end_all(p->assemble, gt_mono_now());
	while ((c = gt_awaited_any(&p->awaited)))
		finish(p, c);
}

/* ---------------------------------------------------------------- from spans to sinks */

static void write_events(struct gt_pipeline *p, struct gt_batch_view view)
{
	view.n = p->setup->run.has_events ? gt_otlp_events_of(view.first, view.n) : 0;
	if (view.n)
		gt_sinks_write(&p->setup->sinks, GT_LOGS, &view);
}

static void free_spans(struct gt_span *s)
{
	for (struct gt_span *next; s; s = next) {
		next = s->next;
		gt_span_free(s);
	}
}

/* Divides a list into spans that are exported, and those of which only the events are. */
static uint32_t divide(struct gt_span *s, struct gt_span **sampled, struct gt_span **others)
{
	uint32_t n = 0;

	for (struct gt_span *next; s; s = next) {
		next = s->next;
		s->next = NULL;
		if (s->context.flags & GT_TRACE_SAMPLED) {
			*sampled = s;
			sampled = &s->next;
			n++;
		} else {
			*others = s;
			others = &s->next;
		}
	}
	return n;
}

void gt_pipeline_write_spans(struct gt_pipeline *p)
{
	struct gt_setup *setup = p->setup;
	struct gt_batch_view view = { .resource = &setup->resource, .naming = &setup->config.naming };
	struct gt_span *sampled = NULL, *others = NULL;
	uint32_t n, all;

	n = divide(gt_batch_take(&p->batch, &all), &sampled, &others);
	view.first = sampled;
	view.n = n;
	if (n) {
		view.hold = gt_kept_spans_hold(&p->kept, n);
		gt_sinks_write(&setup->sinks, GT_TRACES, &view);
		gt_hold_unref(view.hold);
		view.hold = NULL;
		write_events(p, view);
	}
	view.first = others;
	view.n = all - n;
	write_events(p, view);
	if (all)
		setup->run.has_events = gt_sinks_want(&setup->sinks, GT_LOGS);
	free_spans(sampled);
	free_spans(others);
}

void gt_pipeline_write_metrics(struct gt_pipeline *p)
{
	struct gt_setup *setup = p->setup;
	struct gt_metrics_view metrics = gt_metrics_collect(p->metrics.metrics, gt_wall_now().unix_ns);
	struct gt_batch_view view = {
		.metrics = &metrics, .n = metrics.points, .resource = &setup->resource, .naming = &setup->config.naming
	};

	gt_sinks_write(&setup->sinks, GT_METRICS, &view);
	gt_metric_reader_reported(&p->metrics, &metrics, gt_mono_now());
	if (gt_sinks_want(&setup->sinks, GT_METRICS))
		return;
	gt_metric_reader_close(&p->metrics);
	setup->run.is_measured = false;
}

/* ---------------------------------------------------------------- what waits in it */

bool gt_pipeline_is_empty(const struct gt_pipeline *p)
{
	return !p->todo && !p->batch.n && !p->awaited.n && gt_metric_reader_due_in(&p->metrics, gt_mono_now()) < 0 &&
	       !gt_assemble_open(p->assemble);
}

bool gt_pipeline_is_quiet(const struct gt_pipeline *p)
{
	return gt_mono_now().ns - p->last_event.ns >= GT_PIPELINE_QUIET_NS;
}

bool gt_pipeline_is_lively(const struct gt_pipeline *p)
{
	return gt_assemble_open(p->assemble) > 0 && !gt_pipeline_is_quiet(p);
}

int64_t gt_pipeline_due_in(const struct gt_pipeline *p, struct gt_mono now)
{
	int64_t due = gt_wait_shorter(gt_batch_due_in(&p->batch, now), gt_metric_reader_due_in(&p->metrics, now));

	return gt_wait_shorter(due, gt_awaited_due_in(&p->awaited, now));
}

uint64_t gt_pipeline_undelivered(const struct gt_pipeline *p)
{
	uint64_t n = p->kept.undelivered;

	for (const struct gt_event *e = p->todo; e; e = e->next)
		n += e->type == GT_EVENT_BEGIN;
	return n;
}

/* ---------------------------------------------------------------- life */

int gt_pipeline_open(struct gt_pipeline *p, struct gt_setup *setup)
{
	const struct gt_config *config = &setup->config;

	p->setup = setup;
	p->last_event = gt_mono_now();
	gt_kept_spans_init(&p->kept, setup->host);
	gt_batch_init(&p->batch, config->batch_max, config->schedule_delay_ns);
	p->assemble = gt_assemble_new(config->body_max, on_document, on_done, p);
	if (!p->assemble)
		return GT_ENOMEM;
	gt_assemble_bound(p->assemble, setup->host->limits->memory_max);
	if (gt_sinks_want(&setup->sinks, GT_METRICS))
		gt_metric_reader_open(&p->metrics, &config->signals.metrics_form, &config->naming,
				      config->signals.metric_interval_ns, gt_wall_now());
	setup->run.is_measured = p->metrics.metrics != NULL;
	setup->run.has_events = gt_sinks_want(&setup->sinks, GT_LOGS);
	return 0;
}

void gt_pipeline_close(struct gt_pipeline *p)
{
	gt_assemble_free(p->assemble);
	gt_batch_free(&p->batch);
	gt_metric_reader_close(&p->metrics);
}
