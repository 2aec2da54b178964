/*
 * The spools in the folders of this user whose processes are gone.
 */
#ifndef GT_SPOOL_FOLDER_H
#define GT_SPOOL_FOLDER_H

#include "exporter/spool/spool_file.h"

/* Which spools to visit. */
struct gt_spool_choice {
	gt_env_fn *env; /* decides about folders and destination */
	uint64_t run;	/* those of this run only; 0: of every run */
	bool is_all;	/* also those that a launcher wants for its summary first */
	unsigned max;	/* at most so many */
	bool is_over;	/* `take` sets it to visit no more */
	unsigned busy;	/* out: spools that would have been chosen, but whose processes live */
};

/* Spools that stay in a folder, of other destinations and versions too: so many, and so many bytes together. They may
 * take memory until the machine restarts. */
#define GT_SPOOL_LEFT_MAX   64
#define GT_SPOOL_LEFT_BYTES (32u << 20)

/* True when there is a spool to visit, or one whose process lives. */
bool gt_spool_folder_has_any(const struct gt_spool_choice *choice);

/* Calls `take` for each spool that this process may send, with its events read; `take` owns the file then, and frees it
 * with gt_spool_file_close and free. A spool without events is removed. Returns how many were given. Where more are left
 * than the above allows, the oldest of processes that are gone are removed, unless only one run's were asked for. */
unsigned gt_spool_folder_visit(struct gt_spool_choice *choice, void (*take)(void *ctx, struct gt_spool_file *f), void *ctx);

#endif
