/*
 * Notes to the launcher beside the spans: lines of JSON in the file of the run, so that the launcher can explain a
 * run without spans.
 *
 *	{"gentapProcess":{"pid":4711}}			gentap is awake in this process
 *	{"gentapProcess":{"pid":4711,"requests":3}}	at its end: 3 requests did not match
 *
 * Only where GENTAP_RUN_FILE is set; otherwise these make no system call. Called by the constructor and the
 * destructor, once each; keep errno. Nothing is written beyond a limit of file sizes, or to another file that has the
 * name of the run's (shared/named_file.h).
 */
#ifndef GT_RUN_NOTE_H
#define GT_RUN_NOTE_H

#include <stdint.h>

void gt_run_note_awake(void);

/* Writes nothing when `unmatched` is 0. */
void gt_run_note_requests(uint64_t unmatched);

#endif
