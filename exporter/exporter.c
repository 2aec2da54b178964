/*
 * The exporter: one loop on one thread.
 *
 *	events -> assemble -> (documents -> genai) -> genai -> batch -> sinks
 *	                                                     \-> metrics -> sinks
 *
 * All state is in one struct that is made when the loop first starts. The loop returns when it has nothing to do, and
 * the thread ends; the next thread goes on with the struct. A forked child makes another.
 */
#include "shim/shared/exporter_host.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "exporter/awaited.h"
#include "exporter/base/errors.h"
#include "exporter/base/reserve.h"
#include "exporter/config/config.h"
#include "exporter/cost/price_list.h"
#include "exporter/exchange/assemble.h"
#include "exporter/genai.h"
#include "exporter/mcp/mcp_memory.h"
#include "exporter/metrics/metrics.h"
#include "exporter/otlp/otlp_events.h"
#include "exporter/recover.h"
#include "exporter/resource/process_facts.h"
#include "exporter/resource/resource.h"
#include "exporter/resource/resource_record.h"
#include "exporter/sinks/sink.h"
#include "exporter/span/batch.h"
#include "exporter/span/ledger.h"
#include "exporter/spool/kept_spans.h"
#include "exporter/spool/spool_folder.h"
#include "exporter/transfer/ca_file.h"
#include "exporter/transfer/no_fork.h"
#include "exporter/transfer/own_calls.h"
#include "exporter/transfer/own_threads.h"
#include "shim/shared/compiler.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"

#define RECOVERY_NS (2 * GT_NS_PER_S)	 /* how long the spans of others may keep this process's own waiting */
#define DYING_NS    (100 * GT_NS_PER_MS) /* how long the launcher waits for processes of its run that are about to end */
#define DYING_LOOKS 10
#define SPOOLS_MAX  16 /* of other processes; a process sends at most so many */
#define SINKS_MAX   8  /* one for each destination of a signal: 4 for spans, 2 each for metrics and events */

/* While exchanges are open, the thread polls the hand-off this often, so that arriving events need no system call. */
#define POLL_NS (20 * GT_NS_PER_MS)
/* After this long without an event, the thread sleeps until an event wakes it, or ends when nothing is left to do. */
#define QUIET_NS GT_NS_PER_S
/* So many events are read at a time, or fewer when a batch is full. Between two times the sinks send. */
#define SLICE 2048
/* While an export is under way, the thread waits on its socket instead of the hand-off, at most this long. */
#define EXPORT_POLL_NS (20 * GT_NS_PER_MS)
/* The same while the process waits for this thread's end. */
#define HURRY_POLL_NS (2 * GT_NS_PER_MS)

/* At the exit, this much time is kept for logging losses, but at most a tenth of what is left. */
#define REPORTING_NS (25 * GT_NS_PER_MS)

/* What the end of the process reports. */
struct counts {
	uint64_t spans, sent, dropped, unconfirmed;
};

struct exporter {
	const struct gt_exporter_host *host;
	struct gt_config config;
	struct gt_config_source source;
	struct gt_resource resource;
	struct gt_price_lists prices;
	struct gt_assemble *assemble;
	struct gt_awaited awaited;
	struct gt_batch batch;
	struct gt_sink *sinks[SINKS_MAX];
	unsigned n_sinks;
	struct gt_run_context run;   /* lent to every call */
	struct gt_metrics *metrics;  /* NULL: not wanted */
	struct gt_mono metrics_due;  /* valid while there are new measurements */
	bool metrics_wait_for_quiet; /* the last export is long ago: the next need not wait until it is due */
	struct gt_mono last_event;
	struct gt_kept_spans kept;
	bool has_looked; /* for spools of processes that are gone */
	struct gt_recovery recovery;
	struct gt_event *todo; /* taken from the hand-off, and not read yet */
	uint64_t spans;
	struct counts published;
};

/* ---------------------------------------------------------------- from events to batches */

/* True while a sink accepts that signal. */
static bool is_wanted(const struct exporter *x, enum gt_signal signal)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->signal == signal && !x->sinks[i]->is_off)
			return true;
	return false;
}

/* The first destination of spans; NULL: none. It is the collector where there is one. */
static const struct gt_sink *first_span_sink(const struct exporter *x)
{
	return x->n_sinks && x->sinks[0]->signal == GT_TRACES ? x->sinks[0] : NULL;
}

