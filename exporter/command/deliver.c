#include "exporter/command/deliver.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "exporter/command/preload.h"
#include "shim/shared/clock.h"
#include "shim/shared/spool_head.h"

#define LIBRARY	   "libgentap-exporter.so"
#define TIMEOUT_NS (5 * GT_NS_PER_S)

static void nothing(void)
{
}

static void nothing_left(bool is_busy)
{
	(void)is_busy;
}

static void no_counting(enum gt_stat which, uint64_t n)
{
	(void)which;
	(void)n;
}

static bool is_never(void)
{
	return false;
}

static struct gt_spool_head *no_head(void)
{
	return NULL;
}

static uint64_t no_count(enum gt_stat which)
{
	(void)which;
	return 0;
}

/* The command has no preload: the functions about events are never called, the rest has nothing to do. */
static const struct gt_exporter_host host = {
	.abi = GT_EXPORTER_ABI,
	.spool_head = no_head,
	.remove_spool = nothing,
	.is_scarce = is_never,
	.drained = nothing_left,
	.hold_forks = nothing,
	.let_fork = nothing,
	.begin_thread = nothing,
	.end_thread = nothing,
	.hold_lookup = nothing,
	.let_lookup = nothing,
	.env = gt_env_get,
	.env_raw = gt_env_raw,
	.env_unknown = gt_env_unknown,
	.limits = &gt_limits,
	.executable = "",
	.stat = no_count,
	.count = no_counting,
};

static gt_exporter_recover_fn *find(const char **problem)
{
	gt_exporter_recover_fn *recover = NULL;
	char path[PATH_MAX];
	char *name;
	void *lib;

	*problem = "libgentap.so is not where gentap expects it";
	if (!gt_preload_find(path, sizeof(path)))
		return NULL;
	name = strrchr(path, '/') + 1;
	if ((size_t)(path + sizeof(path) - name) < sizeof(LIBRARY))
		return NULL;
	memcpy(name, LIBRARY, sizeof(LIBRARY));
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (lib)
		*(void **)&recover = dlsym(lib, GT_EXPORTER_RECOVER_ENTRY);
	if (!recover)
		*problem = dlerror();
	return recover;
}

bool gt_deliver_is_on(void)
{
	const char *folders[GT_SPOOL_FOLDERS_MAX + 1];
	bool is_chosen;

	gt_env_snapshot(environ);
	gt_spool_folders(gt_env_raw, folders, &is_chosen);
	return folders[0] != NULL;
}

static const char *deliver(struct gt_recovery *r)
{
	const char *problem;
	gt_exporter_recover_fn *recover = find(&problem);

	if (!recover)
		return problem;
	return recover(&host, r) < 0 ? "the exporter could not start" : NULL;
}

const char *gt_deliver(bool (*must_stop)(void *ctx), void *ctx, struct gt_recovery *r)
{
	*r = (struct gt_recovery){ .must_stop = must_stop, .ctx = ctx };
	gt_env_snapshot(environ);
	gt_limits_init();
	if (gt_limits.exit_timeout_ns <= 0)
		return NULL;
	r->run = gt_spool_run(gt_env_raw);
	r->timeout_ns = gt_env_get(GT_ENV_GENTAP_EXIT_TIMEOUT_MS) ? gt_limits.exit_timeout_ns : TIMEOUT_NS;
	return deliver(r);
}

const char *gt_deliver_all(struct gt_recovery *r)
{
	*r = (struct gt_recovery){ .is_all = true };
	gt_env_snapshot(environ);
	gt_limits_init();
	r->timeout_ns = gt_limits.exit_timeout_ns > TIMEOUT_NS ? gt_limits.exit_timeout_ns : TIMEOUT_NS;
	return deliver(r);
}
