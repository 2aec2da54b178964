/*
 * What a process under the launcher tells it beside its spans: a line of JSON in the file of the run, so that the launcher can
 * say why there are no spans.
 *
 *	{"gentapProcess":{"pid":4711}}			gentap is awake in it
 *	{"gentapProcess":{"pid":4711,"requests":3}}	at its end: that many requests were none of ours
 *
 * Only where GENTAP_RUN_FILE is set; otherwise no system call is made. Called by the constructor and the destructor, once each;
 * keeps errno. Nothing is told where the size of files is limited: beyond the limit a write ends the program (SIGXFSZ).
 */
#ifndef GT_RUN_NOTE_H
#define GT_RUN_NOTE_H

#include <stdint.h>

void gt_run_note_awake(void);

/* Says nothing when `unmatched` is 0. */
void gt_run_note_requests(uint64_t unmatched);

#endif
