/*
 * Bring-up and its opposite.
 *
 * The constructor decides whether this process is traced at all and makes what the hooks need: memory for settings, nothing
 * else. No thread, no descriptor, no file. Asleep, every hook is its real call and nothing more; that is also the state before
 * the constructor has run and after the destructor has.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "shim/conn.h"
#include "shim/context.h"
#include "shim/curl_easy.h"
#include "shim/exporter_thread.h"
#include "shim/fd_table.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/hook_dl.h"
#include "shim/real.h"
#include "shim/run_note.h"
#include "shim/shared/env.h"
#include "shim/shared/limits.h"
#include "shim/shared/log.h"
#include "shim/shared/match.h"
#include "shim/tls_table.h"

extern char **environ;

/*
 * One process, one gentap. The name is exported, so that in a process with two copies (the library listed twice under two
 * paths, or two versions) both find the first one's; the other stays asleep and only hands calls on.
 */
GT_EXPORT char gentap_first_copy;

extern char gentap_first_copy_here __attribute__((alias("gentap_first_copy"), visibility("hidden")));

static bool is_second_copy(void)
{
	const char *volatile first = &gentap_first_copy;

	return first != &gentap_first_copy_here;
}

/* Before anything else, and without touching anything. */
static bool is_switched_off(char *const envp[])
{
	static const struct gt_str name = { "GENTAP_DISABLED=", 16 };

	for (; envp && *envp; envp++) {
		struct gt_str var = gt_str_of(*envp), value;

		if (!gt_str_starts(var, name))
			continue;
		value = gt_str_trim(gt_str_skip(var, name.len));
		return value.len && !gt_str_eq(value, GT_STR("0")) && !gt_str_ieq(value, GT_STR("false"));
	}
	return false;
}

static struct gt_str base_name(const char *path)
{
	struct gt_str s = gt_str_of(path);
	size_t i = s.len;

	while (i && s.p[i - 1] != '/')
		i--;
	return gt_str_skip(s, i);
}

static bool is_listed(const char *list, struct gt_str name)
{
	struct gt_str rest = gt_str_of(list), item;

	while (name.len && gt_str_next(&rest, ',', &item))
		if (gt_str_glob(gt_str_trim(item), name))
			return true;
	return false;
}

/* NULL when this program is wanted, else why not. A program is known by the name it was started as and by the name of its
 * file: python and python3.11 are the same. */
static const char *unwanted(char *const argv[])
{
	const char *include = gt_env_get(GT_ENV_GENTAP_INCLUDE), *exclude = gt_env_get(GT_ENV_GENTAP_EXCLUDE);
	static const char is_excluded[] = "GENTAP_EXCLUDE matches";
	struct gt_str names[3];
	char file[4096];
	ssize_t n;

	if (!include && !exclude)
		return NULL;
	names[0] = base_name(argv ? argv[0] : NULL);
	names[1] = base_name((const char *)getauxval(AT_EXECFN));
	/* excluded by a name at hand, a process sees no system call of ours */
	if (is_listed(exclude, names[0]) || is_listed(exclude, names[1]))
		return is_excluded;
	n = readlink("/proc/self/exe", file, sizeof(file) - 1);
	file[n > 0 ? n : 0] = 0;
	names[2] = base_name(file);
	if (is_listed(exclude, names[2]))
		return is_excluded;
	for (int i = 0; i < 3; i++)
		if (!include || is_listed(include, names[i]))
			return NULL;
	return "GENTAP_INCLUDE does not match";
}

/* Is there anywhere for a span to go? */
static bool has_destination(void)
{
	const char *list = gt_env_get(GT_ENV_OTEL_TRACES_EXPORTER), *general, *traces;
	struct gt_str rest = gt_str_of(list ? list : "otlp"), item;

	if (gt_env_get(GT_ENV_GENTAP_RUN_FILE))
		return true;
	/* under the launcher the default collector is not meant when none is configured */
	if (gt_env_get(GT_ENV_GENTAP_RUN_ONLY) && !gt_env_get(GT_ENV_OTEL_TRACES_EXPORTER) &&
	    !gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT) && !gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT))
		return false;
	while (gt_str_next(&rest, ',', &item)) {
		item = gt_str_trim(item);
		if (!item.len || gt_str_ieq(item, GT_STR("none")))
			continue;
		if (!gt_str_ieq(item, GT_STR("otlp")))
			return true;
		/* an endpoint that is set but empty switches export off */
		general = gt_env_raw(GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT);
		traces = gt_env_get(GT_ENV_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
		if (traces || !general || general[0])
			return true;
	}
	return false;
}

