/*
 * The command's entry: sends the spans of processes that are gone, and ends.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/base/errors.h"
#include "exporter/forwarder.h"
#include "shim/shared/compiler.h"

#define EXPORT_POLL_NS (20 * GT_NS_PER_MS)

/* A person may be waiting for the command: a collector that cannot be reached gets no second attempt. */
static void drain(struct gt_sinks *sinks, const struct gt_recovery *r, struct gt_mono deadline)
{
	while (gt_sinks_are_busy(sinks) && gt_mono_now().ns < deadline.ns && !(r->must_stop && r->must_stop(r->ctx))) {
		gt_sinks_poll(sinks, EXPORT_POLL_NS);
		gt_sinks_give_up_failing(sinks);
	}
	gt_sinks_flush_by(sinks, gt_mono_now());
	gt_sinks_poll(sinks, 0); /* what is still queued stays in the spools */
}

/* Every member that this entry, or a thread of libcurl, reaches in the host. */
static bool is_complete(const struct gt_exporter_host *host)
{
	return host->is_scarce && host->hold_forks && host->let_fork && host->begin_thread && host->end_thread &&
	       host->hold_lookup && host->let_lookup && host->env && host->env_raw && host->env_unknown && host->limits &&
	       host->executable;
}

GT_EXPORT int gentap_exporter_recover(const struct gt_exporter_host *host, struct gt_recovery *r)
{
	struct gt_spool_choice choice = { .run = r->run, .is_all = r->is_all, .max = UINT_MAX };
	struct gt_mono deadline = { gt_mono_now().ns + r->timeout_ns };
	struct gt_forwarder forwarder = { .until = deadline, .must_stop = r->must_stop, .ctx = r->ctx };
	const struct gt_sink *first;
	struct gt_setup *setup;

	if (host->abi != GT_EXPORTER_ABI || !is_complete(host))
		return GT_EUNSUPPORTED;
	choice.env = host->env_raw;
	if (!gt_spool_folder_has_any(&choice))
		return 0;
	setup = calloc(1, sizeof(*setup));
	if (setup)
		setup->is_quiet = !r->is_all;
	if (!setup || gt_setup_make(setup, host) != 0) {
		if (setup)
			gt_setup_free(setup);
		free(setup);
		return GT_ENOMEM;
	}
	forwarder.setup = setup;
	gt_forwarder_send(&forwarder, &choice);
	drain(&setup->sinks, r, deadline);
	r->processes += forwarder.processes;
	first = gt_sinks_first_of_spans(&setup->sinks);
	if (first) {
		r->sent += first->sent;
		r->left += first->left;
		r->dropped += first->dropped;
		r->unconfirmed += first->unconfirmed;
		memcpy(r->problem, first->problem, sizeof(r->problem));
	}
	gt_setup_free(setup);
	free(setup);
	return 0;
}
