/*
 * One end of a connection in HTTP/2: writes its frames, with header fields coded by nghttp2's encoder.
 *
 *	gt_http2_peer_open(&p, true);
 *	gt_http2_peer_head(&p, 1, ":method: POST\n:path: /v1/messages\n", false);
 *	gt_http2_peer_body(&p, 1, "{}", true);
 *	... p.bytes, p.len ...
 */
#ifndef GT_HTTP2_PEER_H
#define GT_HTTP2_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gt_http2_peer {
	void *deflater; /* owned */
	char *bytes;	/* owned; what was written and not taken */
	size_t len;
	size_t fragment; /* bytes of a header block in one frame at most; 0: 16384 */
	int padding;	 /* of frames that may have it; -1: none */
};

/* Writes what the end sends first: a client's preface, SETTINGS. */
void gt_http2_peer_open(struct gt_http2_peer *p, bool is_client);

void gt_http2_peer_frame(struct gt_http2_peer *p, uint8_t type, uint8_t flags, uint32_t stream, const char *payload,
			 size_t len);

/* `fields`: lines of `name: value`, each with its end. */
void gt_http2_peer_head(struct gt_http2_peer *p, uint32_t stream, const char *fields, bool is_end);
void gt_http2_peer_body(struct gt_http2_peer *p, uint32_t stream, const char *text, bool is_end);
void gt_http2_peer_reset(struct gt_http2_peer *p, uint32_t stream, uint32_t code);
void gt_http2_peer_going(struct gt_http2_peer *p, uint32_t last);

/* Forgets what was written. */
void gt_http2_peer_taken(struct gt_http2_peer *p);

void gt_http2_peer_free(struct gt_http2_peer *p);

#endif
