/*
 * What gentap keeps of a GnuTLS session beside its entry in tls_table.h: what GnuTLS itself does not tell afterwards.
 *
 * Threads: the application's; one at a time for a session, as the library requires. A look-up compares a few words, without
 * a lock. When the table is full, nothing is kept of a session.
 */
#ifndef GT_SESSION_NOTE_H
#define GT_SESSION_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/shared/str.h"

#define GT_SESSION_NOTE_HOST 128 /* bytes of a name, with its end; a longer name is not kept */

struct gt_session_note {
	char host[GT_SESSION_NOTE_HOST]; /* that the client asks for, or "" */
	bool is_corked;
	/* Owned: the beginning of a write that the library refused. The application may repeat it without its bytes.
	 * NULL: none. */
	char *refused;
	size_t refused_len;
	size_t begun; /* bytes that the library has taken of a write that gentap has made longer, and must be repeated */
};

/* Of a session that is in the table; NULL for others. */
struct gt_session_note *gt_session_note_of(const void *session);

/* The same; adds it to the table. NULL when the table is full. */
struct gt_session_note *gt_session_note_add(const void *session);

/* The session is freed, or another session gets its address. */
void gt_session_note_drop(const void *session);

/* Keeps a copy of the write, up to GT_WRITE_RETRY_COPY_MAX. Without memory nothing is kept. */
void gt_session_note_refused(struct gt_session_note *n, const char *p, size_t len);

#endif
