/*
 * Splits the binary event stream of AWS (application/vnd.amazon.eventstream) into documents. The input may be cut at
 * any byte. Pure except for the memory of an incomplete frame.
 *
 *	u32 length | u32 length of the headers | u32 CRC of these 8 bytes | headers | payload | u32 CRC of all before
 *
 * Numbers are big-endian; the CRC is zlib's. Both CRCs are checked. After a bad frame the next frame cannot be located,
 * so the rest of the stream is not read.
 */
#ifndef GT_EVENT_STREAM_H
#define GT_EVENT_STREAM_H

#include <stdint.h>

#include "exporter/exchange/stream.h"

struct gt_event_stream {
	struct gt_buf frame; /* an incomplete frame */
	bool is_broken;	     /* a CRC or a length is wrong: nothing more is read */
	uint64_t lost;	     /* frames over the cap, or without memory: nothing more is read either */
};

#define GT_EVENT_STREAM_PRELUDE 12 /* bytes: the two lengths, and their CRC */

/* True when the bytes begin with a prelude whose CRC is right. */
bool gt_event_stream_begins(struct gt_str bytes);

/* `max` limits the bytes of one frame. */
void gt_event_stream_init(struct gt_event_stream *s, size_t max);

/* Calls `out` for each frame. `data` is the payload. `event` is the :event-type of an event, "exception/" and the
 * :exception-type, or "error/" and the :error-code. An error without payload has its :error-message as `data`. */
void gt_event_stream_feed(struct gt_event_stream *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
void gt_event_stream_free(struct gt_event_stream *s);

#endif
