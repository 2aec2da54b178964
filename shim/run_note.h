/*
 * Notes to the launcher beside the spans: lines of JSON in the file of the run, so that the launcher can explain a
 * run without spans.
 *
 *	{"gentapProcess":{"pid":4711}}			gentap is awake in this process
 *	{"gentapProcess":{"pid":4711,"requests":3}}	at its end: 3 requests did not match
 *	{"gentapProcess":{"pid":4711,"lost":2}}		2 of its spans did not reach their destination
 *	{"gentapProcess":{"pid":4711,"unseen":1}}	gt_run_note_damage
 *	{"gentapProcess":{"pid":4711,"program":"node","unread":"tls","host":"api.example","port":443,"n":2}}
 *							2 of its connections could not be read (unread.h)
 *
 *	{"gentapProcess":{"pid":4711,"untraced":"codex","why":"static"}}
 *							it executes a program without gentap
 *
 * Only where GENTAP_RUN_FILE is set, or GENTAP_RUN_NOTES: a file for notes alone, because the spans have a destination.
 * Otherwise these make no system call. Called by the constructor, and at the end of
 * the process, perhaps in a signal handler. They keep errno. Nothing is written beyond a limit of file sizes, or to
 * another file that has the name of the run's (shared/named_file.h).
 */
#ifndef GT_RUN_NOTE_H
#define GT_RUN_NOTE_H

#include <stdint.h>

#include "shim/unread.h"

/* The file; NULL when nothing reads notes. */
const char *gt_run_note_path(void);

void gt_run_note_awake(void);

/* Writes nothing when `unmatched` is 0. */
void gt_run_note_requests(uint64_t unmatched);

/* Calls that were seen in part or not at all. `what` is lost_connections, unreported, unseen or no_room. Writes nothing
 * when `n` is 0. */
void gt_run_note_damage(const char *what, uint64_t n);

void gt_run_note_unread(const struct gt_unread_row *row);

/* A program that this process executes, by its path, and why gentap will not be in it (untraced.h). Also in a vfork
 * child. */
void gt_run_note_untraced(const char *program, const char *why);

/* Why spans do not reach their destination: keeps the first. Exporter thread. */
void gt_run_note_problem(const char *text);
void gt_run_note_after_fork(void);

/* Writes nothing when `spans` is 0. Without a summary nothing reads the notes (GENTAP_RUN_STDERR is set): then this tells
 * the user, on the launcher's standard error if it is still this process's. */
void gt_run_note_lost(uint64_t spans);

#endif
