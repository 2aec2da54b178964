/*
 * The interface between the two halves of gentap. The preload knows nothing else of the exporter.
 *
 * libgentap.so opens libgentap-exporter.so on a thread of its own, looks up GT_EXPORTER_ENTRY and calls it. The call
 * returns when the exporter gives up, or when it has nothing to do. Then the thread ends. At the next response another
 * thread calls it again, and the exporter goes on where it was. The exporter calls the functions below from that
 * thread, or from a thread on which libcurl looks up a name (exporter/transfer/own_threads.h).
 *
 * Between two calls the exporter holds no thread and no descriptor. In a forked child the call starts afresh: its
 * state belongs to the parent's exchanges. The process-wide state of libcurl and mbedTLS, and the list of their open
 * sockets (exporter/transfer/own_sockets.h), are reset by exporter/transfer/curl_handles.c.
 */
#ifndef GT_EXPORTER_HOST_H
#define GT_EXPORTER_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/env.h"
#include "shim/shared/exchange.h"
#include "shim/shared/gate.h"
#include "shim/shared/limits.h"
#include "shim/shared/standard_error.h"
#include "shim/shared/stat.h"

#define GT_PROBLEM_MAX	  240 /* bytes of a text that names a destination and what is wrong */
#define GT_EXPORTER_ABI	  7
#define GT_EXPORTER_ENTRY "gentap_exporter_run"

/* Functions and data that the preload lends to the exporter. All are borrowed for the life of the process. */
struct gt_exporter_host {
	uint32_t abi;	      /* GT_EXPORTER_ABI of the preload */
	struct gt_gate *gate; /* for the exporter's system calls: see gate.h */

	/* Gives all events that have arrived, oldest first, or NULL. */
	struct gt_event *(*take)(void);
	/* Takes an event back into the pool. */
	void (*give_back)(struct gt_event *e);
	/* As gt_event_new_part, gt_event_keep and gt_event_publish of the preload's pool.h: for events that the exporter
	 * keeps, so that they survive a kill. */
	struct gt_event *(*new_part)(enum gt_event_type type, uint64_t stream, size_t *room);
	bool (*keep)(struct gt_event *e);
	void (*publish)(struct gt_event *e);
	/* The head of this process's spool, or NULL; and the spool's removal, when nothing in it is needed. */
	struct gt_spool_head *(*spool_head)(void);
	void (*remove_spool)(void);
	/* True when the memory for events is nearly full: events are about to be lost. */
	bool (*is_scarce)(void);
	/* Sleeps until an event arrives or `timeout_ns` has passed (negative: no limit). With a limit of at most 50
	 * ms it may sleep through arriving events, so the caller must poll. */
	void (*wait)(int64_t timeout_ns);

	/* True once the process has begun to end. The exporter then finishes open exchanges, sends what it holds and
	 * calls `drained`. The application stops waiting at `deadline`. With `may_go_on` the process may also survive:
	 * open exchanges stay open, and what cannot be sent in time is kept. */
	bool (*must_flush)(struct gt_mono *deadline, bool *may_go_on);
	/* Everything is sent or given up, unless the exporter is still busy; the application may continue to end. */
	void (*drained)(bool is_busy);
	/* Reports whether the exporter holds anything that an exit would have to wait for. */
	void (*set_busy)(bool busy);
	/* Reports whether nothing in the spool is needed any more: an exit that waits for nothing removes it. */
	void (*set_settled)(bool is_settled);

	/* True while the process waits for this thread's end, to fork or to enter a namespace. The exporter then sends
	 * what it holds and returns; after `deadline` it need not. */
	bool (*must_rest)(struct gt_mono *deadline);
	/* May the call return when it has nothing to do? Not when a filter forbids another thread. */
	bool (*can_start_again)(void);

	/* The application's forks wait between these two calls. They surround calls that would leave the child a held
	 * lock or half-initialized state. Keep them short; never hold across a wait for the network. */
	void (*hold_forks)(void);
	void (*let_fork)(void);

	/* A thread that the exporter created calls this first: it marks the thread as gentap's own. */
	void (*begin_thread)(void);
	/* And this last. */
	void (*end_thread)(void);
	/* Around a name look-up, on any of gentap's threads. Forks wait for it too, for a bounded time. */
	void (*hold_lookup)(void);
	void (*let_lookup)(void);
	/* libc's own definition of a function, whatever other preloads define; NULL when not found. */
	void *(*libc_own)(const char *name);
	/* Opens the program's standard error, for threads with a descriptor table of their own: see standard_error.h. */
	gt_stderr_open_fn *open_stderr;

	const char *(*env)(enum gt_env which);	   /* NULL when unset or empty */
	const char *(*env_raw)(enum gt_env which); /* "" when set but empty */
	const char *(*env_unknown)(void);
	const struct gt_limits *limits;
	const char *executable; /* path as the kernel reports it, or "" */
	char *const *argv;	/* copies of the first arguments the process was started with (arguments.h), or NULL */
	uint64_t (*stat)(enum gt_stat which);
	void (*count)(enum gt_stat which, uint64_t n);
	void (*note_problem)(const char *text); /* why spans do not reach their destination; copied, the first time only */
};

/* Sends the spans of processes that are gone: see exporter/recover.h. */
#define GT_EXPORTER_RECOVER_ENTRY "gentap_exporter_recover"

struct gt_recovery {
	uint64_t run;		      /* of this run of the launcher only; 0: of every run */
	bool is_all;		      /* also of runs that may go on, whose summaries then lack them */
	int64_t timeout_ns;	      /* for all of it */
	bool (*must_stop)(void *ctx); /* true when the user waits no longer; NULL: never */
	void *ctx;
	/* out: spools that were read, and what the first destination did with their spans */
	uint64_t processes;
	uint64_t sent;
	uint64_t left;	      /* they stay in their spools */
	uint64_t dropped;     /* they are lost */
	uint64_t unconfirmed; /* of these, sent in full and not answered: they may have arrived, and are not sent again */
	char problem[GT_PROBLEM_MAX]; /* why the first of those that stay or are lost were not delivered, and where */
};

/* In a process that has no preload: the command. `host` needs env, env_raw, env_unknown, limits, executable, is_scarce, and
 * the functions around forks, threads and look-ups; the others may be NULL. 0, or a negative number when the exporter
 * could not start. */
typedef int gt_exporter_recover_fn(const struct gt_exporter_host *host, struct gt_recovery *r);

gt_exporter_recover_fn gentap_exporter_recover;

/* Returns 0 when it has nothing to do, or a negative number when the exporter could not start (the preload then goes to
 * sleep). */
typedef int gt_exporter_run_fn(const struct gt_exporter_host *host);

gt_exporter_run_fn gentap_exporter_run;

#endif
