/*
 * The border between the two halves of gentap, and all that the preload knows of the exporter.
 *
 * libgentap.so opens libgentap-exporter.so on a thread of its own, looks up GT_EXPORTER_ENTRY and calls it once. The call
 * returns when the process is over or the exporter has given up. Everything behind the pointers below is called from that
 * thread, or from one that libcurl has made to look a name up (own_threads.h). The exporter keeps no state outside that call: a forked
 * child calls it again, from the start. But for what libcurl and mbedTLS keep of a whole process, and which sockets they have open
 * (own_sockets.h): curl_handles.c begins that anew in a child.
 */
#ifndef GT_EXPORTER_HOST_H
#define GT_EXPORTER_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/env.h"
#include "shim/shared/exchange.h"
#include "shim/shared/limits.h"
#include "shim/shared/standard_error.h"
#include "shim/shared/stat.h"

#define GT_EXPORTER_ABI	  3
#define GT_EXPORTER_ENTRY "gentap_exporter_run"

/* What the preload lends to the exporter. */
struct gt_exporter_host {
	uint32_t abi; /* GT_EXPORTER_ABI of the preload */

	/* Gives all events that have arrived, oldest first, or NULL. */
	struct gt_event *(*take)(void);
	/* Takes an event back. */
	void (*give_back)(struct gt_event *e);
	/* Sleeps until something arrives or `timeout_ns` has passed (negative: no limit). With a limit it may sleep through
	 * arrivals: poll. */
	void (*wait)(int64_t timeout_ns);

	/* True once the process has begun to exit: finish what is open, send what is there, call `drained`. `deadline` is
	 * when the application will wait no longer. */
	bool (*must_flush)(struct gt_mono *deadline);
	/* Everything is sent or given up; the application may go on exiting. */
	void (*drained)(void);
	/* Tells whether anything is held back that an exit would have to wait for. */
	void (*set_busy)(bool busy);

	/* Between the two the application's forks wait: for calls that would leave a lock shut, or something half made, in the
	 * child. Short, and never across a wait for the network. */
	void (*hold_forks)(void);
	void (*let_fork)(void);

	/* First thing in a thread that the exporter has made: it is one of gentap's own. */
	void (*begin_thread)(void);
	/* Around a look-up of a name, on any thread of ours: forks wait for it too, for a bounded time. */
	void (*hold_lookup)(void);
	void (*let_lookup)(void);
	/* The program's standard error, for threads whose numbers are not the program's: see standard_error.h. */
	gt_stderr_open_fn *open_stderr;

	const char *(*env)(enum gt_env which);	   /* NULL when unset or empty */
	const char *(*env_raw)(enum gt_env which); /* "" when set but empty */
	const char *(*env_unknown)(void);
	const struct gt_limits *limits;
	const char *executable; /* path as the kernel has it, or "" */
	char *const *argv;	/* the process's arguments; may be overwritten by the application at any time */
	uint64_t (*stat)(enum gt_stat which);
};

/* Returns 0, or a negative number when it could not work at all (the preload then goes to sleep). */
typedef int gt_exporter_run_fn(const struct gt_exporter_host *host);

gt_exporter_run_fn gentap_exporter_run;

#endif
