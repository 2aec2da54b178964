/*
 * The exporter: one loop on one thread. What is between an event and a sink is in pipeline.h.
 *
 * All state is in one struct that is made when the loop first starts. The loop returns when it has nothing to do, and
 * the thread ends; the next thread goes on with the struct. A forked child makes another.
 */
#include <stdlib.h>

#include "exporter/base/errors.h"
#include "exporter/base/reserve.h"
#include "exporter/forwarder.h"
#include "exporter/pipeline.h"
#include "exporter/resource/resource_record.h"
#include "exporter/setup.h"
#include "shim/shared/compiler.h"
#include "shim/shared/exporter_host.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/spool_head.h"

#define RECOVERY_NS (2 * GT_NS_PER_S) /* how long the spans of others may keep this process's own waiting */

/* While exchanges are open, the thread polls the hand-off this often, so that arriving events need no system call. */
#define POLL_NS (20 * GT_NS_PER_MS)
/* While an export is under way, the thread waits on its socket instead of the hand-off, at most this long. */
#define EXPORT_POLL_NS (20 * GT_NS_PER_MS)
/* The same while the process waits for this thread's end. */
#define HURRY_POLL_NS (2 * GT_NS_PER_MS)

/* At the exit, this much time is kept for logging losses, but at most a tenth of what is left. */
#define REPORTING_NS (25 * GT_NS_PER_MS)

/* What the end of the process reports: of its own spans, not of those that it forwards. */
struct counts {
	uint64_t spans, sent, dropped, unconfirmed;
};

struct exporter {
	const struct gt_exporter_host *host;
	struct gt_setup setup;
	struct gt_pipeline pipeline;
	struct gt_forwarder forwarder;
	struct counts published;
};

/* ---------------------------------------------------------------- what the process sees of it */

/* Counts for the end of the process. As soon as they are known: this thread may not live to see the end of a flush. */
static void publish(struct exporter *x)
{
	const struct gt_sink *first = gt_sinks_first_of_spans(&x->setup.sinks);
	struct counts now;

	if (!first)
		return;
	now = (struct counts){
		.spans = x->pipeline.spans,
		.sent = first->sent - first->of_others.sent,
		.dropped = first->dropped - first->of_others.dropped,
		.unconfirmed = first->unconfirmed - first->of_others.unconfirmed,
	};
	if (memcmp(&now, &x->published, sizeof(now)) == 0)
		return;
	if (now.dropped && first->problem[0])
		x->host->note_problem(first->problem);
	x->host->count(GT_STAT_SPANS, now.spans - x->published.spans);
	x->host->count(GT_STAT_SENT, now.sent - x->published.sent);
	x->host->count(GT_STAT_DROPPED, now.dropped - x->published.dropped);
	x->host->count(GT_STAT_UNCONFIRMED, now.unconfirmed - x->published.unconfirmed);
	x->published = now;
}

static bool is_busy(const struct exporter *x)
{
	return !gt_pipeline_is_empty(&x->pipeline) || gt_sinks_are_busy(&x->setup.sinks);
}

/* ---------------------------------------------------------------- the flush */

/* The application continues at the deadline, and then this thread may not run again. So losses must be logged
 * before. */
static struct gt_mono last_moment(struct gt_mono deadline)
{
	int64_t margin = (deadline.ns - gt_mono_now().ns) / 10;

	return (struct gt_mono){ deadline.ns - (margin < REPORTING_NS ? margin : REPORTING_NS) };
}

/* `to`: NULL without a destination of spans */
static void report_undelivered(uint64_t n, const struct gt_sink *to)
{
	gt_log(GT_LOG_EXPORTER, GT_LOG_WARN,
	       "the collector did not take %llu span%s (%s); `gentap flush` or the next process sends %s",
	       (unsigned long long)n, n == 1 ? "" : "s", to && to->problem[0] ? to->problem : "no time",
	       n == 1 ? "it" : "them");
}

/* Takes and sends until nothing is left to take. */
static void flush_events(struct exporter *x, struct gt_mono deadline)
{
	/* without a spool nothing is sent later: what does not fit the queue is counted now */
	bool has_spool = x->host->spool_head() != NULL;

	do {
		bool may = !has_spool || gt_setup_has_room(&x->setup);

		gt_pipeline_fetch(&x->pipeline); /* also what may not be read yet: it is not to be forgotten */
		if (may)
			gt_pipeline_take(&x->pipeline);
		if (gt_batch_is_due(&x->pipeline.batch, gt_mono_now()) && may)
			gt_pipeline_write_spans(&x->pipeline);
		gt_sinks_poll(&x->setup.sinks, may ? 0 : EXPORT_POLL_NS);
	} while (x->pipeline.todo && gt_mono_now().ns < deadline.ns);
}