static void measure(struct exporter *x, const struct gt_span *span)
{
	int64_t next = gt_mono_now().ns + x->config.signals.metric_interval_ns;

	/* due an interval after the last export; when that is long ago, when the events have ceased, but an interval
	 * after the first new measurement at the latest */
	if (!gt_metrics_have_news(x->metrics) && x->metrics_due.ns < gt_mono_now().ns) {
		x->metrics_due.ns = next;
		x->metrics_wait_for_quiet = true;
	}
	gt_metrics_record(x->metrics, span);
}

static void finish(struct exporter *x, struct gt_call *call)
{
	struct gt_span *span = gt_genai_finish(&x->run, call);

	gt_call_free(call);
	if (!span)
		return;
	if (x->metrics)
		measure(x, span);
	if (!(span->context.flags & GT_TRACE_SAMPLED)) {
		/* the sampler decides about spans; an event is exported for every call */
		if (x->run.has_events && gt_otlp_events_of(span, 1))
			gt_batch_add(&x->batch, span, gt_mono_now());
		else
			gt_span_free(span);
		return;
	}
	x->spans++;
	gt_kept_spans_add(&x->kept, span);
	gt_batch_add(&x->batch, span, gt_mono_now());
}

static void on_document(void *ctx, struct gt_call *call, struct gt_str event, struct gt_str data)
{
	struct exporter *x = ctx;
	struct gt_call *answered;

	gt_genai_document(&x->run, call, event, data);
	answered = gt_awaited_answer(&x->awaited, &x->run, call, event, data);
	if (answered)
		finish(x, answered);
}

static void on_done(void *ctx, struct gt_call *call)
{
	struct exporter *x = ctx;

	if (!gt_awaited_keep(&x->awaited, call))
		finish(x, call);
}

static void finish_expired(struct exporter *x)
{
	struct gt_call *c;

	while ((c = gt_awaited_expired(&x->awaited, gt_mono_now())))
		finish(x, c);
}

static void finish_awaited(struct exporter *x)
{
	struct gt_call *c;

	while ((c = gt_awaited_any(&x->awaited)))
		finish(x, c);
}

static void take_events(struct exporter *x)
{
	const struct gt_event_owner owner = { x->host->keep, x->host->give_back };
	struct gt_event *e;

	if (!x->todo)
		x->todo = x->host->take();
	if (x->todo)
		x->last_event = gt_mono_now();
	for (unsigned n = 0; n < SLICE && x->batch.n < x->batch.max && (e = x->todo); n++) {
		x->todo = e->next;
		gt_assemble_take(x->assemble, e, &owner);
	}
}

static void write_to_sinks(struct exporter *x, enum gt_signal signal, const struct gt_batch_view *view)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->signal == signal)
			x->sinks[i]->ops->write(x->sinks[i], view);
}

static void write_metrics(struct exporter *x)
{
	struct gt_metrics_view metrics = gt_metrics_collect(x->metrics, gt_wall_now().unix_ns);
	struct gt_batch_view view = {
		.metrics = &metrics, .n = metrics.points, .resource = &x->resource, .naming = &x->config.naming
	};

	write_to_sinks(x, GT_METRICS, &view);
	gt_metrics_reported(x->metrics, &metrics);
	x->metrics_due.ns = gt_mono_now().ns + x->config.signals.metric_interval_ns;
	x->metrics_wait_for_quiet = false;
	if (is_wanted(x, GT_METRICS))
		return;
	gt_metrics_free(x->metrics);
	x->metrics = NULL;
	x->run.is_measured = false;
}

/* -1: nothing to export. */
static int64_t metrics_due_in(const struct exporter *x, struct gt_mono now)
{
	if (!x->metrics || !gt_metrics_have_news(x->metrics))
		return -1;
	return x->metrics_due.ns > now.ns ? x->metrics_due.ns - now.ns : 0;
}

/* While the collector takes spans as fast as it can, events wait in the hand-off rather than spans being dropped. That
 * must not cost events. */
static bool may_take(const struct exporter *x)
{
	if (x->host->is_scarce())
		return true;
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->has_room && !x->sinks[i]->ops->has_room(x->sinks[i]))
			return false;
	return true;
}

