/*
 * Streams of small documents, cut apart at any byte boundary: Server-Sent Events (WHATWG HTML, 9.2) and newline-delimited
 * JSON. Pure but for the memory of a document that came in pieces.
 */
#ifndef GT_STREAM_H
#define GT_STREAM_H

#include "exporter/base/buf.h"

/* One document. `event` is the SSE event name, empty when it has none; both die with the call. */
typedef void gt_stream_out(void *ctx, struct gt_str event, struct gt_str data);

#define GT_STREAM_EVENT_MAX 64 /* longer event names are cut: none of ours is */

struct gt_sse {
	struct gt_buf line; /* a line that is not complete yet */
	struct gt_buf data; /* data lines of the event so far, joined by newlines */
	bool has_data;
	bool after_cr; /* the last byte was CR: a following LF belongs to it */
	bool started;
	bool skipping; /* in a line that is longer than the cap: it is passed over */
	char event[GT_STREAM_EVENT_MAX];
	size_t event_len;
	uint64_t lost; /* documents that were longer than the cap */
};

/* `max` bounds one line and one event. */
void gt_sse_init(struct gt_sse *s, size_t max);
void gt_sse_feed(struct gt_sse *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
/* The stream is over: an event without its blank line is given out all the same, as several servers need it. */
void gt_sse_end(struct gt_sse *s, gt_stream_out *out, void *ctx);
void gt_sse_free(struct gt_sse *s);

struct gt_ndjson {
	struct gt_buf line;
	bool skipping;
	uint64_t lost;
};

void gt_ndjson_init(struct gt_ndjson *s, size_t max);
void gt_ndjson_feed(struct gt_ndjson *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
void gt_ndjson_end(struct gt_ndjson *s, gt_stream_out *out, void *ctx);
void gt_ndjson_free(struct gt_ndjson *s);

/* The objects that stand whole in a JSON array which may have been cut short, one after the other. For streams that are one
 * array. Pure. */
void gt_array_split(struct gt_str text, gt_stream_out *out, void *ctx);

#endif