static void drain_sinks(struct exporter *x, struct gt_mono deadline, int64_t poll_ns)
{
	publish(x);
	while (gt_sinks_are_busy(&x->setup.sinks) && gt_mono_now().ns < deadline.ns) {
		gt_sinks_poll(&x->setup.sinks, poll_ns);
		publish(x);
	}
}

static void flush(struct exporter *x, struct gt_mono deadline, bool may_go_on)
{
	struct gt_pipeline *p = &x->pipeline;
	struct gt_sinks *sinks = &x->setup.sinks;

	deadline = last_moment(deadline);
	gt_sinks_flush_by(sinks, may_go_on ? GT_SINK_NEVER : deadline);
	flush_events(x, deadline);
	/* what is left stays in the spool as it is; without a spool it is counted as dropped */
	while (p->todo && !may_go_on && !x->host->spool_head()) {
		gt_pipeline_take(p);
		gt_pipeline_write_spans(p);
	}
	if (!p->todo && !may_go_on)
		gt_pipeline_end(p);
	gt_pipeline_write_spans(p);
	if (gt_metric_reader_due_in(&p->metrics, gt_mono_now()) >= 0)
		gt_pipeline_write_metrics(p);
	drain_sinks(x, deadline, EXPORT_POLL_NS);
	if (may_go_on)
		return;
	x->forwarder.must_stop = NULL; /* the flush has its deadline */
	gt_forwarder_look(&x->forwarder, deadline);
	drain_sinks(x, deadline, EXPORT_POLL_NS);
	gt_sinks_poll(sinks, 0); /* counts and logs what missed the deadline */
	publish(x);
	gt_sinks_flush_by(sinks, GT_SINK_NEVER); /* the process may have survived all the same: an exec that fails */
	if (!gt_pipeline_undelivered(p) && !p->todo)
		x->host->remove_spool();
	else if (!x->host->env(GT_ENV_GENTAP_RUN_TRACE_ID)) /* the launcher sends them, or says that it could not */
		report_undelivered(gt_pipeline_undelivered(p), gt_sinks_first_of_spans(sinks));
}

/* ---------------------------------------------------------------- the loop */

static void report_state(const struct exporter *x)
{
	bool busy = is_busy(x);

	x->host->set_settled(!busy && !gt_pipeline_undelivered(&x->pipeline));
	x->host->set_busy(busy);
}

/* No span is left to send. Open exchanges and measurements wait. */
static bool has_no_span(const struct exporter *x)
{
	return !x->pipeline.todo && !x->pipeline.batch.n && !gt_sinks_are_busy(&x->setup.sinks);
}

/* May this thread end? When the process is in a hurry, open exchanges and measurements wait for the next thread. */
static bool may_end(const struct exporter *x, bool is_hurried)
{
	return has_no_span(x) && (is_hurried || (gt_pipeline_is_quiet(&x->pipeline) && !is_busy(x))) &&
	       x->host->can_start_again();
}

/* Sends all spans at once, because the process waits for this thread's end. What takes longer is left to the loop. */
static void hurry(struct exporter *x, struct gt_mono deadline)
{
	gt_pipeline_take(&x->pipeline);
	if (gt_setup_has_room(&x->setup))
		gt_pipeline_write_spans(&x->pipeline);
	drain_sinks(x, deadline, HURRY_POLL_NS);
}

/* Gives up everything that needs this thread: connections. */
static void rest(struct exporter *x)
{
	gt_sinks_rest(&x->setup.sinks);
	publish(x);
	report_state(x);
}

/* The process waits for this thread, and the spans of others must not delay it. */
static bool is_wanted(void *ctx)
{
	const struct exporter *x = ctx;
	struct gt_mono deadline;
	bool may_go_on;

	return x->host->must_flush(&deadline, &may_go_on) || x->host->must_rest(&deadline);
}