static void write_events(struct exporter *x, struct gt_batch_view view)
{
	view.n = x->run.has_events ? gt_otlp_events_of(view.first, view.n) : 0;
	if (view.n)
		write_to_sinks(x, GT_LOGS, &view);
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

static void write_batch(struct exporter *x)
{
	struct gt_batch_view view = { .resource = &x->resource, .naming = &x->config.naming };
	struct gt_span *sampled = NULL, *others = NULL;
	uint32_t n, all;

	n = divide(gt_batch_take(&x->batch, &all), &sampled, &others);
	view.first = sampled;
	view.n = n;
	if (n) {
		view.hold = gt_kept_spans_hold(&x->kept, n);
		write_to_sinks(x, GT_TRACES, &view);
		gt_hold_unref(view.hold);
		view.hold = NULL;
		write_events(x, view);
	}
	view.first = others;
	view.n = all - n;
	write_events(x, view);
	if (all)
		x->run.has_events = is_wanted(x, GT_LOGS);
	free_spans(sampled);
	free_spans(others);
}

/* ---------------------------------------------------------------- sinks */

/* The shorter of two waits, where -1 means forever. */
static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static bool sinks_are_busy(const struct exporter *x)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->is_busy && x->sinks[i]->ops->is_busy(x->sinks[i]))
			return true;
	return false;
}

/* -1: no sink needs a poll. */
static int64_t sinks_due_in(const struct exporter *x, struct gt_mono now)
{
	int64_t due = -1;

	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->due_in)
			due = sooner(due, x->sinks[i]->ops->due_in(x->sinks[i], now));
	return due;
}

/* Waits only in the sinks that are due first. */
static void poll_sinks(struct exporter *x, int64_t wait_ns)
{
	struct gt_mono now = gt_mono_now();
	int64_t due = sinks_due_in(x, now);

	for (unsigned i = 0; i < x->n_sinks; i++) {
		struct gt_sink *s = x->sinks[i];

		if (s->ops->poll)
			s->ops->poll(s, s->ops->due_in(s, now) <= due ? wait_ns : 0);
	}
}

static void add_sink(struct exporter *x, struct gt_sink *sink)
{
	if (sink && x->n_sinks < SINKS_MAX)
		x->sinks[x->n_sinks++] = sink;
}

static void open_sinks(struct exporter *x)
{
	if (x->config.to_otlp)
		add_sink(x, gt_sink_http_open(&x->config, GT_TRACES));
	if (x->config.to_file)
		add_sink(x, gt_sink_file_open(x->config.file));
	if (x->config.run_file)
		add_sink(x, gt_sink_run_file_open(x->config.run_file, x->host->env(GT_ENV_GENTAP_RUN_FILE_MARK)));
	if (x->config.to_console)
		add_sink(x, gt_sink_console_open(GT_TRACES));
	if (x->config.signals.metrics.to_otlp)
		add_sink(x, gt_sink_http_open(&x->config, GT_METRICS));
	if (x->config.signals.metrics.to_console)
		add_sink(x, gt_sink_console_open(GT_METRICS));
	if (x->config.signals.logs.to_otlp)
		add_sink(x, gt_sink_http_open(&x->config, GT_LOGS));
	if (x->config.signals.logs.to_console)
		add_sink(x, gt_sink_console_open(GT_LOGS));
}

/* ---------------------------------------------------------------- start */

static const char *get(void *ctx, enum gt_env which)
{
	return ((struct exporter *)ctx)->host->env(which);
}

static const char *raw(void *ctx, enum gt_env which)
{
	return ((struct exporter *)ctx)->host->env_raw(which);
}

/* The user must see a wrong setting even when logging was not asked for, but not when it was explicitly switched
 * off. */
static void warn(void *ctx, const char *message)
{
	(void)ctx;
	if (!gt_log_is_silenced())
		gt_log_line(GT_LOG_CONFIG, GT_LOG_WARN, "%s", message);
}

