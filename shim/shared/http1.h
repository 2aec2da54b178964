/*
 * HTTP/1 framing of one direction of a connection (RFC 9112). Pure: no allocation, no clock, no state outside the struct.
 *
 * The shim uses it on what an application sends, the exporter on what it received. It says where messages begin and end and
 * gives the slices in between; it never copies. A head must be offered whole: while it is incomplete nothing is consumed,
 * and the caller offers the same bytes again with more behind them.
 *
 *	struct gt_http1 h;
 *	struct gt_http1_event ev;
 *
 *	gt_http1_init(&h, GT_HTTP1_RESPONSE, 64 * 1024);
 *	do {
 *		n = gt_http1_feed(&h, p, len, &ev);
 *		if (n < 0)
 *			...				this is not HTTP/1: never feed this connection again
 *		p += n, len -= n;
 *	} while (ev.kind != GT_HTTP1_MORE);		len bytes are left over, to be offered again with more
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

/* One message head. Slices point into the bytes that were parsed. */
struct gt_http1_head {
	struct gt_str method, target; /* requests */
	int status;		      /* responses: 100 to 999 */
	int minor;		      /* of HTTP/1.minor */
	struct gt_str fields;	      /* the header lines, for gt_http1_next_field */
	size_t len;		      /* whole head, with the blank line */
	size_t insert_at;	      /* offset of the blank line: further header lines may be put here */
	bool crlf;		      /* every line ends in CR LF, so a line of ours may too */
	int64_t content_length;	      /* or GT_HTTP1_NO_LENGTH */
	bool chunked;
};

/* Parses a head at the start of `p`. `scanned` (may be NULL) holds how many bytes earlier calls have searched: a growing
 * head is not searched from its start each time. Returns its length, 0 when it is not complete yet, -1 when the bytes
 * cannot be an HTTP/1 head (said as soon as it is known, so a binary protocol is refused at its first byte). */
ssize_t gt_http1_parse_head(enum gt_http1_side side, const char *p, size_t len, size_t *scanned, struct gt_http1_head *out);

/* Cuts the next header line off `fields`; values are trimmed, obsolete line folding is skipped. */
bool gt_http1_next_field(struct gt_str *fields, struct gt_str *name, struct gt_str *value);

/* The value of the first field of that name, ASCII case ignored; .p is NULL when there is none. */
struct gt_str gt_http1_field(const struct gt_http1_head *head, struct gt_str name);

enum gt_http1_kind {
	GT_HTTP1_MORE, /* needs more bytes */
	GT_HTTP1_HEAD, /* ev.head is set; interim responses (1xx) give HEAD, END and then the next HEAD */
	GT_HTTP1_DATA, /* ev.data is a piece of the body, chunk framing removed */
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
	bool no_body; /* responses: the request was HEAD, or CONNECT; set by the caller before the response's head */
	uint32_t head_max;
	uint32_t line; /* bytes of the current chunk-size line or of the trailer section */
	size_t scanned;
	uint64_t left; /* bytes of the body or chunk still to come */
};

/* `head_max`: a longer head is refused. It most likely means that the stream was misread. */
void gt_http1_init(struct gt_http1 *h, enum gt_http1_side side, uint32_t head_max);

/* Returns how many bytes of `p` were used up (0 is usual with MORE inside a head and with END), or -1 for good. */
ssize_t gt_http1_feed(struct gt_http1 *h, const char *p, size_t len, struct gt_http1_event *ev);

/* True between messages and inside a head that is not complete: the bytes to come are (more of) a head. */
bool gt_http1_wants_head(const struct gt_http1 *h);

/* True when a body of known length or until-close stands open and `n` bytes can be passed over unseen. Used for bytes that
 * were dropped: chunked framing cannot survive a gap. */
bool gt_http1_skip(struct gt_http1 *h, uint64_t n);

/* The peer closed: true when that completes the message (RFC 9112, 6.3 rule 8), false when it was cut short. */
bool gt_http1_close(struct gt_http1 *h);

#endif
