#include "shim/ending.h"

#include <errno.h>
#include <signal.h>

#include "shim/exporter_thread.h"
#include "shim/guard.h"
#include "shim/opaque.h"
#include "shim/run_note.h"
#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/spool.h"
#include "shim/unread.h"

/* Counters of calls that were seen in part or not at all. */
enum { DAMAGES = 4 };

static const struct {
	enum gt_stat stat;
	const char *name;
} damages[DAMAGES] = {
	{ GT_STAT_CONN_LOST, "lost_connections" },
	{ GT_STAT_UNREPORTED, "unreported" },
	{ GT_STAT_CONN_UNSEEN, "unseen" },
	{ GT_STAT_CONN_FULL, "no_room" },
};

/* What was reported before an end that the process survived. */
static _Atomic uint64_t noted_requests, noted_lost;
static _Atomic uint64_t noted_damage[DAMAGES];

static unsigned long long stat(enum gt_stat which)
{
	return gt_stat_get(which);
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static bool has_reader(void)
{
	return gt_run_note_path() || gt_env_get(GT_ENV_GENTAP_RUN_STDERR) || gt_log_levels[GT_LOG_INIT] >= GT_LOG_INFO ||
	       gt_log_levels[GT_LOG_EXPORTER] >= GT_LOG_INFO;
}

bool gt_ending_is_due(void)
{
	return gt_exporter_thread_is_busy() || gt_opaque_is_due() ||
	       ((gt_stat_get(GT_STAT_REQUESTS) || gt_unread_is_due()) && has_reader());
}

/* To make a thread takes the allocator, which the application may be in: when it finds damage there, or when a handler
 * has interrupted it. An exit by ordinary code is neither. Many programs exit in a handler, where at least its own signal
 * is blocked, unless they asked for SA_NODEFER. */
static bool may_start_thread(enum gt_ending how)
{
	unsigned long mask[2] = { 0 }; /* the kernel's 64 signals */

	return how == GT_ENDING_EXIT && gt_gate(ending_mask, SIG_BLOCK, NULL, mask, 8) == 0 && !mask[0] && !mask[1];
}

static void report_unread(void)
{
	static const struct {
		enum gt_unread kind;
		const char *what, *why;
	} rows[] = {
		{ GT_UNREAD_TLS, "TLS", "gentap reads TLS of OpenSSL, GnuTLS and Bun, and below libcurl" },
		{ GT_UNREAD_HTTP2, "HTTP/2", "gentap reads HTTP/2 of clients, within bounds of memory" },
		{ GT_UNREAD_QUIC, "QUIC", "gentap reads no QUIC" },
	};
	char list[160];

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		uint64_t n = gt_unread_count(rows[i].kind);

		if (!n)
			continue;
		gt_unread_list(rows[i].kind, list, sizeof(list));
		gt_log(GT_LOG_INIT, GT_LOG_INFO,
		       "%llu %s connection%s could not be read (%s), so calls on %s were not seen: %s", (unsigned long long)n,
		       rows[i].what, n == 1 ? "" : "s", list, n == 1 ? "it" : "them", rows[i].why);
	}
}

static void note_damage(void)
{
	for (size_t i = 0; i < DAMAGES; i++) {
		uint64_t n = gt_stat_get(damages[i].stat);

		gt_run_note_damage(damages[i].name, less(n, noted_damage[i]));
		noted_damage[i] = n;
	}
}

/* `is_all`: the exporter has counted everything. */
static void report(bool is_all)
{
	uint64_t unmatched = less(gt_stat_get(GT_STAT_REQUESTS), gt_stat_get(GT_STAT_EXCHANGES));
	uint64_t lost = less(gt_stat_get(GT_STAT_DROPPED), gt_stat_get(GT_STAT_UNCONFIRMED));

	gt_run_note_requests(less(unmatched, noted_requests));
	gt_run_note_lost(less(lost, noted_lost));
	noted_requests = unmatched;
	noted_lost = lost;
	note_damage();
	gt_unread_report(gt_run_note_unread);
	if (gt_log_levels[GT_LOG_INIT] >= GT_LOG_INFO)
		report_unread();
	if (stat(GT_STAT_EXCHANGES))
		gt_log(GT_LOG_EXPORTER, GT_LOG_INFO, "%llu span%s, %llu sent, %llu dropped%s", stat(GT_STAT_SPANS),
		       stat(GT_STAT_SPANS) == 1 ? "" : "s", stat(GT_STAT_SENT), stat(GT_STAT_DROPPED),
		       is_all ? "" : "; the exporter had no time to count the rest");
	gt_log(GT_LOG_INIT, GT_LOG_INFO,
	       "requests %llu, exchanges %llu, injected %llu, not injected %llu, dropped %llu, unreported %llu, "
	       "lost connections %llu, taken up again %llu, not HTTP %llu, no room %llu, unseen %llu, unread TLS %llu, "
	       "unread HTTP/2 %llu, unread QUIC %llu, TLS left alone %llu, incomplete %llu, odd %llu",
	       stat(GT_STAT_REQUESTS), stat(GT_STAT_EXCHANGES), stat(GT_STAT_INJECTED), stat(GT_STAT_NOT_INJECTED),
	       stat(GT_STAT_DROP_FULL), stat(GT_STAT_UNREPORTED), stat(GT_STAT_CONN_LOST), stat(GT_STAT_CONN_RESUMED),
	       stat(GT_STAT_CONN_NOT_HTTP), stat(GT_STAT_CONN_FULL), stat(GT_STAT_CONN_UNSEEN),
	       (unsigned long long)gt_unread_count(GT_UNREAD_TLS), (unsigned long long)gt_unread_count(GT_UNREAD_HTTP2),
	       (unsigned long long)gt_unread_count(GT_UNREAD_QUIC), stat(GT_STAT_TLS_REFUSED), stat(GT_STAT_INCOMPLETE),
	       stat(GT_STAT_ODD));
}

bool gt_ending(enum gt_ending how)
{
	bool was_busy = gt_self.depth & GT_DEPTH_BUSY, is_all = true;
	bool may_go_on = how == GT_ENDING_PERHAPS || how == GT_ENDING_MESSAGE;
	int saved = errno;

	/* inside a hook too: a handler may interrupt a hooked call that waits */
	if (gt_self.depth & GT_DEPTH_OURS || !atomic_load_explicit(&gt_awake, memory_order_relaxed))
		return false;
	if (!(gt_ending_is_due() || gt_spool_is_open() || (how == GT_ENDING_EXIT && has_reader())) || !gt_is_owner())
		return false;
	gt_self.depth |= GT_DEPTH_BUSY;
	gt_opaque_end(may_go_on);
	if (gt_exporter_thread_is_busy())
		is_all = how == GT_ENDING_MESSAGE ? gt_exporter_thread_flush_briefly() :
						    gt_exporter_thread_flush(!was_busy && may_start_thread(how), may_go_on);
	if (!may_go_on) {
		gt_exporter_thread_settle();
		report(is_all);
	}
	if (!was_busy)
		gt_self.depth &= ~GT_DEPTH_BUSY;
	errno = saved;
	return true;
}

void gt_ending_undo(void)
{
	gt_exporter_thread_go_on();
}

void gt_ending_after_fork(void)
{
	gt_run_note_after_fork();
	noted_requests = 0;
	noted_lost = 0;
	for (size_t i = 0; i < DAMAGES; i++)
		noted_damage[i] = 0;
}
