/*
 * The binary event stream of AWS (application/vnd.amazon.eventstream), cut apart at any byte boundary. Pure but for the memory
 * of a frame that came in pieces.
 *
 *	u32 length | u32 length of the headers | u32 CRC of these 8 bytes | headers | payload | u32 CRC of all before
 *
 * Big-endian; the CRC is zlib's. Both are checked: behind a frame that is wrong nothing can be found again, so the stream is
 * then broken for good.
 */
#ifndef GT_EVENT_STREAM_H
#define GT_EVENT_STREAM_H

#include <stdint.h>

#include "exporter/exchange/stream.h"

struct gt_event_stream {
	struct gt_buf frame; /* one that is not complete yet */
	bool broken;	     /* a CRC or a length is wrong: nothing more is read */
	uint64_t lost;	     /* frames that were longer than the cap or found no memory: the same */
};

/* `max` bounds one frame. */
void gt_event_stream_init(struct gt_event_stream *s, size_t max);

/* `out` gets the payload as data, and as event what kind it is: the :event-type of an event; "exception/" and its
 * :exception-type; "error/" and its :error-code, where the data is the :error-message if there is no payload. */
void gt_event_stream_feed(struct gt_event_stream *s, const char *p, size_t len, gt_stream_out *out, void *ctx);
void gt_event_stream_free(struct gt_event_stream *s);

#endif