static bool start(struct exporter *x, const struct gt_exporter_host *host)
{
	const char *log = host->env(GT_ENV_GENTAP_LOG);
	struct gt_process_facts facts;
	int ret;

	x->source = (struct gt_config_source){
		.get = get,
		.raw = raw,
		.warn = warn,
		.is_readable = gt_file_is_readable,
		.unknown = host->env_unknown(),
		.body_max = host->limits->body_max,
		.pid = gt_gate_process(),
		.ctx = x,
	};
	x->host = host;
	gt_no_fork_init(host);
	gt_own_threads_init(host);
	gt_own_calls_init(host);
	gt_stderr_set_open(host->open_stderr);
	gt_ident_after_fork(); /* this library's copy may hold a parent process's key */
	gt_log_open(log ? log : host->env(GT_ENV_OTEL_LOG_LEVEL), host->env(GT_ENV_GENTAP_LOG_FILE));
	if (gt_config_read(&x->config, &x->source) != 0)
		return false;
	if (gt_price_lists_read(&x->prices, x->config.prices, warn, x) != 0)
		return false;
	gt_process_facts_collect(&facts, host->executable, host->argv);
	ret = gt_resource_make(&x->resource, &facts, &x->source);
	gt_process_facts_free(&facts);
	if (ret != 0)
		return false;
	gt_kept_spans_init(&x->kept, host);
	gt_batch_init(&x->batch, x->config.batch_max, x->config.schedule_delay_ns);
	x->assemble = gt_assemble_new(x->config.body_max, on_document, on_done, x);
	if (!x->assemble)
		return false;
	gt_assemble_bound(x->assemble, host->limits->memory_max);
	open_sinks(x);
	if (is_wanted(x, GT_METRICS)) /* NULL when out of memory: no metrics */
		x->metrics = gt_metrics_new(&x->config.signals.metrics_form, &x->config.naming, gt_wall_now().unix_ns);
	x->run = (struct gt_run_context){
		.limits = x->config.span_limits,
		.event_limits = x->config.event_limits,
		.prices = &x->prices,
		.capture = x->config.capture.to ? &x->config.capture : NULL,
		.redact = &x->config.capture.redact,
		.mcp = gt_mcp_memory_new(),
		.ledger = gt_ledger_new(),
		.is_measured = x->metrics != NULL,
		.has_events = is_wanted(x, GT_LOGS),
	};
	return true;
}

static void stop(struct exporter *x)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		x->sinks[i]->ops->close(x->sinks[i]);
	gt_assemble_free(x->assemble);
	gt_batch_free(&x->batch);
	gt_metrics_free(x->metrics);
	gt_mcp_memory_free(x->run.mcp);
	gt_ledger_free(x->run.ledger);
	gt_resource_free(&x->resource);
	gt_price_lists_free(&x->prices);
	gt_config_free(&x->config);
}

/* ---------------------------------------------------------------- spools */

/* Tells a process that reads this process's spool what it was. */
static void describe(struct exporter *x)
{
	struct gt_spool_head *h = x->host->spool_head();

	if (h)
		h->resource_len = (uint32_t)gt_resource_record_write(h->resource, sizeof(h->resource), &x->resource);
}

struct file_hold {
	struct gt_hold base;
	struct gt_spool_file *file; /* owned */
};

static void end_file(struct gt_hold *base)
{
	struct file_hold *h = (struct file_hold *)base;

	if (!base->is_undelivered)
		gt_spool_file_remove(h->file);
	gt_spool_file_close(h->file);
	free(h->file);
	free(h);
}

/* The spans of one process on their way to the sinks, a batch at a time. */
struct recovered {
	struct exporter *x;
	struct gt_resource resource;
	struct gt_hold *hold;
	struct gt_batch batch;
	uint64_t n;
	struct gt_mono until;
};

static void write_recovered(struct recovered *r)
{
	struct exporter *x = r->x;
	struct gt_batch_view view = { .resource = &r->resource, .naming = &x->config.naming, .hold = r->hold };

	view.first = gt_batch_take(&r->batch, &view.n);
	while (!may_take(x) && gt_mono_now().ns < r->until.ns)
		poll_sinks(x, EXPORT_POLL_NS);
	if (view.n)
		write_to_sinks(x, GT_TRACES, &view);
	for (const struct gt_span *s = view.first, *next; s; s = next) {
		next = s->next;
		gt_span_free((struct gt_span *)s);
	}
}

static void take_recovered(void *ctx, struct gt_span *span)
{
	struct recovered *r = ctx;

	r->n++;
	gt_batch_add(&r->batch, span, gt_mono_now());
	if (r->batch.n == r->batch.max)
		write_recovered(r);
}

