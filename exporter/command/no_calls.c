#include "exporter/command/no_calls.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "exporter/command/blind.h"
#include "exporter/command/figure.h"

/* The server that got most of the requests that could be calls; NULL without such requests. */
static const struct gt_run_server *unknown_api(const struct gt_run_notes *notes)
{
	const struct gt_run_server *most = NULL;

	for (const struct gt_run_server *s = notes->servers; s < notes->servers + notes->n_servers; s++)
		if (s->kind == GT_RUN_REQUEST && (!most || s->n > most->n))
			most = s;
	return most;
}

/* Reports the first reason that holds. Reasons that exclude the whole run come before reasons that may have lost some
 * spans. */
static void reason(const struct gt_run *run, const struct gt_trace *t, char *out, size_t room)
{
	const struct gt_run_notes *notes = &t->notes;
	bool none_awake = !notes->awake && !run->is_mute, is_blind = gt_blind_is(t);
	const char *seen =
		is_blind ? "no LLM or MCP call seen, but gentap could not see everything" : "no LLM or MCP traffic seen";
	const struct gt_run_server *server;
	char name[GT_FIGURE_ROOM], host[96];

	if (run->sampled_out)
		snprintf(out, room, "no spans: %s excludes this run from sampling", run->sampled_out);
	else if (none_awake && run->chosen_by)
		snprintf(out, room, "no process of this run was traced: see %s", run->chosen_by);
	else if (none_awake && !WIFSIGNALED(run->status) && !is_blind)
		snprintf(out, room,
			 "no traffic seen; gentap was probably not loaded: the program is static or privileged, "
			 "or its environment has no LD_PRELOAD");
	else if (WIFSIGNALED(run->status))
		snprintf(out, room, "%s; %.*s may have cut off the last spans", seen,
			 GT_STR_ARG(gt_figure_signal(WTERMSIG(run->status), name)));
	else if (run->goes_on)
		snprintf(out, room, "%s; process %lld is still running, and its later calls are not shown", seen,
			 (long long)run->goes_on);
	else if (is_blind)
		snprintf(out, room, "%s:", seen);
	else if ((server = unknown_api(notes)))
		snprintf(out, room,
			 "%llu JSON request%s to %s seen, but to no API that gentap knows; if it is one, add %s=openai (or "
			 "another provider) to GENTAP_ENDPOINTS",
			 (unsigned long long)server->n, server->n == 1 ? "" : "s", gt_blind_server(server, host, sizeof(host)),
			 host);
	else if (notes->requests)
		snprintf(out, room, "no LLM or MCP call among the %llu HTTP request%s seen",
			 (unsigned long long)notes->requests, notes->requests == 1 ? "" : "s");
	else
		snprintf(out, room, "%s", seen);
}

void gt_no_calls_put(struct gt_picture *p, const struct gt_run *run, const struct gt_trace *t)
{
	char text[400];

	reason(run, t, text, sizeof(text));
	gt_picture_add(p, GT_DIM, GT_STR("gentap: "));
	gt_picture_put(p, GT_PLAIN, gt_str_of(text), strlen(text));
	gt_picture_end_line(p);
}