static void look_for_spools(struct exporter *x)
{
	x->forwarder.must_stop = is_wanted;
	x->forwarder.ctx = x;
	gt_forwarder_look(&x->forwarder, (struct gt_mono){ gt_mono_now().ns + RECOVERY_NS });
}

/* Waits for the next thing to do: an event, a due batch, a collector's answer, or a retry. */
static void wait(struct exporter *x)
{
	struct gt_mono now = gt_mono_now();
	int64_t sinks_due = gt_sinks_due_in(&x->setup.sinks, now), due = sinks_due;
	bool has_room = gt_setup_has_room(&x->setup), may_take = x->pipeline.todo && has_room;

	if (sinks_due == 0) {
		gt_sinks_poll(&x->setup.sinks, may_take ? 0 : EXPORT_POLL_NS);
		return;
	}
	if (may_take)
		return;
	if (has_room) /* without room no batch is written, however long it has been due */
		due = gt_wait_shorter(due, gt_pipeline_due_in(&x->pipeline, now));
	report_state(x);
	if (gt_pipeline_is_lively(&x->pipeline))
		due = gt_wait_shorter(due, POLL_NS);
	if (has_no_span(x) && !gt_pipeline_is_quiet(&x->pipeline)) /* look again when it is quiet */
		due = gt_wait_shorter(due, GT_PIPELINE_QUIET_NS);
	x->host->wait(due);
}

/* Takes what has arrived, and writes what is due. */
static void step(struct exporter *x)
{
	struct gt_pipeline *p = &x->pipeline;

	if (gt_setup_has_room(&x->setup))
		gt_pipeline_take(p);
	gt_pipeline_expire(p);
	if (gt_batch_is_due(&p->batch, gt_mono_now()) && gt_setup_has_room(&x->setup))
		gt_pipeline_write_spans(p);
	if (gt_metric_reader_is_due(&p->metrics, gt_mono_now(), gt_pipeline_is_quiet(p)))
		gt_pipeline_write_metrics(p);
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
		step(x);
		if (may_end(x, is_hurried))
			return;
		if (!x->pipeline.batch.n)
			look_for_spools(x);
		publish(x);
		if (gt_sinks_are_busy(&x->setup.sinks))
			x->host->set_busy(true);
		wait(x);
	}
}

/* ---------------------------------------------------------------- life */

/* The preload, which makes the spool, does not judge settings. */
static void warn_without_spool(const struct exporter *x)
{
	const char *chosen = x->host->env_raw(GT_ENV_GENTAP_SPOOL);
	struct gt_str text = gt_str_of(chosen ? chosen : "");

	if (!text.len || gt_str_ieq(text, GT_STR("on")) || gt_str_ieq(text, GT_STR("off")) || gt_log_is_silenced())
		return;
	if (text.p[0] == '/')
		gt_log_line(GT_LOG_CONFIG, GT_LOG_WARN,
			    "GENTAP_SPOOL: no spool can be made in \"%s\"; a kill loses what was not sent", chosen);
	else
		gt_log_line(GT_LOG_CONFIG, GT_LOG_WARN,
			    "GENTAP_SPOOL: \"%s\" is neither on, off nor an absolute path; off is used", chosen);
}

/* Tells a process that reads this process's spool what it was. */
static void describe(struct exporter *x)
{
	struct gt_spool_head *h = x->host->spool_head();

	if (!h)
		warn_without_spool(x);
	else
		h->resource_len = (uint32_t)gt_resource_record_write(h->resource, sizeof(h->resource), &x->setup.resource);
}

/* Gives an exporter, or NULL. */
static struct exporter *make(const struct gt_exporter_host *host)
{
	struct exporter *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->host = host;
	x->forwarder.setup = &x->setup;
	if (gt_setup_make(&x->setup, host) == 0 && gt_pipeline_open(&x->pipeline, &x->setup) == 0)
		return x;
	gt_pipeline_close(&x->pipeline);
	gt_setup_free(&x->setup);
	free(x);
	return NULL;
}

/* What an earlier thread of this process has left. A forked child's is the parent's, and stays where it is. */
static struct exporter *resting;
static int resting_process;

static struct exporter *begin(const struct gt_exporter_host *host)
{
	struct exporter *x = resting_process == gt_gate_process() ? resting : NULL;

	if (x) {
		x->pipeline.last_event = gt_mono_now();
		return x;
	}
	x = make(host);
	if (!x)
		return NULL;
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