static void recover(void *ctx, struct gt_spool_file *file)
{
	struct exporter *x = ctx;
	struct file_hold *h = malloc(sizeof(*h));
	struct recovered r = { .x = x, .until = { gt_mono_now().ns + x->recovery.timeout_ns } };

	if (!h) {
		gt_spool_file_close(file);
		free(file);
		return;
	}
	*h = (struct file_hold){ .base = { .refs = 1, .is_patient = true, .end = end_file }, .file = file };
	r.hold = &h->base;
	gt_batch_init(&r.batch, x->batch.max, 0);
	if (gt_recover_resource(&r.resource, file, &x->source) != 0 || gt_recover(file, &x->run, take_recovered, &r) != 0)
		gt_hold_leave(r.hold);
	write_recovered(&r);
	gt_log(GT_LOG_EXPORTER, GT_LOG_INFO, "process %u is gone: %llu span%s from its spool", file->head->pid,
	       (unsigned long long)r.n, r.n == 1 ? "" : "s");
	x->recovery.processes++;
	gt_hold_unref(r.hold);
	gt_resource_free(&r.resource);
}

/* The first spans of this process have arrived, so those of others may follow. Only once: a spool that cannot be sent
 * now is left to a later process. */
static void look_for_spools(struct exporter *x, int64_t timeout_ns)
{
	struct gt_spool_choice choice = { .env = x->host->env_raw, .max = SPOOLS_MAX };
	const struct gt_sink *spans = first_span_sink(x);

	if (x->has_looked || !spans || !spans->sent || gt_gate_missing(GT_SIDE_OWN, GT_NEED_SPOOL))
		return;
	x->has_looked = true;
	x->recovery.timeout_ns = timeout_ns;
	gt_spool_folder_visit(&choice, recover, x);
}

/* ---------------------------------------------------------------- the loop */

/* The application continues at the deadline, and then this thread may not run again. So losses must be logged
 * before. */
static struct gt_mono last_moment(struct gt_mono deadline)
{
	int64_t margin = (deadline.ns - gt_mono_now().ns) / 10;

	return (struct gt_mono){ deadline.ns - (margin < REPORTING_NS ? margin : REPORTING_NS) };
}

static void report_undelivered(const struct exporter *x)
{
	bool is_one = x->kept.undelivered == 1;

	gt_log(GT_LOG_EXPORTER, GT_LOG_WARN,
	       "the collector did not take %llu span%s in time; `gentap flush` or the next process sends %s",
	       (unsigned long long)x->kept.undelivered, is_one ? "" : "s", is_one ? "it" : "them");
}

/* The sinks stop at `deadline`, for good or until the next flush. */
static void stop_sinks_by(struct exporter *x, struct gt_mono deadline)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->flush_by)
			x->sinks[i]->ops->flush_by(x->sinks[i], deadline);
}

/* Counts for the end of the process, which this thread may not live to see. */
static void publish(struct exporter *x)
{
	const struct gt_sink *first = first_span_sink(x);
	struct counts now;

	if (!first)
		return;
	now = (struct counts){ x->spans, first->sent, first->dropped, first->unconfirmed };
	if (memcmp(&now, &x->published, sizeof(now)) == 0)
		return;
	x->host->count(GT_STAT_SPANS, now.spans - x->published.spans);
	x->host->count(GT_STAT_SENT, now.sent - x->published.sent);
	x->host->count(GT_STAT_DROPPED, now.dropped - x->published.dropped);
	x->host->count(GT_STAT_UNCONFIRMED, now.unconfirmed - x->published.unconfirmed);
	x->published = now;
}

static bool is_busy(const struct exporter *x)
{
	return x->todo || x->batch.n || x->awaited.n || sinks_are_busy(x) || metrics_due_in(x, gt_mono_now()) >= 0 ||
	       gt_assemble_open(x->assemble);
}

