/*
 * Splits streams of small documents: Server-Sent Events (WHATWG HTML, 9.2) and newline-delimited JSON. The input may be
 * cut at any byte. Pure except for the memory of an incomplete document.
 *
 * Two deviations of servers, both for errors in the middle of a stream, are documents too: JSON without "data:" (Gemini),
 * and JSON in a field of the name "error" (llama.cpp), whose event is then "error".
 */
#ifndef GT_STREAM_H
#define GT_STREAM_H

#include "exporter/base/buf.h"

/* Receives one document. `event` is the SSE event name, or empty. Both are valid during the call only. */
typedef void gt_stream_out(void *ctx, struct gt_str event, struct gt_str data);

#define GT_STREAM_EVENT_MAX 64 /* longer event names are cut; the names gentap knows are shorter */

struct gt_sse {
	struct gt_buf line; /* an incomplete line */
	struct gt_buf data; /* data lines of the current event, joined by newlines */
	bool has_data;
	bool has_id;	  /* an event had an id: the stream can be resumed after it */
	bool is_after_cr; /* the last byte was CR: an LF that follows belongs to it */
	bool has_started;
	bool is_skipping; /* the current line exceeds the cap and is skipped */
	bool is_bare;	  /* the lines of the current event are JSON without field names */
	char event[GT_STREAM_EVENT_MAX];
	size_t event_len;
	uint64_t lost; /* documents dropped: over the cap, or no memory */
};

/* `max` limits the bytes of one line and of one event. */
void gt_sse_init(struct gt_sse *s, size_t max);
void gt_sse_feed(struct gt_sse *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
/* The stream is over. Emits the last event even without its blank line, because several servers omit it. */
void gt_sse_end(struct gt_sse *s, gt_stream_out *out, void *ctx);
void gt_sse_free(struct gt_sse *s);

struct gt_ndjson {
	struct gt_buf line;
	bool is_skipping;
	uint64_t lost;
};

void gt_ndjson_init(struct gt_ndjson *s, size_t max);
void gt_ndjson_feed(struct gt_ndjson *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
void gt_ndjson_end(struct gt_ndjson *s, gt_stream_out *out, void *ctx);
void gt_ndjson_free(struct gt_ndjson *s);

/* Emits each complete object of a JSON array, which may be cut short. For streams that consist of one array. Pure. */
void gt_array_split(struct gt_str text, gt_stream_out *out, void *ctx);

#endif
