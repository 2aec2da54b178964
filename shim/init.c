/*
 * The constructor and the destructor.
 *
 * The constructor asks wanted.h whether this process is traced and prepares what the hooks need: memory for settings,
 * and no thread, descriptor or file. While gentap is asleep every hook is its real call and nothing more. It is asleep
 * before the constructor, after the destructor, and where the process is not wanted.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "shim/arguments.h"
#include "shim/conn.h"
#include "shim/context.h"
#include "shim/curl_easy.h"
#include "shim/ending.h"
#include "shim/exporter_thread.h"
#include "shim/fd_table.h"
#include "shim/follow.h"
#include "shim/guard.h"
#include "shim/handoff.h"
#include "shim/hook_bun.h"
#include "shim/hook_dl.h"
#include "shim/hook_kernel.h"
#include "shim/http2.h"
#include "shim/object.h"
#include "shim/old_libc.h"
#include "shim/opaque.h"
#include "shim/real.h"
#include "shim/resolved.h"
#include "shim/run_note.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/limits.h"
#include "shim/shared/log.h"
#include "shim/shared/match.h"
#include "shim/spool.h"
#include "shim/ssl_copies.h"
#include "shim/tls_table.h"
#include "shim/tools.h"
#include "shim/unread.h"
#include "shim/untraced.h"
#include "shim/wanted.h"

extern char **environ;

/*
 * One gentap in a process. The library may be listed twice, under two paths or in two versions. Both copies look the
 * exported name up and find that of the first copy; the second stays asleep and only passes calls on.
 */
GT_EXPORT char gentap_first_copy;

extern char gentap_first_copy_here __attribute__((alias("gentap_first_copy"), visibility("hidden")));

static bool is_second_copy(void)
{
	const char *volatile first = &gentap_first_copy;

	return first != &gentap_first_copy_here;
}

/* The child starts afresh: the parent reports its own exchanges. */
static void after_fork_child(void)
{
	gt_self = (struct gt_thread){ .depth = gt_self.depth };
	gt_owner_set();
	gt_resolved_after_fork();
	gt_exporter_thread_after_fork_child();
	gt_handoff_after_fork();
	gt_spool_after_fork();
	gt_conn_after_fork();
	gt_fd_after_fork();
	gt_tls_after_fork();
	gt_ssl_copies_after_fork();
	gt_easy_after_fork();
	gt_ident_after_fork();
	gt_stat_reset();
	gt_unread_after_fork();
	gt_opaque_after_fork();
	gt_ending_after_fork();
}

static void note_unread(void)
{
	gt_unread_report(gt_run_note_unread);
}

static void handshake_begins(void)
{
	gt_ssl_copies_look();
	gt_bun_look();
}

__attribute__((constructor)) static void wake(int argc, char *argv[], char *envp[])
{
	const char *name = argv && argv[0] ? argv[0] : "?", *why;

	(void)argc;
	if (!envp)
		envp = environ; /* musl passes no arguments to constructors */
	gt_object_init();
	gt_real_init();
	gt_kernel_init();
	gt_old_libc_init();
	if (gt_is_switched_off(envp) || is_second_copy())
		return;
	gt_tools_init(envp);
	gt_env_snapshot(envp);
	gt_log_open(gt_env_get(GT_ENV_GENTAP_LOG) ? gt_env_get(GT_ENV_GENTAP_LOG) : gt_env_get(GT_ENV_OTEL_LOG_LEVEL),
		    gt_env_get(GT_ENV_GENTAP_LOG_FILE));
	why = gt_why_asleep(argv ? argv[0] : NULL, (const char *)getauxval(AT_EXECFN));
	if (why) {
		gt_log(GT_LOG_INIT, GT_LOG_INFO, "asleep in %s: %s", name, why);
		return;
	}
	gt_dlopen_init(gt_env_get(GT_ENV_GENTAP_KEEP_DEEPBIND) != NULL);
	gt_limits_init();
	gt_pool_init(gt_limits.memory_max);
	gt_spool_init(gt_pool_size());

	gt_handoff_on_pressure(gt_exporter_thread_want);
	if (gt_run_note_path())
		gt_unread_on_first(note_unread);
	gt_untraced_init(envp);
	gt_context_init();
	gt_http2_set(gt_env_get(GT_ENV_GENTAP_HTTP2));
	gt_match_set_endpoints(gt_env_get(GT_ENV_GENTAP_ENDPOINTS), NULL);
	gt_arguments_keep(argv);
	gt_exporter_thread_init(gt_arguments());
	if (pthread_atfork(gt_exporter_thread_before_fork, gt_exporter_thread_after_fork_parent, after_fork_child) != 0)
		return;
	gt_gate_here.is_own = gt_is_own_thread;
	gt_owner_set();
	gt_follow_init();
	atomic_store(&gt_awake, true);
	gt_unread_on_tls(handshake_begins);
	gt_ssl_copies_init();
	gt_bun_init();
	gt_run_note_awake();
	gt_log(GT_LOG_INIT, GT_LOG_INFO, "awake in %s", name);
	if (gt_log_levels[GT_LOG_INIT] >= GT_LOG_INFO && gt_real_in_front())
		gt_log(GT_LOG_INIT, GT_LOG_INFO,
		       "%s comes before gentap in LD_PRELOAD: calls that it handles alone are not seen", gt_real_in_front());
}

__attribute__((destructor)) static void sleep_again(void)
{
	if (!atomic_load(&gt_awake))
		return;
	/* a vfork child may come here, with the parent's memory; to ask costs a system call */
	if (gt_self.doubt != GT_SURE && !gt_ending_is_due() && !gt_fd_has_entries())
		return;
	if (!gt_is_owner())
		return;
	gt_fd_count_unseen();
	gt_ending(GT_ENDING_EXIT);
	atomic_store(&gt_awake, false);
}