static void flush(struct exporter *x, struct gt_mono deadline, bool may_go_on)
{
	/* without a spool nothing is sent later: what does not fit the queue is counted now */
	bool has_spool = x->host->spool_head() != NULL;

	deadline = last_moment(deadline);
	do {
		bool may = !has_spool || may_take(x);

		if (!x->todo)
			x->todo = x->host->take(); /* also what may not be read yet: it is not to be forgotten */
		if (may)
			take_events(x);
		if (gt_batch_is_due(&x->batch, gt_mono_now()) && may)
			write_batch(x);
		poll_sinks(x, may ? 0 : EXPORT_POLL_NS);
	} while (x->todo && gt_mono_now().ns < deadline.ns);
	/* what is left stays in the spool as it is; without a spool it is counted as dropped */
	while (x->todo && !may_go_on && !x->host->spool_head()) {
		take_events(x);
		write_batch(x);
	}
	if (!x->todo && !may_go_on) {
		gt_assemble_end_all(x->assemble, gt_mono_now());
		finish_awaited(x);
	}
	write_batch(x);
	if (metrics_due_in(x, gt_mono_now()) >= 0)
		write_metrics(x);
	stop_sinks_by(x, may_go_on ? GT_SINK_NEVER : deadline);
	while (sinks_are_busy(x) && gt_mono_now().ns < deadline.ns)
		poll_sinks(x, EXPORT_POLL_NS);
	if (may_go_on)
		return;
	look_for_spools(x, deadline.ns - gt_mono_now().ns);
	while (sinks_are_busy(x) && gt_mono_now().ns < deadline.ns)
		poll_sinks(x, EXPORT_POLL_NS);
	poll_sinks(x, 0);		 /* counts and logs what missed the deadline */
	stop_sinks_by(x, GT_SINK_NEVER); /* the process may have survived all the same: an exec that fails */
	for (const struct gt_event *e = x->todo; e; e = e->next)
		x->kept.undelivered += e->type == GT_EVENT_BEGIN;
	if (!x->kept.undelivered && !x->todo)
		x->host->remove_spool();
	else if (!x->host->env(GT_ENV_GENTAP_RUN_TRACE_ID)) /* the launcher sends them, or says that it could not */
		report_undelivered(x);
}

static void report_state(const struct exporter *x)
{
	bool busy = is_busy(x);

	x->host->set_settled(!busy && !x->kept.undelivered);
	x->host->set_busy(busy);
}

/* No span is left to send. Open exchanges and measurements wait. */
static bool has_no_span(const struct exporter *x)
{
	return !x->todo && !x->batch.n && !sinks_are_busy(x);
}

static bool is_quiet(const struct exporter *x)
{
	return gt_mono_now().ns - x->last_event.ns >= QUIET_NS;
}

/* May this thread end? When the process is in a hurry, open exchanges and measurements wait for the next thread. */
static bool may_end(const struct exporter *x, bool is_hurried)
{
	return has_no_span(x) && (is_hurried || (is_quiet(x) && !is_busy(x))) && x->host->can_start_again();
}

/* Sends all spans at once, because the process waits for this thread's end. What takes longer is left to the loop. */
static void hurry(struct exporter *x, struct gt_mono deadline)
{
	take_events(x);
	if (may_take(x))
		write_batch(x);
	while (sinks_are_busy(x) && gt_mono_now().ns < deadline.ns)
		poll_sinks(x, HURRY_POLL_NS);
}

/* Gives up everything that needs this thread: connections. */
static void rest(struct exporter *x)
{
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->rest)
			x->sinks[i]->ops->rest(x->sinks[i]);
	publish(x);
	report_state(x);
}

/* Waits for the next thing to do: an event, a due batch, a collector's answer, or a retry. */
static void wait(struct exporter *x)
{
	struct gt_mono now = gt_mono_now();
	int64_t due = sooner(gt_batch_due_in(&x->batch, now), metrics_due_in(x, now));
	int64_t sinks_due = sinks_due_in(x, now);
	bool is_lively = gt_assemble_open(x->assemble) > 0 && now.ns - x->last_event.ns < QUIET_NS;

	if (sinks_due == 0) {
		poll_sinks(x, x->todo && may_take(x) ? 0 : EXPORT_POLL_NS);
		return;
	}
	if (x->todo)
		return;
	due = sooner(sooner(due, sinks_due), gt_awaited_due_in(&x->awaited, now));
	report_state(x);
	if (is_lively)
		due = sooner(due, POLL_NS);
	if (has_no_span(x) && !is_quiet(x)) /* look again when it is quiet */
		due = sooner(due, QUIET_NS);
	x->host->wait(due);
}

