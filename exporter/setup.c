#include "exporter/setup.h"

#include "exporter/base/errors.h"
#include "exporter/mcp/mcp_memory.h"
#include "exporter/resource/process_facts.h"
#include "exporter/span/ledger.h"
#include "exporter/span/peer_memory.h"
#include "exporter/transfer/ca_file.h"
#include "exporter/transfer/no_fork.h"
#include "exporter/transfer/own_calls.h"
#include "exporter/transfer/own_threads.h"
#include "shim/shared/ident.h"
#include "shim/shared/log.h"

static const char *get(void *ctx, enum gt_env which)
{
	return ((struct gt_setup *)ctx)->host->env(which);
}

static const char *raw(void *ctx, enum gt_env which)
{
	return ((struct gt_setup *)ctx)->host->env_raw(which);
}

/* The user must see a wrong setting even when logging was not asked for, but not when it was explicitly switched
 * off. */
static void warn(void *ctx, const char *message)
{
	if (!((struct gt_setup *)ctx)->is_quiet && !gt_log_is_silenced())
		gt_log_line(GT_LOG_CONFIG, GT_LOG_WARN, "%s", message);
}

/* This library has copies of some modules that the preload has too. */
static void set_up_copies(const struct gt_exporter_host *host)
{
	const char *log = host->env(GT_ENV_GENTAP_LOG);

	gt_no_fork_init(host);
	gt_own_threads_init(host);
	gt_own_calls_init(host);
	gt_stderr_set_open(host->open_stderr);
	gt_ident_after_fork(); /* this library's copy may hold a parent process's key */
	gt_log_open(log ? log : host->env(GT_ENV_OTEL_LOG_LEVEL), host->env(GT_ENV_GENTAP_LOG_FILE));
}

static int make_resource(struct gt_setup *s)
{
	struct gt_process_facts facts;
	int ret;

	gt_process_facts_collect(&facts, s->host->executable, s->host->argv);
	ret = gt_resource_make(&s->resource, &facts, &s->source);
	gt_process_facts_free(&facts);
	return ret;
}

int gt_setup_make(struct gt_setup *s, const struct gt_exporter_host *host)
{
	s->source = (struct gt_config_source){
		.get = get,
		.raw = raw,
		.warn = warn,
		.is_readable = gt_file_is_readable,
		.unknown = host->env_unknown(),
		.body_max = host->limits->body_max,
		.pid = gt_gate_process(),
		.ctx = s,
	};
	s->host = host;
	set_up_copies(host);
	if (gt_config_read(&s->config, &s->source) != 0 || gt_price_lists_read(&s->prices, s->config.prices, warn, s) != 0 ||
	    make_resource(s) != 0)
		return GT_ENOMEM;
	gt_sinks_open(&s->sinks, &s->config, host->env(GT_ENV_GENTAP_RUN_FILE_MARK));
	s->run = (struct gt_run_context){
		.limits = s->config.span_limits,
		.event_limits = s->config.event_limits,
		.prices = &s->prices,
		.capture = s->config.capture.to ? &s->config.capture : NULL,
		.redact = &s->config.capture.redact,
		.mcp = gt_mcp_memory_new(),
		.ledger = gt_ledger_new(),
		.peers = gt_peer_memory_new(),
	};
	return 0;
}

void gt_setup_free(struct gt_setup *s)
{
	gt_sinks_close(&s->sinks);
	gt_mcp_memory_free(s->run.mcp);
	gt_ledger_free(s->run.ledger);
	gt_peer_memory_free(s->run.peers);
	gt_resource_free(&s->resource);
	gt_price_lists_free(&s->prices);
	gt_config_free(&s->config);
}

bool gt_setup_has_room(const struct gt_setup *s)
{
	return s->host->is_scarce() || gt_sinks_have_room(&s->sinks);
}
