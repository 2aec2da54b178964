/*
 * Reads the notes that the processes of a run write beside their spans (shim/run_note.h documents the lines).
 */
#ifndef GT_RUN_NOTES_H
#define GT_RUN_NOTES_H

#include <cjson/cJSON.h>
#include <stdint.h>

#define GT_RUN_PIDS_MAX 64 /* enough to find a process that outlives the command; earlier pids are only counted */

/* A server that a program spoke with past gentap, or of which gentap knows no API. */
struct gt_run_server {
	enum gt_run_unread { GT_RUN_TLS, GT_RUN_HTTP2, GT_RUN_QUIC, GT_RUN_REQUEST, GT_RUN_UNREADS } kind;
	char program[32];
	char host[64]; /* "" when not known */
	uint16_t port; /* 0 when not known */
	uint64_t n;    /* connections, or requests */
};

#define GT_RUN_SERVERS_MAX 64

/* A program that ran without gentap, and why. */
struct gt_run_untraced {
	char program[32], why[16]; /* why: static, privileged, foreign, go, environment */
	uint64_t n;
};

#define GT_RUN_UNTRACED_MAX 16

struct gt_run_notes {
	uint64_t awake;		   /* processes with gentap active, counted again after each exec */
	uint64_t requests;	   /* HTTP requests that matched no LLM or MCP API */
	uint64_t lost;		   /* spans that did not reach their destination */
	uint64_t lost_connections; /* given up while a call was open */
	uint64_t unreported;	   /* calls without a span, for lack of memory */
	uint64_t unseen;	   /* connections whose bytes passed unseen */
	uint64_t no_room;	   /* connections that were too many to follow */
	struct gt_run_server servers[GT_RUN_SERVERS_MAX];
	uint32_t n_servers;
	uint64_t unread[GT_RUN_UNREADS]; /* of all servers, with those that had no room */
	struct gt_run_untraced untraced[GT_RUN_UNTRACED_MAX];
	uint32_t n_untraced;
	int64_t pids[GT_RUN_PIDS_MAX]; /* of the latest `awake` notes, a ring */
};

/* Adds the note in `line` (borrowed), if it is a note; ignores other documents. Pure. */
void gt_run_notes_read(struct gt_run_notes *notes, const cJSON *line);

/* Adds a program that ran without gentap; `why` as in the note. */
void gt_run_notes_add_untraced(struct gt_run_notes *notes, const char *program, const char *why);

/* Connections of the run that gentap could not read. Pure. */
uint64_t gt_run_notes_unread(const struct gt_run_notes *notes);

/* The pid of a process of the run that is still running, or 0. Reads /proc. */
int64_t gt_run_notes_alive(const struct gt_run_notes *notes);

#endif
