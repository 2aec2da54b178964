/*
 * What the processes of a run have told beside their spans (shim/run_note.h has the lines).
 */
#ifndef GT_RUN_NOTES_H
#define GT_RUN_NOTES_H

#include <cjson/cJSON.h>
#include <stdint.h>

#define GT_RUN_PIDS_MAX 64 /* enough to find one that goes on after the command; further ones are only counted */

struct gt_run_notes {
	uint64_t awake;		       /* processes, one for each program they became */
	uint64_t requests;	       /* HTTP requests that were none of ours */
	int64_t pids[GT_RUN_PIDS_MAX]; /* the last ones that were awake, in a ring */
};

/* Takes a note out of one line; other documents are passed over. Pure. */
void gt_run_notes_read(struct gt_run_notes *notes, const cJSON *line);

/* A process of the run that still goes on, or 0. Asks /proc. */
int64_t gt_run_notes_alive(const struct gt_run_notes *notes);

#endif
