/*
 * Reads the notes that the processes of a run write beside their spans (shim/run_note.h documents the lines).
 */
#ifndef GT_RUN_NOTES_H
#define GT_RUN_NOTES_H

#include <cjson/cJSON.h>
#include <stdint.h>

#define GT_RUN_PIDS_MAX 64 /* enough to find a process that outlives the command; earlier pids are only counted */

struct gt_run_notes {
	uint64_t awake;		       /* processes with gentap active, counted again after each exec */
	uint64_t requests;	       /* HTTP requests that matched no LLM or MCP API */
	uint64_t lost;		       /* spans that did not reach their destination */
	int64_t pids[GT_RUN_PIDS_MAX]; /* of the latest `awake` notes, a ring */
};

/* Adds the note in `line` (borrowed), if it is a note; ignores other documents. Pure. */
void gt_run_notes_read(struct gt_run_notes *notes, const cJSON *line);

/* The pid of a process of the run that is still running, or 0. Reads /proc. */
int64_t gt_run_notes_alive(const struct gt_run_notes *notes);

#endif
