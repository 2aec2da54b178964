/*
 * HTTP/2 framing of one direction of a connection (RFC 9113, 4 and 6). Pure; resumable at every byte.
 *
 * The parser reports what belongs to exchanges: header blocks, joined from their frames, bodies without padding, and the
 * ends of streams. It passes over all other frames. Frames that cannot be (a CONTINUATION of nothing, DATA of stream 0)
 * are an error: then the bytes are not what they seem.
 *
 *	do {
 *		n = gt_http2_feed(&f, p, len, &ev);
 *		if (n < 0)
 *			...				not HTTP/2: do not feed this direction again
 *		p += n, len -= n;
 *	} while (ev.kind != GT_HTTP2_MORE);		all bytes are used
 */
#ifndef GT_HTTP2_FRAMES_H
#define GT_HTTP2_FRAMES_H

#include <sys/types.h>

#include "shim/hpack.h"

#define GT_HTTP2_PREFACE     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" /* what a client sends first (RFC 9113, 3.4) */
#define GT_HTTP2_PREFACE_LEN (sizeof(GT_HTTP2_PREFACE) - 1)
#define GT_HTTP2_HEAD	     9 /* of a frame */

enum gt_http2_kind {
	GT_HTTP2_MORE,	/* needs more bytes */
	GT_HTTP2_BLOCK, /* ev.bytes is a whole header block of ev.stream */
	GT_HTTP2_DATA,	/* ev.bytes is a piece of the body of ev.stream */
	GT_HTTP2_END,	/* the body of ev.stream is complete; with a BLOCK, ev.is_end tells that */
	GT_HTTP2_RESET, /* ev.stream is ended by ev.code */
	GT_HTTP2_GOING, /* GOAWAY: streams above ev.stream are not answered */
};

struct gt_http2_event {
	enum gt_http2_kind kind;
	uint32_t stream;
	uint32_t code;
	bool is_end;	 /* BLOCK: no body follows */
	bool is_promise; /* BLOCK: of a PUSH_PROMISE, a request that the server makes in the client's place */
	struct gt_str bytes;

	/* BLOCK: the last frame of it. The bytes that were used end with its content. */
	uint32_t frame;	  /* bytes from the frame's head to the end of its content */
	uint32_t content; /* of these, bytes of the block */
	uint32_t payload; /* its length, as its head has it */
};

struct gt_http2_frames {
	uint8_t preface; /* bytes of the preface that are still to come */
	bool is_first;	 /* no frame has passed: SETTINGS must come (RFC 9113, 3.4) */
	uint8_t state;
	uint8_t n;		     /* bytes in `head`, or in `prefix` */
	uint8_t head[GT_HTTP2_HEAD]; /* of the frame under way */
	uint8_t prefix[8];	     /* what its payload begins with, before the content */
	uint8_t prefix_len;
	uint8_t type, flags;
	uint32_t stream;
	uint32_t content;
	uint32_t left; /* of its content */
	uint32_t pad;  /* after its content */

	/* The header block under way, if any. */
	bool is_in_block, is_end, is_promise;
	uint32_t block_stream;
	uint32_t block_len;
	char *block; /* borrowed, GT_HPACK_BLOCK_MAX bytes; NULL: a dry run, whose events have no bytes of blocks in pieces */
};

/* `has_preface`: this direction is the client's. */
void gt_http2_frames_init(struct gt_http2_frames *f, bool has_preface, char *block);

/* Returns how many bytes of `p` it used, or -1: these are not frames, or a header block is longer than GT_HPACK_BLOCK_MAX.
 * With MORE it has used all. */
ssize_t gt_http2_feed(struct gt_http2_frames *f, const char *p, size_t len, struct gt_http2_event *ev);

#endif
