/*
 * The frames of one direction of a WebSocket (RFC 6455), joined to messages. The input may be cut at any byte. Pure except
 * for the memory of an incomplete message and of the decoder.
 *
 * Payloads are unmasked, fragments are joined, control frames between fragments are passed over, and messages that
 * permessage-deflate compressed (RFC 7692) are decoded. Pings and pongs are not reported.
 */
#ifndef GT_WEBSOCKET_H
#define GT_WEBSOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "exporter/base/buf.h"

/* What a server's Sec-WebSocket-Extensions agrees to. */
struct gt_websocket_terms {
	bool has_deflate;
	bool resets_client, resets_server; /* that side compresses each message by itself (no context takeover) */
};

/* Adds one value of the field; `terms` starts zeroed. False when the frames cannot be read: an extension that is not
 * known changes what they mean. */
bool gt_websocket_agree(struct gt_websocket_terms *terms, struct gt_str value);

enum gt_websocket_kind {
	GT_WEBSOCKET_TEXT,
	GT_WEBSOCKET_BINARY,
	GT_WEBSOCKET_CLOSE, /* the payload of a Close frame: nothing, or a status of two bytes and a reason */
	GT_WEBSOCKET_LOST,  /* a message that could not be kept or decoded; without data */
};

/* Receives one message. `data` is valid during the call only. */
typedef void gt_websocket_out(void *ctx, enum gt_websocket_kind kind, struct gt_str data);

#define GT_WEBSOCKET_CONTROL_MAX 125 /* bytes of a control frame's payload: RFC 6455, 5.5 */

struct gt_websocket {
	/* the current frame */
	uint8_t head[14]; /* as far as it has arrived: two bytes, a longer length, a mask */
	uint8_t head_len;
	bool is_in_payload;
	uint64_t left; /* bytes of the payload that have not arrived */
	uint64_t done; /* bytes of it that have */
	uint8_t control[GT_WEBSOCKET_CONTROL_MAX];
	bool is_control_lost;

	/* the current message */
	bool is_in_message, is_text, is_coded, is_unkept;
	struct gt_buf message;

	void *zlib; /* owned z_stream; NULL: nothing is compressed */
	bool resets;
	bool is_window_lost; /* bytes that later messages refer to are missing */

	bool is_broken; /* these are not frames, or a gap hid where the next one begins: nothing more is read */
};

/* `max` limits the bytes of one message, decoded. */
void gt_websocket_init(struct gt_websocket *w, size_t max);

/* Messages may be compressed. `resets`: each by itself. False without memory. */
bool gt_websocket_deflate(struct gt_websocket *w, bool resets);

void gt_websocket_feed(struct gt_websocket *w, const char *p, size_t len, gt_websocket_out *out, void *ctx);

/* `n` bytes are missing here. */
void gt_websocket_skip(struct gt_websocket *w, uint64_t n, gt_websocket_out *out, void *ctx);

void gt_websocket_free(struct gt_websocket *w);

#endif