/* Runs until there is nothing to do for a while, or the process wants this thread to end. */
static void loop(struct exporter *x)
{
	struct gt_mono deadline;
	bool may_go_on, is_hurried;

	for (;;) {
		if (x->host->must_flush(&deadline, &may_go_on)) {
			flush(x, deadline, may_go_on);
			publish(x);
			x->host->drained(is_busy(x));
			continue;
		}
		is_hurried = x->host->must_rest(&deadline) && gt_mono_now().ns < deadline.ns;
		if (is_hurried)
			hurry(x, deadline);
		if (may_take(x))
			take_events(x);
		finish_expired(x);
		if (gt_batch_is_due(&x->batch, gt_mono_now()) && may_take(x))
			write_batch(x);
		if (metrics_due_in(x, gt_mono_now()) == 0 ||
		    (x->metrics_wait_for_quiet && is_quiet(x) && metrics_due_in(x, gt_mono_now()) > 0))
			write_metrics(x);
		if (may_end(x, is_hurried))
			return;
		if (!x->batch.n)
			look_for_spools(x, RECOVERY_NS);
		publish(x);
		if (sinks_are_busy(x))
			x->host->set_busy(true);
		wait(x);
	}
}

/* What an earlier thread of this process has left. A forked child's is the parent's, and stays where it is. */
static struct exporter *resting;
static int resting_process;

static struct exporter *begin(const struct gt_exporter_host *host)
{
	struct exporter *x = resting_process == gt_gate_process() ? resting : NULL;

	if (x) {
		x->last_event = gt_mono_now();
		return x;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	if (!start(x, host)) {
		stop(x);
		free(x);
		return NULL;
	}
	x->last_event = gt_mono_now();
	describe(x);
	resting = x;
	resting_process = gt_gate_process();
	return x;
}

GT_EXPORT int gentap_exporter_run(const struct gt_exporter_host *host)
{
	struct exporter *x;
	void *reserve;

	if (host->abi != GT_EXPORTER_ABI)
		return GT_EUNSUPPORTED;
	gt_gate_share(host->gate);
	x = begin(host);
	if (!x)
		return GT_ENOMEM;
	reserve = gt_reserve_make();
	loop(x);
	rest(x);
	gt_reserve_free(reserve);
	return 0;
}

/* A process that was killed just now may not have lost its mappings yet. */
static void visit_until_free(struct exporter *x, struct gt_spool_choice *choice)
{
	const struct timespec pause = { 0, DYING_NS / DYING_LOOKS };

	for (int i = 0; i < DYING_LOOKS; i++) {
		gt_spool_folder_visit(choice, recover, x);
		if (!choice->busy || !choice->run)
			return;
		nanosleep(&pause, NULL);
	}
}

/* A person may be waiting for the command: a collector that cannot be reached gets no second attempt. */
static void give_up_failing(struct exporter *x)
{
	for (unsigned i = 0; i < x->n_sinks; i++) {
		struct gt_sink *s = x->sinks[i];

		if (s->ops->is_failing && s->ops->is_failing(s))
			s->ops->flush_by(s, gt_mono_now());
	}
}

GT_EXPORT int gentap_exporter_recover(const struct gt_exporter_host *host, struct gt_recovery *r)
{
	struct gt_spool_choice choice = { .env = host->env_raw, .run = r->run, .max = UINT_MAX };
	struct gt_mono deadline = { gt_mono_now().ns + r->timeout_ns };
	struct exporter *x = calloc(1, sizeof(*x));

	if (!x || host->abi != GT_EXPORTER_ABI || !start(x, host)) {
		if (x)
			stop(x);
		free(x);
		return GT_ENOMEM;
	}
	x->recovery = *r;
	visit_until_free(x, &choice);
	while (sinks_are_busy(x) && gt_mono_now().ns < deadline.ns) {
		poll_sinks(x, EXPORT_POLL_NS);
		give_up_failing(x);
	}
	for (unsigned i = 0; i < x->n_sinks; i++)
		if (x->sinks[i]->ops->flush_by)
			x->sinks[i]->ops->flush_by(x->sinks[i], gt_mono_now());
	poll_sinks(x, 0); /* what is still queued stays in the spools */
	*r = x->recovery;
	for (unsigned i = 0; i < x->n_sinks; i++) {
		r->sent += x->sinks[i] == first_span_sink(x) ? x->sinks[i]->sent : 0;
		r->left += x->sinks[i]->left;
	}
	stop(x);
	free(x);
	return 0;
}