/* NULL, or why this process is not traced. */
static const char *why_asleep(char *const argv[])
{
	const char *why;

	if (gt_env_is_true(GT_ENV_OTEL_SDK_DISABLED))
		return "OTEL_SDK_DISABLED is true";
	why = unwanted(argv);
	return why || has_destination() ? why : "spans have nowhere to go";
}

static void before_fork(void)
{
	gt_exporter_thread_before_fork();
}

static void after_fork_parent(void)
{
	gt_exporter_thread_after_fork_parent();
}

/* The child starts afresh: the parent's exchanges are the parent's to tell. */
static void after_fork_child(void)
{
	atomic_store(&gt_owner_pid, getpid());
	gt_self = (struct gt_thread){ .depth = gt_self.depth };
	gt_exporter_thread_after_fork_child();
	gt_handoff_after_fork();
	gt_conn_after_fork();
	gt_fd_after_fork();
	gt_tls_after_fork();
	gt_easy_after_fork();
	gt_ident_after_fork();
	gt_stat_reset();
}

__attribute__((constructor)) static void wake(int argc, char *argv[], char *envp[])
{
	const char *name = argv && argv[0] ? argv[0] : "?", *why;

	(void)argc;
	if (!envp)
		envp = environ; /* musl hands nothing to constructors */
	if (is_switched_off(envp) || is_second_copy())
		return;
	gt_env_snapshot(envp);
	gt_log_open(gt_env_get(GT_ENV_GENTAP_LOG) ? gt_env_get(GT_ENV_GENTAP_LOG) : gt_env_get(GT_ENV_OTEL_LOG_LEVEL),
		    gt_env_get(GT_ENV_GENTAP_LOG_FILE));
	why = why_asleep(argv);
	if (why) {
		gt_log(GT_LOG_INIT, GT_LOG_INFO, "asleep in %s: %s", name, why);
		return;
	}
	gt_real_init();
	gt_dlopen_init(gt_env_get(GT_ENV_GENTAP_KEEP_DEEPBIND) != NULL);
	gt_limits_init();
	gt_handoff_init(gt_limits.memory_max);
	gt_handoff_on_pressure(gt_exporter_thread_want);
	gt_context_init();
	gt_match_set_endpoints(gt_env_get(GT_ENV_GENTAP_ENDPOINTS), NULL);
	gt_exporter_thread_init(argv);
	if (pthread_atfork(before_fork, after_fork_parent, after_fork_child) != 0)
		return;
	atomic_store(&gt_owner_pid, getpid());
	atomic_store(&gt_awake, true);
	gt_run_note_awake();
	gt_log(GT_LOG_INIT, GT_LOG_INFO, "awake in %s", name);
}

__attribute__((destructor)) static void sleep_again(void)
{
	if (!atomic_load(&gt_awake) || !gt_is_owner())
		return;
	gt_self.depth = 1;
	gt_exporter_thread_flush();
	if (gt_stat_get(GT_STAT_REQUESTS) > gt_stat_get(GT_STAT_EXCHANGES))
		gt_run_note_requests(gt_stat_get(GT_STAT_REQUESTS) - gt_stat_get(GT_STAT_EXCHANGES));
	gt_log(GT_LOG_INIT, GT_LOG_INFO,
	       "requests %llu, exchanges %llu, injected %llu, not injected %llu, dropped %llu, lost connections %llu, odd %llu",
	       (unsigned long long)gt_stat_get(GT_STAT_REQUESTS), (unsigned long long)gt_stat_get(GT_STAT_EXCHANGES),
	       (unsigned long long)gt_stat_get(GT_STAT_INJECTED), (unsigned long long)gt_stat_get(GT_STAT_NOT_INJECTED),
	       (unsigned long long)gt_stat_get(GT_STAT_DROP_FULL), (unsigned long long)gt_stat_get(GT_STAT_CONN_LOST),
	       (unsigned long long)gt_stat_get(GT_STAT_ODD));
	atomic_store(&gt_awake, false);
	gt_self.depth = 0;
}
