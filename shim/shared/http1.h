/*
 * HTTP/1 framing of one direction of a connection (RFC 9112). Pure: no allocation, no clock, no state outside the
 * struct.
 *
 * The shim parses what an application sends, the exporter what it received. The parser reports where messages begin
 * and end and returns the slices in between; it never copies. A head must be offered whole. While a head is
 * incomplete the parser consumes nothing; the caller offers the same bytes again with more after them.
 *
 *	struct gt_http1 h;
 *	struct gt_http1_event ev;
 *
 *	gt_http1_init(&h, GT_HTTP1_RESPONSE, 64 * 1024);
 *	do {
 *		n = gt_http1_feed(&h, p, len, &ev);
 *		if (n < 0)
 *			...				not HTTP/1: do not feed this connection again
 *		p += n, len -= n;
 *	} while (ev.kind != GT_HTTP1_MORE);		len bytes are left; offer them again with more
 */
#ifndef GT_HTTP1_H
#define GT_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shim/shared/str.h"

enum gt_http1_side { GT_HTTP1_REQUEST, GT_HTTP1_RESPONSE };

#define GT_HTTP1_NO_LENGTH (-1)

/* One message head. Slices borrow the bytes that were parsed. */
struct gt_http1_head {
	struct gt_str method, target; /* requests only */
	int status;		      /* responses only: 100 to 999 */
	int minor;		      /* of HTTP/1.minor */
	struct gt_str fields;	      /* the header lines, for gt_http1_next_field */
	size_t len;		      /* of the whole head, with the blank line */
	size_t insert_at;	      /* offset of the blank line: additional header lines go here */
	bool has_crlf;		      /* every line ends in CR LF, so an additional line may too */
	int64_t content_length;	      /* or GT_HTTP1_NO_LENGTH */
	bool is_chunked;
};

/* Parses a head at the start of `p`. `scanned` (may be NULL) holds how many bytes earlier calls have searched, so
 * that a growing head is not searched from its start each time.
 *
 * Returns the head's length, 0 when it is incomplete, or -1 when the bytes cannot be an HTTP/1 head. It returns -1 as
 * early as possible, so it rejects a binary protocol at its first byte. */
ssize_t gt_http1_parse_head(enum gt_http1_side side, const char *p, size_t len, size_t *scanned, struct gt_http1_head *out);

/* Cuts the next header line off `fields` and trims its value. Skips obsolete line folding. False at the end. */
bool gt_http1_next_field(struct gt_str *fields, struct gt_str *name, struct gt_str *value);

/* The value of the first field with that name, ASCII case ignored; .p is NULL when the field is absent. */
struct gt_str gt_http1_field(const struct gt_http1_head *head, struct gt_str name);

enum gt_http1_kind {
	GT_HTTP1_MORE, /* needs more bytes */
	GT_HTTP1_HEAD, /* ev.head is set; an interim response (1xx) gives HEAD and END, then the next HEAD follows */
	GT_HTTP1_DATA, /* ev.data is a piece of the body without chunk framing */
	GT_HTTP1_END,  /* the message is complete; may consume nothing */
};

struct gt_http1_event {
	enum gt_http1_kind kind;
	struct gt_http1_head head;
	struct gt_str data;
};

struct gt_http1 {
	uint8_t side;
	uint8_t state;
	bool has_no_body; /* responses to HEAD or CONNECT; the caller sets it before the response's head */
	uint32_t head_max;
	uint32_t line; /* bytes of the current chunk-size line or trailer section */
	size_t scanned;
	uint64_t left; /* bytes of the body or chunk still to come */
};

/* A head longer than `head_max` is rejected: it most likely means that the stream was misread. */
void gt_http1_init(struct gt_http1 *h, enum gt_http1_side side, uint32_t head_max);

/* Returns how many bytes of `p` it consumed, or -1 when this is not HTTP/1. -1 is final. 0 is usual with END, and
 * with MORE inside a head. */
ssize_t gt_http1_feed(struct gt_http1 *h, const char *p, size_t len, struct gt_http1_event *ev);

/* True between messages and inside an incomplete head: the next bytes belong to a head. */
bool gt_http1_wants_head(const struct gt_http1 *h);

/* Skips `n` bytes that were dropped. True when they are inside a body of known length or a body until close; chunked
 * framing cannot survive a gap. */
bool gt_http1_skip(struct gt_http1 *h, uint64_t n);

/* The peer closed the connection. True when that completes the message (RFC 9112, 6.3 rule 8), false when it was cut
 * short. */
bool gt_http1_close(struct gt_http1 *h);

#endif
