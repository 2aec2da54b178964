/*
 * What an MCP exchange needs to know of an earlier one. Exporter thread; the caller passes times.
 *
 * A note is either a request that the server sent, or the start of a session. The server sends requests in an answer,
 * or on the stream it keeps open; the client answers each with a POST of its own.
 *
 * The caller makes the keys. At most GT_MCP_NOTES_MAX notes are kept; a new note then replaces the oldest.
 */
#ifndef GT_MCP_MEMORY_H
#define GT_MCP_MEMORY_H

#include <stdbool.h>

#include "shim/shared/clock.h"
#include "shim/shared/str.h"
#include "shim/shared/traceparent.h"

#define GT_MCP_NOTES_MAX 256 /* few requests wait for a person (elicitation), but sessions that never end add up */
#define GT_MCP_NOTE_TEXT 64  /* bytes of a note's text, NUL included; callers do not store longer text */

struct gt_mcp_note {
	char text[GT_MCP_NOTE_TEXT]; /* a method, or a protocol version */
	struct gt_mono at;	     /* when the request arrived, or the session began */
	struct gt_trace_context by;  /* the span of the exchange that made the note */
};

struct gt_mcp_memory;

/* Gives a memory, or NULL. The functions below accept NULL and then keep nothing. */
struct gt_mcp_memory *gt_mcp_memory_new(void);
void gt_mcp_memory_free(struct gt_mcp_memory *m);

/* Copies both. Replaces an earlier note with that key. When out of memory, neither is kept. */
void gt_mcp_memory_put(struct gt_mcp_memory *m, struct gt_str key, const struct gt_mcp_note *note);

/* Removes the note and copies it to `out`. False when the key has no note. */
bool gt_mcp_memory_take(struct gt_mcp_memory *m, struct gt_str key, struct gt_mcp_note *out);

#endif
