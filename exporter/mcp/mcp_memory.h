/*
 * What an MCP exchange has to know of an earlier one: a request that the server sent in its answer, or on the stream it keeps open,
 * and that is answered by a POST of its own; and when a session began. Exporter thread; no clock of its own.
 *
 * Notes are found by a key that their users make. There are at most GT_MCP_NOTES_MAX of them; the oldest make room.
 */
#ifndef GT_MCP_MEMORY_H
#define GT_MCP_MEMORY_H

#include <stdbool.h>

#include "shim/shared/clock.h"
#include "shim/shared/str.h"
#include "shim/shared/traceparent.h"

#define GT_MCP_NOTES_MAX 256 /* requests that wait for a person (elicitation) are few; sessions that are never ended add up */
#define GT_MCP_NOTE_TEXT 64  /* characters of a note's text; longer ones are not kept */

struct gt_mcp_note {
	char text[GT_MCP_NOTE_TEXT]; /* a method, or a protocol version */
	struct gt_mono at;
	struct gt_trace_context by; /* the span of the exchange it was made in */
};

struct gt_mcp_memory;

/* Gives it, or NULL. The functions below take NULL as a memory in which nothing is kept. */
struct gt_mcp_memory *gt_mcp_memory_new(void);
void gt_mcp_memory_free(struct gt_mcp_memory *m);

/* Copies both; in place of an earlier note with that key. Without memory it is not kept. */
void gt_mcp_memory_put(struct gt_mcp_memory *m, struct gt_str key, const struct gt_mcp_note *note);

/* Takes the note out. False: there is none. */
bool gt_mcp_memory_take(struct gt_mcp_memory *m, struct gt_str key, struct gt_mcp_note *out);

#endif
